package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// target is a bound that the design gives: a ratio to plain JetStream or another proxy in
// the same run, a count, or a time on an idle machine.
type target struct {
	what      string // in a reader's words
	folder    string // of the benchmark
	benchmark string // its name, with its parts
	unit      string // of the figure that is held against the bound
	least     bool   // the bound is the least allowed; otherwise the most
	bound     float64
	why       string // what a profile says where the bound is missed; "" for nothing known
}

// processors is what go test puts behind a benchmark's name.
var processors = regexp.MustCompile(`-\d+$`)

// of finds what the benchmark printed.
func (t target) of(rows []row) (r row, found bool) {
	for _, r := range rows {
		if r.folder == t.folder && processors.ReplaceAllString(r.name, "") == t.benchmark {
			return r, true
		}
	}
	return row{}, false
}

// figure is the number of one unit.
func (r row) figure(unit string) (n float64, found bool) {
	for _, f := range r.figures {
		number, of, _ := strings.Cut(f, " ")
		if of == unit {
			n, err := strconv.ParseFloat(number, 64)
			return n, err == nil
		}
	}
	return 0, false
}

// beside are the other figures, but for what go test counts by itself.
func (r row) beside(unit string) string {
	var all []string
	for _, f := range r.figures {
		switch _, of, _ := strings.Cut(f, " "); of {
		case unit, "B/op", "allocs/op":
		default:
			all = append(all, f)
		}
	}
	return strings.Join(all, ", ")
}

// isTarget tells whether a row stands in the table of targets.
func isTarget(r row) bool {
	return slices.ContainsFunc(slices.Concat(targets, contests), func(t target) bool { _, is := t.of([]row{r}); return is })
}

func (t target) sign() string {
	if t.least {
		return "≥"
	}
	return "≤"
}

func (t target) met(n float64) bool { return t.least && n >= t.bound || !t.least && n <= t.bound }

// line is the target's row of the page. missed is false too where nothing was
// measured: that is told by the row itself.
func (t target) line(rows []row) (text string, missed bool) {
	bound := fmt.Sprintf("%s %g", t.sign(), t.bound)
	if t.unit != "ratio" {
		bound += " " + t.unit
	}
	r, found := t.of(rows)
	n, printed := r.figure(t.unit)
	if !found || !printed {
		return fmt.Sprintf("| %s | %s | not measured | | |\n", t.what, bound), false
	}
	word := "yes"
	if !t.met(n) {
		word = "**no**"
	}
	return fmt.Sprintf("| %s | %s | %.4g | %s | %s |\n", t.what, bound, n, word, r.beside(t.unit)), !t.met(n)
}

// section is the whole table, and why what is missed is missed.
func section(targets []target, rows []row) string {
	var b, notes strings.Builder
	b.WriteString("| what | target | measured | met | beside it |\n|---|---|---|---|---|\n")
	for _, t := range targets {
		text, missed := t.line(rows)
		b.WriteString(text)
		if missed {
			fmt.Fprintf(&notes, "- %s: %s\n", t.what, t.reason())
		}
	}
	if notes.Len() > 0 {
		b.WriteString("\nWhy a target is missed:\n\n" + notes.String())
	}
	return b.String()
}

func (t target) reason() string {
	if t.why == "" {
		return "not known"
	}
	return t.why
}
