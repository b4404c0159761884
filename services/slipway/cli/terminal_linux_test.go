package cli_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/services/slipway/e2e"
)

// stepped is an app that is replaced as a canary and stands still at half for a person.
func stepped(version string) string {
	file := e2e.Example("shop", version, "canary", "")
	return strings.Replace(file, "strategy: canary,", "strategy: canary, steps: [{ weight: 50%, approve: true }],", 1)
}

// screenRows are as many as an ordinary terminal has.
const screenRows = 24

// TestTerminal deploys in terminals of three widths and looks at what a person sees.
func TestTerminal(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := at(t)
	p.does(0, "deploy", p.file("v1.yaml", stepped("v1")), "-y")
	for i, columns := range []int{40, 80, 200} {
		t.Run(fmt.Sprintf("interface-20 deploy in a terminal of %d columns", columns), func(t *testing.T) {
			file := p.file("next.yaml", stepped(fmt.Sprintf("v%d", i+2)))
			screen := p.Types(columns, screenRows, nil, "deploy", file, "-y")
			screen.Until(fmt.Sprintf("shop  release %d  canary  step 1/2", i+2), "paused", "wanted 50 %", "steps [50] 100 %",
				"1/1 ready", "2/2 ready", "waits for: approval", "next:      slipway promote shop", "^C detaches, the release continues")
			clean(t, screen)
			screen.Press("typed meanwhile")
			narrow := columns - 5
			screen.Resize(narrow, screenRows)
			p.does(0, "promote", "shop")
			screen.Ends(0, 30*time.Second)
			text := screen.Until(fmt.Sprintf("shop release %d promoted", i+2))
			if strings.Count(text, "\nshop  release "+strconv.Itoa(i+2)) != 1 || strings.Contains(text, "typed") || strings.Contains(text, "^C detaches") || !strings.Contains(text, "completed") {
				t.Errorf("the last picture is not the only one, or still says how to leave:\n%s", text)
			}
		})
	}
	for _, columns := range []int{40, 80, 200} {
		t.Run(fmt.Sprintf("interface-20 plan and a refusal in a terminal of %d columns", columns), func(t *testing.T) {
			p.file("app.yaml", stepped("v5"))
			plan := p.Types(columns, 60, nil, "plan")
			plan.Ends(0, 10*time.Second)
			plan.Until("step 1 of 2: 50%", "no request lost", "Nothing has been changed.", "slipway deploy --plan ")
			unwrapped(t, plan)
			no := p.Types(columns, 60, nil, "rollback", "shop", "--to", "99")
			no.Ends(3, 10*time.Second)
			no.Until("error[SLW-D017]", "  fix    slipway rollback shop --to")
			unwrapped(t, no)
		})
	}
	t.Run("interface-10 Ctrl-C leaves the release running and says how to go on", func(t *testing.T) {
		screen := p.Types(80, 40, nil, "deploy", p.file("next.yaml", stepped("v5")))
		screen.Until("Holds for this change", "Deploy shop to slipway-dev? [y/N]")
		screen.Press("y\n")
		screen.Until("Holds for this change", "waits for: approval")
		unwrapped(t, screen)
		screen.Press("\x03")
		screen.Ends(130, 10*time.Second)
		screen.Until("\nshop  release 5  canary  step 1/2   paused", "detached; release shop/5 goes on", "slipway status shop --wait", "slipway abort shop")
		if s := p.asks(0, "status", "shop"); s.Items[0]["state"] != "paused" {
			t.Errorf("%v", s.Items)
		}
	})
	t.Run("status --wait shows it again from where it stands, abort takes it back", func(t *testing.T) {
		screen := p.Types(80, screenRows, nil, "status", "shop", "--wait")
		screen.Until("shop  release 5  canary  step 1/2", "waits for: approval")
		back := p.Types(80, screenRows, nil, "abort", "shop")
		back.Ends(0, 30*time.Second)
		screen.Ends(7, 30*time.Second)
	})
	t.Run("several apps are one tree, a branch each", func(t *testing.T) {
		screen := p.Types(80, screenRows, nil, "deploy", p.file("two.yaml", slow("left", "v1", time.Minute)+"---\n"+slow("right", "v1", time.Minute)), "-y")
		screen.Until("\n0 of 2 apps done", "\n├─ left   release 1  0 %  0/1 ready", "\n└─ right  release 1  0 %  0/1 ready", "\n^C detaches")
		clean(t, screen)
		screen.Press("\x03")
		screen.Ends(130, 10*time.Second)
		screen.Until("detached; release left/1 goes on", "detached; release right/1 goes on")
	})
	t.Run("--quiet shows nothing but the result, --progress json the events", func(t *testing.T) {
		file := p.file("one.yaml", e2e.Example("one", "v1", "rolling", ""))
		quiet := p.Types(80, screenRows, nil, "deploy", file, "-y", "--quiet")
		quiet.Ends(0, 30*time.Second)
		if raw := quiet.Raw(); !strings.HasPrefix(raw, e2e.Above+"\r\none release 1 promoted") || strings.Count(raw, "\n") != 2 {
			t.Errorf("%q", raw)
		}
		file = p.file("one.yaml", e2e.Example("one", "v2", "rolling", ""))
		lines := p.Types(200, 200, nil, "deploy", file, "-y", "--progress", "json")
		lines.Ends(0, 30*time.Second)
		raw := strings.Split(strings.TrimSuffix(lines.Raw(), "\r\n"), "\r\n")
		for _, line := range raw[1 : len(raw)-1] {
			if _, err := events.Scan([]byte(line)); err != nil {
				t.Errorf("%v: %s", err, line)
			}
		}
		if len(raw) < 10 || !strings.HasPrefix(raw[len(raw)-1], "one release 2 promoted") {
			t.Errorf("%q", raw)
		}
	})
	t.Run("interface-20 NO_COLOR, TERM=dumb and a locale without Unicode", func(t *testing.T) {
		deploy := []string{"deploy", "next.yaml", "-y", "--wait-for", "paused", "--force"}
		plain := p.Types(80, screenRows, []string{"NO_COLOR=1", "LANG=C"}, deploy...)
		plain.Ends(0, 30*time.Second)
		text := plain.Until("shop  release 6", "|- 6 v5", "`- 4 v4")
		if strings.ContainsFunc(text, func(r rune) bool { return r > '~' }) || coloured(plain.Raw()) {
			t.Errorf("colours or Unicode: %q", plain.Raw())
		}
		p.does(0, "abort", "shop")
		dumb := p.Types(80, screenRows, []string{"TERM=dumb"}, deploy...)
		dumb.Ends(0, 30*time.Second)
		if text := dumb.Until("release shop/7 paused", "shop release 7 paused"); strings.Contains(dumb.Raw(), "\x1b") {
			t.Errorf("a cursor code on a terminal that knows none: %s", text)
		}
		p.does(0, "abort", "shop")
	})
}

