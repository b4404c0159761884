package live

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"slipway.dev/services/slipway/golden"
	"slipway.dev/services/slipway/output"
)

func ptr(x float64) *float64 { return &x }

// stable is what serves beside each of the releases below.
var stable = Release{
	Number: 6, Version: "v2", Role: "stable", Errors: ptr(0.001), P99: ptr(39),
	Instances: []Instance{{ID: "shop-6-a1", Node: "n1", State: "ready"}, {ID: "shop-6-b2", Node: "n2", State: "ready"}},
}

// canary is the release of the design's picture.
func canary() Rollout {
	return Rollout{
		App: "shop", Release: 7, Strategy: "canary", State: "progressing", Step: 3, Of: 5, Steps: []float64{.05, .1, .25, .5, 1},
		Want: .25, Measured: ptr(.2463), Elapsed: 41 * time.Second, Gate: 7500 * time.Millisecond,
		Why: "step 3 of 5: 25% of the requests", Requests: 12480, Counted: true,
		Checks: []Check{{"errors 0.2% <= 1.0% over 30s", "success"}, {"latency_p99 212ms > 200ms over 30s, 1 of 3", "failure"}},
		Releases: []Release{
			{Number: 7, Version: "v3", Role: "canary", Live: true, Errors: ptr(.002), P99: ptr(41), Instances: []Instance{{ID: "shop-7-b2", Node: "n1", State: "ready", For: 38 * time.Second}}},
			stable,
		},
	}
}

// pictures are what is drawn at every width, by the name of its golden file.
var pictures = map[string]interface{ Lines(Terminal) []string }{
	"canary":   canary(),
	"approval": approval(),
	"rolling":  rolling(),
	"returned": returned(),
	"hostile":  hostile(),
	"wished":   Rollout{App: "shop", Elapsed: 3 * time.Second},
	"large":    large(),
	"fleet":    Fleet{Done: 2, All: 24, Elapsed: 75 * time.Second, Apps: append([]Rollout{canary(), approval(), {App: "store"}, hostile()}, many(18)...)},
	"over":     over(),
}

func approval() Rollout {
	r := canary()
	r.State, r.Gate = "paused", 0
	r.Waits = []string{"approval by an operator since 14:02:11"}
	r.Next = []string{"slipway promote shop", "slipway abort shop"}
	r.Checks = []Check{{"no window of release 7 with 20 requests yet", "no-data"}}
	return r
}

func rolling() Rollout {
	r := canary()
	r.Strategy, r.Step, r.Of, r.Steps, r.Gate, r.Checks, r.Measured = "rolling", 1, 1, nil, 0, nil, nil
	r.Want, r.Left, r.Counted = 0, 9*time.Minute+12*time.Second, false
	r.Why = "2 of 4 replaced"
	r.Trouble = "shop-7-a1 ended with exit code 3: panic: runtime error: invalid memory address or nil pointer dereference in the price table"
	r.Waits = []string{"shop-7-a2 on n2: backing-off exit 3, tried again in 4 s", "settlement 41: gw2-a"}
	r.Releases[0] = Release{Number: 7, Version: "v3", Role: "new", Live: true, Instances: []Instance{
		{ID: "shop-7-a1", Node: "n1", State: "starting", For: 3 * time.Second},
		{ID: "shop-7-a2", Node: "n2", State: "backing-off", Reason: "exit 3", For: 61 * time.Second},
		{ID: "shop-7-a3", State: "blocked", Reason: "no node has 512Mi free", For: 8 * time.Second},
		{ID: "shop-7-a4", Node: "n10", State: "ready", For: 20 * time.Second},
	}}
	r.Releases[1] = Release{Number: 6, Version: "v2", Role: "stable", Instances: []Instance{
		{ID: "shop-6-a1", Node: "n1", State: "stopping", For: 2 * time.Second}, {ID: "shop-6-b2", Node: "n2", State: "ready"},
	}}
	return r
}

func returned() Rollout {
	r := canary()
	r.State, r.Gate, r.Failed, r.Want, r.Measured = "returning", 0, 412, 0, ptr(0)
	r.Checks = []Check{{"errors 38.2% > 1.0% over 10s, 3 of 3", "failure"}}
	r.Why = "errors 38.2% > 1.0% over 10s, 3 of 3"
	r.Releases[0].Errors = ptr(.382)
	return r
}

