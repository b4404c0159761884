package appfile

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

const (
	shownErrors   = 50  // more do not help a reader; JSON has all
	linesBefore   = 2   // of an excerpt: two before, the line, the caret, one after
	linesAfter    = 1   //
	excerptColumn = 100 // wider lines are cut around the caret
)

// Render writes the errors as people see them, ending with how many there are.
func Render(errs Errors) string {
	var b strings.Builder
	for i, e := range errs {
		if i == shownErrors {
			fmt.Fprintf(&b, "and %d more\n", len(errs)-shownErrors)
			break
		}
		b.WriteString(e.headline() + "\n" + e.Snippet)
	}
	fmt.Fprintf(&b, "%s in %s; nothing was sent\n", count(len(errs), "error"), files(errs))
	return b.String()
}

// Error is the headline: app.yaml:2:13 deploy.strategy: must be one of … [SLW-F004].
func (e Error) Error() string { return e.headline() }

func (e Error) headline() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d:%d ", e.File, e.Line, e.Column)
	if e.Path != "" {
		b.WriteString(e.Path + ": ")
	}
	b.WriteString(e.Message)
	var asides []string
	if e.Got != "" || e.text {
		asides = append(asides, "got "+e.got())
	}
	if e.Suggestion != "" {
		asides = append(asides, "did you mean "+strconv.Quote(e.Suggestion)+"?")
	}
	if len(asides) > 0 {
		fmt.Fprintf(&b, " (%s)", strings.Join(asides, "; "))
	}
	fmt.Fprintf(&b, " [%s]", e.Code)
	return b.String()
}

func (e Error) got() string {
	if e.text {
		return strconv.Quote(clip(e.Got))
	}
	return clip(e.Got)
}

// clip keeps a quoted value short enough to read.
func clip(s string) string {
	const shown = 60
	if r := []rune(s); len(r) > shown {
		return string(r[:shown]) + "…"
	}
	return s
}

func count(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return strconv.Itoa(n) + " " + word + "s"
}

func files(errs Errors) string {
	seen, last := map[string]bool{}, ""
	for _, e := range errs {
		if last == "" || e.File != setName {
			last = e.File
		}
		seen[e.File] = true
	}
	if delete(seen, setName); len(seen) < 2 {
		return last
	}
	return count(len(seen), "file")
}

// excerpt shows the line with a caret under the column, and a little around it.
func excerpt(lines []string, line, column int) string {
	if line < 1 || line > len(lines) {
		return ""
	}
	first, last := max(1, line-linesBefore), min(len(lines), line+linesAfter)
	width := len(strconv.Itoa(last))
	from := 0
	if column > excerptColumn {
		from = column - excerptColumn/2
	}
	var b strings.Builder
	for n := first; n <= last; n++ {
		mark := "    "
		if n == line {
			mark = "  > "
		}
		b.WriteString(strings.TrimRight(fmt.Sprintf("%s%*d | %s", mark, width, n, window(lines[n-1], from)), " ") + "\n")
		if n == line {
			fmt.Fprintf(&b, "    %*s | %s^\n", width, "", strings.Repeat(" ", max(0, column-1-from)))
		}
	}
	return b.String()
}

// window is the visible part of a line: one cell for each code point, so that the
// caret stands right, and nothing a terminal would obey.
func window(line string, from int) string {
	runes := []rune(line)
	runes = runes[min(from, len(runes)):]
	cut := len(runes) > excerptColumn
	if cut {
		runes = runes[:excerptColumn]
	}
	for i, r := range runes {
		switch {
		case r == '\t':
			runes[i] = ' '
		case unicode.IsControl(r), unicode.In(r, unicode.Cf):
			runes[i] = '·'
		}
	}
	if cut {
		return string(runes) + "…"
	}
	return string(runes)
}