// unwrapped tells whether every line fits its screen.
func unwrapped(t *testing.T, screen *e2e.Terminal) {
	t.Helper()
	screen.Look(func(s *e2e.Screen) {
		if s.Wraps != 0 || len(s.Unknown) != 0 {
			t.Errorf("%d lines wrapped, unknown %q:\n%s", s.Wraps, s.Unknown, s.Text())
		}
	})
}

// clean tells whether nothing on a screen wrapped, left it or was cleared, and colours
// were used.
func clean(t *testing.T, screen *e2e.Terminal) {
	t.Helper()
	screen.Look(func(s *e2e.Screen) {
		if s.Wraps != 0 || s.Clears != 0 || s.Scrolls != 0 || len(s.Unknown) != 0 {
			t.Errorf("%d lines wrapped, %d left, cleared %d times, unknown %q:\n%s", s.Wraps, s.Scrolls, s.Clears, s.Unknown, s.Text())
		}
		if !strings.HasPrefix(s.Text(), e2e.Above+"\n") {
			t.Errorf("what was here before is gone:\n%s", s.Text())
		}
	})
	if !coloured(screen.Raw()) {
		t.Errorf("no colours: %q", screen.Raw())
	}
}

// coloured tells whether a colour is written: any but the code that ends one.
func coloured(raw string) bool {
	for _, code := range []string{"\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[32m", "\x1b[33m"} {
		if strings.Contains(raw, code) {
			return true
		}
	}
	return false
}
