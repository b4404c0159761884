package output

import (
	"strings"

	"charm.land/lipgloss/v2"
)

// Width is how many columns of a terminal a text takes: a wide character takes two, a
// combining one none.
func Width(s string) int { return lipgloss.Width(s) }

// Clip is as much of a text as fits a width.
func Clip(s string, width int) string {
	n := 0
	for i, r := range s {
		if n += Width(string(r)); n > width {
			return s[:i]
		}
	}
	return s
}

// Break cuts prose at its blanks into lines no wider than a width; a word that is wider
// is left whole, so that a command or an address can be copied.
func Break(text string, width int) (lines []string) {
	words := strings.Fields(text)
	for len(words) > 0 {
		line, n := words[0], 1
		for n < len(words) && Width(line+" "+words[n]) <= width {
			line, n = line+" "+words[n], n+1
		}
		lines, words = append(lines, line), words[n:]
	}
	return lines
}

// Fit breaks the lines of a text that are wider than a terminal; what goes on below is
// indented so far. No width, no change.
func Fit(text string, width, indent int) string {
	if width <= 0 {
		return text
	}
	var b strings.Builder
	for _, line := range strings.SplitAfter(text, "\n") {
		b.WriteString(fitLine(line, width, indent))
	}
	return b.String()
}

// fitLine breaks one line, its end included. Its own blanks stay up to where it is broken.
func fitLine(line string, width, indent int) string {
	body, end := strings.CutSuffix(line, "\n")
	if Width(body) <= width {
		return line
	}
	cut := strings.LastIndexByte(Clip(body, width+1), ' ')
	if strings.TrimSpace(body[:max(cut, 0)]) == "" {
		return line // a single word: nothing to break at
	}
	lines := []string{strings.TrimRight(body[:cut], " ")}
	for _, rest := range Break(body[cut:], max(width-indent, 1)) {
		lines = append(lines, strings.Repeat(" ", indent)+rest)
	}
	text := strings.Join(lines, "\n")
	if end {
		text += "\n"
	}
	return text
}
