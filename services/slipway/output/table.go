package output

import (
	"io"
	"strings"

	"slipway.dev/services/slipway/fault"
)

const (
	gap   = 2 // spaces between two columns
	least = 6 // a column is not cut below this many cells
)

// Table is rows under names.
type Table struct {
	columns []string
	rows    [][]string
}

// NewTable makes a table of these columns.
func NewTable(columns ...string) *Table { return &Table{columns: columns} }

// Row adds a row; a cell that says nothing is shown as "-".
func (t *Table) Row(cells ...string) {
	row := make([]string, len(t.columns))
	for i := range row {
		row[i] = "-"
		if i < len(cells) && cells[i] != "" {
			row[i] = Printable(cells[i])
		}
	}
	t.rows = append(t.rows, row)
}

// Len is the number of rows.
func (t *Table) Len() int { return len(t.rows) }

// Write writes the table; width is the terminal's, 0 for no bound.
func (t *Table) Write(w io.Writer, width int) error {
	widths := t.widths()
	fit(widths, width)
	var b strings.Builder
	for _, row := range append([][]string{t.columns}, t.rows...) {
		line := ""
		for i, cell := range row {
			line += pad(cut(cell, widths[i]), widths[i]+gap)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (t *Table) widths() []int {
	widths := make([]int, len(t.columns))
	for _, row := range append([][]string{t.columns}, t.rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], Width(cell))
		}
	}
	return widths
}

// fit makes the columns as narrow as the terminal asks: the last, which is prose,
// first, then always the widest. What cannot be met is let be.
func fit(widths []int, width int) {
	if width <= 0 || len(widths) == 0 {
		return
	}
	total := gap * (len(widths) - 1)
	for _, w := range widths {
		total += w
	}
	last := len(widths) - 1
	take := min(max(total-width, 0), max(widths[last]-4*least, 0))
	widths[last] -= take
	for total -= take; total > width; total-- {
		widest := 0
		for i, w := range widths {
			if w > widths[widest] {
				widest = i
			}
		}
		if widths[widest] <= least {
			return
		}
		widths[widest]--
	}
}

func cut(s string, width int) string {
	if Width(s) <= width {
		return s
	}
	return Clip(s, width-1) + "…"
}

func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(width-Width(s), 0))
}

// Printable is a text from anywhere, safe on a terminal.
func Printable(s string) string { return fault.Plain(s) }
