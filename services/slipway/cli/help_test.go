package cli

import (
	"io"
	"regexp"
	"strings"
	"testing"

	"slipway.dev/services/slipway/fault"
)

var exitList = regexp.MustCompile(`^(\d+)( \d+)*$`)

// TestHelp: every verb says in one sentence what it does, shows two examples, what it
// does to the world and how it may end.
func TestHelp(t *testing.T) {
	env := &Env{Out: io.Discard, Err: io.Discard, Getenv: func(string) string { return "" }}
	for _, cmd := range documented(newRootCommand(env)) {
		if cmd.HasSubCommands() && cmd.Name() == "context" {
			continue // its verbs are asked themselves
		}
		t.Run(cmd.CommandPath(), func(t *testing.T) {
			if cmd.Short == "" || strings.Contains(cmd.Short, ". ") {
				t.Errorf("not one sentence: %q", cmd.Short)
			}
			if n := strings.Count(cmd.Example, "slipway "+strings.TrimPrefix(cmd.CommandPath(), "slipway ")); n < 2 {
				t.Errorf("%d examples", n)
			}
			if what := cmd.Annotations[impact]; what != "read" && what != "wish" && what != "local" {
				t.Errorf("impact %q", what)
			}
			if !exitList.MatchString(cmd.Annotations[exits]) {
				t.Errorf("exit codes %q", cmd.Annotations[exits])
			}
		})
	}
}

// TestWorst: of several apps the worst outcome ends the verb.
func TestWorst(t *testing.T) {
	for _, c := range []struct {
		codes []string
		want  string
	}{
		{[]string{"SLW-D015", "SLW-D014", "SLW-D012", "SLW-D011"}, "SLW-D011"},
		{[]string{"SLW-D015", "", "SLW-D014"}, "SLW-D014"},
		{[]string{"", "SLW-D012", "SLW-D015"}, "SLW-D012"},
		{[]string{"SLW-D012", "SLW-D016"}, "SLW-D016"},
		{[]string{"", ""}, ""},
	} {
		if got := worstCode(c.codes); got != c.want {
			t.Errorf("of %q the worst is %q, want %q", c.codes, got, c.want)
		}
	}
}

func worstCode(codes []string) string {
	var faults []error
	for _, code := range codes {
		if code == "" {
			faults = append(faults, nil)
			continue
		}
		faults = append(faults, fault.New(code, "x"))
	}
	if f := worstOf(faults); f != nil {
		return fault.Of(f).Code
	}
	return ""
}
