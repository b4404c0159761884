package nearest

import (
	"slices"
	"unicode/utf8"
)

// typosMax is how many edits lie between a word and the one that was meant, at most.
const typosMax = 2

// Of is the known word that was probably meant: at most two edits away, and at most
// a third of the word's length. The first by name wins among equals; "" is none.
func Of(word string, known []string) (best string) {
	least := min(typosMax, utf8.RuneCountInString(word)/3) + 1
	for _, k := range slices.Sorted(slices.Values(known)) {
		if d := edits([]rune(word), []rune(k), least); d < least {
			best, least = k, d
		}
	}
	return best
}

// edits counts the insertions, removals, replacements and swaps of neighbours that turn
// a into b (optimal string alignment); it gives up at bound, so long words cost nothing.
func edits(a, b []rune, bound int) int {
	if len(a)-len(b) >= bound || len(b)-len(a) >= bound {
		return bound
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range a {
		row[0] = i + 1
		for j := range b {
			row[j+1] = last[j]
			if a[i] != b[j] {
				row[j+1] = 1 + min(last[j], last[j+1], row[j])
			}
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
