package fault

import (
	"fmt"
	"strings"
	"unicode"
)

// Render is an error as people see it: whole lines, the last one ended.
func Render(f *Fault) string {
	if f.shown != "" {
		return f.shown
	}
	var b strings.Builder
	fmt.Fprintf(&b, "error[%s]: %s\n", f.Code, Plain(f.Message))
	for _, why := range f.Why {
		line(&b, "why", why)
	}
	if f.State != "" {
		line(&b, "state", f.State)
	}
	for i, l := range f.Logs {
		if i == len(f.Logs)-1 && f.more != "" {
			l += "            (last " + count(len(f.Logs)) + ": " + f.more + ")"
		}
		line(&b, "logs", l)
	}
	for _, fix := range f.Fix {
		line(&b, "fix", fix)
	}
	line(&b, "more", strings.Join(f.further(), "    "))
	return b.String()
}

func (f *Fault) further() []string {
	more := []string{"slipway explain " + f.Code}
	if f.Event != nil {
		more = append(more, fmt.Sprintf("event #%d", f.Event.Seq))
	}
	if f.Trace != "" {
		more = append(more, "trace "+f.Trace)
	}
	return more
}

func line(b *strings.Builder, label, text string) {
	fmt.Fprintf(b, "  %-6s %s\n", label, Plain(text))
}

func count(n int) string {
	if n == 1 {
		return "line"
	}
	return fmt.Sprintf("%d lines", n)
}

// Plain takes out what a terminal would obey: reasons and log lines come from
// anywhere.
func Plain(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n':
			return ' '
		case unicode.IsControl(r), unicode.In(r, unicode.Cf):
			return '·'
		}
		return r
	}, text)
}
