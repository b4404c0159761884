package progress

import (
	"fmt"
	"strings"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/slipway/output"
)

// repaint is how often the tree is drawn at most.
const repaint = 200 * time.Millisecond

const (
	up    = "\x1b[%dA" // n lines
	erase = "\x1b[2K"  // this line
	below = "\x1b[J"   // from here to the end
)

// tree draws the state in place, above the prompt; what was there before stays.
type tree struct {
	Options
	drawn int // lines of the last picture
	at    time.Time
	waits string
}

func (t *tree) Fact(events.Event, []byte) { t.draw(false) }
func (t *tree) Tick()                     { t.draw(false) }
func (t *tree) End()                      { t.draw(true) }

func (t *tree) Waits(w []service.Waiter) { t.waits = waitWords(w) }

// Say writes words above the picture, to stay.
func (t *tree) Say(words string) {
	t.wipe()
	fmt.Fprintln(t.To, output.Printable(words))
	t.draw(true)
}

func (t *tree) wipe() {
	if t.drawn > 0 {
		fmt.Fprintf(t.To, up+"\r"+below, t.drawn)
	}
	t.drawn = 0
}

func (t *tree) draw(now bool) {
	if !now && t.Now().Sub(t.at) < repaint {
		return
	}
	t.at = t.Now()
	lines := t.Tree()
	if t.waits != "" {
		lines = append(lines, "waits for: "+t.waits)
	}
	var b strings.Builder
	if t.drawn > 0 {
		fmt.Fprintf(&b, up+"\r", t.drawn)
	}
	for _, line := range lines {
		b.WriteString(erase + clip(output.Printable(line), t.Width()) + "\n")
	}
	if len(lines) < t.drawn {
		b.WriteString(below)
	}
	t.drawn = len(lines)
	fmt.Fprint(t.To, b.String())
}

// clip keeps a line on one row of the terminal.
func clip(line string, width int) string {
	r := []rune(line)
	if width <= 1 || len(r) < width {
		return line
	}
	return string(r[:width-2]) + "…"
}
