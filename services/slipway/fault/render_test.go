package fault

import (
	"strings"
	"testing"

	"slipway.dev/services/slipway/golden"
)

func rendered() map[string]*Fault {
	return map[string]*Fault{
		"rolled-back": New("SLW-D012", "rolling of shop (release 7, v3) was rolled back").
			Because("shop-7-a1 3 exits within 10m0s", "exit code 2").
			Serving("release 6 (v2) serves 100 %%; 1.9 %% of requests were exposed; recovered in 3.4 s").
			Output("slipway logs shop --release 7", "booting", "panic: nil price table").
			Try("slipway why shop/7").Rests("4bf92f35", 18231),
		"plain":   New("SLW-C001", "no cluster is known here").Try("slipway dev"),
		"hostile": New("SLW-D019", "refused").Because("red \x1b[31m text\nsecond line\u202e back"),
	}
}

// TestRender compares the form of errors with golden files.
func TestRender(t *testing.T) {
	for name, f := range rendered() {
		t.Run(name, func(t *testing.T) {
			golden.Check(t, name+".golden", Render(f))
		})
	}
}

// TestRenderPlain: nothing an error holds reaches a terminal as a control character.
func TestRenderPlain(t *testing.T) {
	t.Run("interface-20 no cursor code in an error", func(t *testing.T) {
		got := Render(rendered()["hostile"])
		if strings.ContainsAny(got, "\x1b\x07\u202e") || strings.Count(got, "\n") != 3 {
			t.Errorf("got %q", got)
		}
	})
}

// TestOutput: ten log lines at most, the last ones.
func TestOutput(t *testing.T) {
	f := New("SLW-D011", "x").Output("slipway logs x", strings.Split("1 2 3 4 5 6 7 8 9 10 11 12", " ")...)
	if len(f.Logs) != 10 || f.Logs[0] != "3" || f.Logs[9] != "12" {
		t.Errorf("got %q", f.Logs)
	}
}
