package appfile

import (
	"slices"
	"unicode/utf8"
)

const maxTypos = 2 // edits between a word and the one that was meant

// nearest is the known word that was probably meant: at most two edits away, and at
// most a third of the word's length. The first by name wins among equals; "" is none.
func nearest(word string, known []string) string {
	best, least := "", min(maxTypos, utf8.RuneCountInString(word)/3)+1
	for _, k := range slices.Sorted(slices.Values(known)) {
		if d := distance([]rune(word), []rune(k), least); d < least {
			best, least = k, d
		}
	}
	return best
}

// distance counts the insertions, removals and replacements from a to b; it gives up
// at bound, so long words cost nothing.
func distance(a, b []rune, bound int) int {
	if len(a)-len(b) >= bound || len(b)-len(a) >= bound {
		return bound
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range b {
			step := diagonal
			if x != y {
				step = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], step
		}
	}
	return row[len(b)]
}
