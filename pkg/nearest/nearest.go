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

// edits counts the insertions, removals and replacements that turn a into b; it gives
// up at bound, so long words cost nothing.
func edits(a, b []rune, bound int) int {
	if len(a)-len(b) >= bound || len(b)-len(a) >= bound {
		return bound
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		corner := row[0]
		row[0] = i + 1
		for j, y := range b {
			cost := corner
			if x != y {
				cost = 1 + min(corner, row[j], row[j+1])
			}
			corner, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
