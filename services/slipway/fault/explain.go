package fault

import (
	"fmt"
	"strings"
)

// Explain is what a code means, for a person; ok is false for a code that is not in
// the table.
func Explain(code string) (text string, ok bool) {
	row, ok := Find(strings.ToUpper(code))
	if !ok {
		return "", false
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s  (exit code %d)\n", row.Code, row.Title, row.Exit)
	fmt.Fprintf(&b, "  %s\n", row.Text)
	for _, fix := range row.Fixes {
		fmt.Fprintf(&b, "  try    %s\n", fix)
	}
	return b.String(), true
}
