package output

import "charm.land/lipgloss/v2"

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
