package progress

import (
	"os"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/slipway/output"
)

const (
	// repaint is how often the picture is made anew at most.
	repaint = 200 * time.Millisecond
	// paintsPerSecond is the same for what reaches the terminal.
	paintsPerSecond = int(time.Second / repaint)
)

// sayIndent is how far words go in that go on below.
const sayIndent = 2

// tree draws the picture in place, above the prompt; what was there before stays. It
// reads no keys: the terminal keeps its mode, and Ctrl-C is the signal it always is.
type tree struct {
	Options
	program *tea.Program // nil before the first picture
	ended   chan struct{}
	shown   string
	at      time.Time
}

func (t *tree) Fact(events.Event, []byte) { t.draw() }
func (t *tree) Waits([]service.Waiter)    {}
func (t *tree) Tick()                     { t.draw() }

// Say writes words above the picture, to stay.
func (t *tree) Say(words string) {
	t.show(false)
	words = output.Fit(output.Printable(words), t.Width(), sayIndent)
	t.program.Send(tea.Println(words)()) // unlike the program's own Println it cannot hang
}

// End leaves the last picture where it is.
func (t *tree) End() {
	t.show(true)
	t.program.Quit()
	<-t.ended
}

func (t *tree) draw() {
	if now := t.Now(); now.Sub(t.at) >= repaint {
		t.at = now
		t.show(false)
	}
}

// show hands the picture over as it is now, if it is another.
func (t *tree) show(over bool) {
	now := strings.Join(t.Picture(over), "\n") + "\n"
	if t.program == nil {
		t.start(now)
	} else if now != t.shown {
		t.program.Send(picture(now))
	}
	t.shown = now
}

func (t *tree) start(first string) {
	t.ended = make(chan struct{})
	to := t.To
	if f, ok := to.(*os.File); ok {
		to = homing{f}
	}
	t.program = tea.NewProgram(picture(first), tea.WithOutput(to), tea.WithInput(nil), tea.WithFPS(paintsPerSecond),
		tea.WithColorProfile(colorprofile.ANSI), tea.WithoutSignalHandler(), tea.WithoutCatchPanics())
	go func() {
		defer close(t.ended)
		_, _ = t.program.Run() // without its terminal nobody is left to be told
	}()
}

// homing is a terminal that is written to from the first column on: there every picture
// leaves the cursor, and from there what a person types meanwhile moves it.
type homing struct{ *os.File }

// Write is io.Writer's.
func (h homing) Write(b []byte) (int, error) {
	n, err := h.File.Write(append([]byte{'\r'}, b...))
	return max(n-1, 0), err
}

// picture is lines as they shall stand on the terminal, each ended; it is the whole of
// the program's state.
type picture string

// Init begins nothing.
func (p picture) Init() tea.Cmd { return nil }

// Update takes the next picture.
func (p picture) Update(m tea.Msg) (tea.Model, tea.Cmd) {
	if next, ok := m.(picture); ok {
		return next, nil
	}
	return p, nil
}

// View puts the cursor below the last line, in the shape its owner likes: so it is seen
// whatever ends this process.
func (p picture) View() tea.View {
	v := tea.NewView(string(p))
	v.DisableBracketedPasteMode = true
	v.Cursor = &tea.Cursor{Position: tea.Position{Y: strings.Count(string(p), "\n")}, Shape: asItIs}
	return v
}

// asItIs is the shape whose code is "default", which is never written.
const asItIs tea.CursorShape = -1
