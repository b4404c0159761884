package live

import (
	"strings"
	"unicode/utf8"

	"slipway.dev/services/slipway/output"
)

// Terminal is what a picture is drawn for.
type Terminal struct {
	Width   int  // columns; 0: unknown, widthUnknown is taken
	Height  int  // rows; 0: unknown, no bound
	Colour  bool // it may be coloured
	Unicode bool // its locale shows more than ASCII
}

// widthUnknown columns have been every terminal's for forty years.
const widthUnknown = 80

// columns that a line may fill: the last stays free, since a terminal may wrap as soon
// as it is written.
func (t Terminal) columns() int {
	if t.Width <= 0 {
		return widthUnknown - 1
	}
	return max(t.Width-1, 1)
}

// span is text in one tone.
type span struct {
	text string
	tone tone
	near bool // one blank before it is enough
}

// in is a text in a tone, safe on a terminal wherever it comes from.
func in(t tone, text string) span { return span{text: output.Printable(text), tone: t} }

func plain(text string) span { return in(usual, text) }

// group is what stays together on a line.
type group []span

func words(texts ...string) (g group) {
	for _, text := range texts {
		if text != "" {
			g = append(g, plain(text))
		}
	}
	return g
}

const (
	inside  = "  "  // between the spans of a group
	beside  = " "   // before one that is near
	between = "   " // between two groups
)

// gap is what stands before a span that is not the first of its group.
func (s span) gap() string {
	if s.near {
		return beside
	}
	return inside
}

func (g group) width() (n int) {
	for i, s := range g {
		if i > 0 {
			n += len(s.gap())
		}
		n += output.Width(s.text)
	}
	return n
}

// row is one line of a picture: text before it, then groups.
type row struct {
	stem   span
	groups []group
}

func (r row) width() int {
	n := output.Width(r.stem.text)
	for i, g := range r.groups {
		if i > 0 {
			n += len(between)
		}
		n += g.width()
	}
	return n
}

// flow puts groups on as few rows as the width allows, in their order. The first row
// begins with first, the others with rest. A group that no row could hold is taken
// apart.
func flow(width int, first, rest span, groups ...group) (rows []row) {
	at := row{stem: first}
	for _, g := range apart(groups, width-output.Width(rest.text)) {
		wider := row{at.stem, append(at.groups[:len(at.groups):len(at.groups)], g)}
		if len(at.groups) > 0 && wider.width() > width {
			rows, at = append(rows, at), row{rest, []group{g}}
			continue
		}
		at = wider
	}
	if len(at.groups) == 0 {
		return rows
	}
	return append(rows, at)
}

// apart are groups of which none is wider than its widest span makes it.
func apart(groups []group, width int) (list []group) {
	for _, g := range groups {
		at := group(nil)
		for _, s := range g {
			if wider := append(at[:len(at):len(at)], s); len(at) == 0 || wider.width() <= width {
				at = wider
				continue
			}
			list, at = append(list, at), group{s}
		}
		if len(at) > 0 {
			list = append(list, at)
		}
	}
	return list
}

// fold breaks prose at its blanks into rows; what is beyond most rows is cut.
func fold(width, most int, first, rest span, text span) (rows []row) {
	lines := output.Break(text.text, width-output.Width(first.text))
	if len(lines) > most {
		lines = append(lines[:most-1:most-1], strings.Join(lines[most-1:], " "))
	}
	stem := first
	for _, line := range lines {
		rows, stem = append(rows, row{stem, []group{{{text: line, tone: text.tone}}}}), rest
	}
	return rows
}

// pad fills a text with blanks to a width.
func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(width-output.Width(text), 0))
}

// paint writes rows as lines of the terminal, each cut where it is too wide.
func (t Terminal) paint(rows []row) []string {
	lines := make([]string, 0, len(rows))
	for _, r := range rows {
		lines = append(lines, t.line(r))
	}
	return lines
}

func (t Terminal) line(r row) string {
	spans := []span{r.stem}
	for i, g := range r.groups {
		if i > 0 {
			spans = append(spans, plain(between))
		}
		for k, s := range g {
			if k > 0 {
				spans = append(spans, plain(s.gap()))
			}
			spans = append(spans, s)
		}
	}
	room := t.columns()
	if r.width() > room {
		room -= output.Width(t.text("…"))
	}
	var b strings.Builder
	for _, s := range spans {
		text := t.text(s.text)
		w := output.Width(text)
		if w > room {
			b.WriteString(t.tint(output.Clip(text, room)+t.text("…"), s.tone))
			break
		}
		b.WriteString(t.tint(text, s.tone))
		room -= w
	}
	return strings.TrimRight(b.String(), " ")
}

// text is a text as the terminal can show it.
func (t Terminal) text(s string) string {
	if t.Unicode {
		return s
	}
	return strings.Map(ascii, s)
}

// ascii is the sign that stands for one that is not in ASCII.
func ascii(r rune) rune {
	switch {
	case r < utf8.RuneSelf:
		return r
	case r == '├':
		return '|'
	case r == '│':
		return '|'
	case r == '└':
		return '`'
	case r == '─':
		return '-'
	case r == '…':
		return '~'
	}
	return '?'
}