func over() Rollout {
	r := canary()
	r.State, r.Over, r.Step, r.Want, r.Measured, r.Gate = "completed", true, 5, 1, ptr(1), 0
	r.Releases, r.Checks = []Release{stable}, nil
	return r
}

// hostile has words of every sort where words are free: wide, combining, endless, and
// what would steer the terminal.
func hostile() Rollout {
	r := rolling()
	r.App = "ладья"
	r.Why = "修正済みの価格表を配布する: 値段が間違っていたため、すべての店舗で新しい表に置き換えます (alice の依頼)"
	r.Waits = []string{strings.Repeat("endless", 60)}
	r.Trouble = "shop-7-a1: \x1b[2J\x1b[31mgone\r\nsecond\u202e line e\u0301te\u0301 👩‍🚀"
	r.Releases[0].Version = "版本三\x1b[H"
	r.Releases[0].Instances[1].Reason = "価格表がありません: ファイルが見つかりません"
	return r
}

func large() Rollout {
	r := rolling()
	for _, i := range []int{0, 1} {
		x := r.Releases[i]
		x.Instances = nil
		for n := range 60 {
			state := []string{"starting", "ready", "placed", "ready", "unready"}[n%5]
			x.Instances = append(x.Instances, Instance{ID: fmt.Sprintf("shop-%d-a%d", x.Number, n+1), Node: fmt.Sprintf("n%d", n%7), State: state, For: time.Duration(n) * time.Second})
		}
		r.Releases[i] = x
	}
	return r
}

func many(n int) (list []Rollout) {
	for i := range n {
		r := canary()
		r.App = fmt.Sprintf("app-%d", i+1)
		list = append(list, r)
	}
	return list
}

// TestPictures compares every picture with its golden file at three widths, and its
// form without Unicode and colours, and measures each line.
func TestPictures(t *testing.T) {
	for _, width := range []int{40, 80, 200} {
		t.Run(fmt.Sprintf("interface-20 width %d", width), func(t *testing.T) {
			for name, p := range pictures {
				golden.Check(t, fmt.Sprintf("%s-%d.golden", name, width), strings.Join(p.Lines(Terminal{Width: width, Height: 24, Unicode: true}), "\n")+"\n")
				fits(t, name, p.Lines(Terminal{Width: width, Height: 24, Unicode: true, Colour: true}), width, 24)
				for _, line := range p.Lines(Terminal{Width: width, Height: 24}) {
					if i := strings.IndexFunc(line, func(r rune) bool { return r < ' ' || r > '~' }); i >= 0 {
						t.Errorf("%s: %q at %d is not plain ASCII: %s", name, line[i:i+1], i, line)
					}
				}
			}
		})
	}
}

// TestEveryWidthFits: from one column on no line is wider, no picture higher, than its
// terminal.
func TestEveryWidthFits(t *testing.T) {
	for name, p := range pictures {
		for width := 1; width <= 210; width += 1 + width/20 {
			for _, height := range []int{3, 5, 10, 24, 60} {
				fits(t, name, p.Lines(Terminal{Width: width, Height: height, Unicode: true, Colour: true}), width, height)
			}
		}
	}
}

// TestColoursRepeatWords: without colours a picture is the same but for them.
func TestColoursRepeatWords(t *testing.T) {
	for name, p := range pictures {
		with := p.Lines(Terminal{Width: 80, Height: 24, Unicode: true, Colour: true})
		without := p.Lines(Terminal{Width: 80, Height: 24, Unicode: true})
		if got := bare(strings.Join(with, "\n")); got != strings.Join(without, "\n") {
			t.Errorf("%s without its colours is\n%s", name, got)
		}
	}
	golden.Check(t, "canary-coloured.golden", strings.Join(canary().Lines(Terminal{Width: 80, Unicode: true, Colour: true}), "\n")+"\n")
}

func fits(t *testing.T, name string, lines []string, width, height int) {
	t.Helper()
	if len(lines) >= height {
		t.Fatalf("%s is %d lines high at %d x %d", name, len(lines), width, height)
	}
	for _, line := range lines {
		line = bare(line)
		if n := output.Width(line); n > width || strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r == '\u202e' || r == '\u200d' }) {
			t.Fatalf("%s: %d columns at %d x %d: %q", name, n, width, height, line)
		}
	}
}

// bare is a line without our colours; any other code stays.
func bare(line string) string {
	for _, x := range []tone{strong, faint, bad, good, heed} {
		line = strings.ReplaceAll(line, begin+string(x)+"m", "")
	}
	return strings.ReplaceAll(line, reset, "")
}
