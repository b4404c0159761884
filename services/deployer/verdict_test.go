package deployer

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"slipway.dev/events"
)

// delivery-A08: neither written, the first failure fails and count passes; failures
// alone; successes alone; both, whichever comes first, and count used up with neither is
// inconclusive.
func TestFailuresAndSuccessesTogether(t *testing.T) {
	verdicts := map[rune]string{
		'S': events.VerdictSuccess, 'F': events.VerdictFailure, 'N': events.VerdictNoData, 'E': events.VerdictError, 'I': events.VerdictInconclusive,
	}
	for _, c := range []struct {
		failures, successes, count int
		seen, want                 string
	}{
		{0, 0, 3, "SSF", failed}, {0, 0, 3, "SSS", passed}, {0, 0, 3, "SSNNS", passed}, {0, 0, 0, "SSSSSSSSS", goesOn},
		{2, 0, 4, "FSFS", passed}, {2, 0, 4, "SFF", failed}, {2, 0, 3, "FNF", failed}, {1, 0, 0, "SSF", failed},
		{0, 2, 0, "SFSFSS", passed}, {0, 2, 0, "FFFFFF", goesOn}, {0, 2, 3, "SFS", inconclusive},
		{2, 3, 0, "FSSS", passed}, {2, 3, 0, "SSFF", failed}, {2, 3, 4, "SSFS", inconclusive},
		{1, 0, 1, "NNNN", goesOn}, {1, 0, 0, "EE", goesOn}, {1, 0, 0, "EESEE", goesOn}, {1, 0, 0, "SEEE", failedErrors},
		{1, 0, 5, "SI", inconclusive},
	} {
		check := events.AnalysisCheck{Failures: c.failures, Successes: c.successes, Count: c.count, Errors: 3, NoData: events.NoDataHold}
		tally, got := Tally{}, goesOn
		for i, r := range c.seen {
			if tally = tally.next(check, verdicts[r]); tally.outcome(check) != goesOn && got == goesOn {
				if got = tally.outcome(check); i != len(c.seen)-1 {
					got += " too early"
				}
			}
		}
		if got != c.want {
			t.Errorf("failures %d, successes %d, count %d, %s: %q, want %q", c.failures, c.successes, c.count, c.seen, got, c.want)
		}
	}
}

func TestVerdicts(t *testing.T) {
	at := func(v float64) *float64 { return &v }
	for _, c := range []struct {
		max, min, over *float64
		value, base    float64
		want           string
	}{
		{max: at(100), value: 100, want: events.VerdictSuccess}, {max: at(100), value: 100.1, want: events.VerdictFailure},
		{min: at(5), value: 4, want: events.VerdictFailure}, {min: at(5), value: 5, want: events.VerdictSuccess},
		{max: at(100), over: at(300), value: 200, want: events.VerdictInconclusive}, {max: at(100), over: at(300), value: 301, want: events.VerdictFailure},
		{min: at(5), over: at(2), value: 3, want: events.VerdictInconclusive}, {min: at(5), over: at(2), value: 1, want: events.VerdictFailure},
		{max: at(100), value: 150, base: 60, want: events.VerdictSuccess}, {max: at(100), value: 170, base: 60, want: events.VerdictFailure},
		{max: at(10), min: at(5), value: 7, want: events.VerdictSuccess}, {max: at(10), min: at(5), value: 4, want: events.VerdictFailure},
	} {
		check := events.AnalysisCheck{Max: c.max, Min: c.min, FailOver: c.over}
		if got := verdictOf(check, c.value, c.base); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

// A promotion calls a background run passed only where each check was good since it last
// was not.
func TestARunThatWasNeverGoodHasNotPassed(t *testing.T) {
	check := events.AnalysisCheck{Failures: 3, Errors: 3, NoData: events.NoDataHold}
	for seen, want := range map[string]bool{"": false, "N": false, "S": true, "SN": true, "SF": false, "SFN": false, "SFNS": true, "SE": true} {
		good := Tally{}.next(check, events.VerdictSuccess)
		a := &Analysis{State: underway, Checks: []events.AnalysisCheck{check, check}, Tallies: []Tally{good, {}}}
		for _, one := range seen {
			verdict := map[rune]string{'S': events.VerdictSuccess, 'F': events.VerdictFailure, 'N': events.VerdictNoData, 'E': events.VerdictError}[one]
			a.Tallies[1] = a.Tallies[1].next(check, verdict)
		}
		r := &Release{Number: 2, Analyses: map[string]*Analysis{events.RunBackground: a}}
		if say := (view{App: &App{Name: "web"}}).passBackground(r); say.Empty() == want {
			t.Errorf("%q: it says %v", seen, say.Facts)
		}
	}
}

// A window of another share tells nothing: what began before the route settled is left
// out, and so is one that is heard twice, late, or out of order.
func TestOnlyWindowsOfThePresentShareAreJudged(t *testing.T) {
	r, canary := newRig(t), fine
	var settled, from time.Time
	r.w.Observe(func(e events.Event) error {
		switch d := e.Data.(type) {
		case events.SettlementReached:
			settled = e.At()
		case events.AnalysisJudged:
			if from = d.From; d.From.Before(settled) {
				t.Errorf("judged from %s, settled at %s", d.From, settled)
			}
		}
		return nil
	})
	r.beside(&canary, replicas(2), steps(weight(500), weight(2500), weight(5000)), background(errorsBelow()))
	r.until("promoted", func() bool { return r.count("release.promoted web/2") == 1 })
	if n := r.count("analysis.judged"); n < 3 || from.IsZero() {
		t.Errorf("%d judgements in three steps", n)
	}
}

// Whatever order, doubles and losses the windows come with, and whenever the deployer is
// started anew, a canary that is bad is taken back and one that is good is promoted: only
// when changes.
func TestVerdictsDoNotDependOnRestarts(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := newRig(t)
		good := rapid.Bool().Draw(rt, "good")
		canary := bad
		if good {
			canary = fine
		}
		lost := rapid.IntRange(0, 15).Draw(rt, "lost %")
		rnd := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
		plan := []func(*events.Document){replicas(2), steps(weight(500), pausing(2500, 10*time.Second)), background(errorsBelow(func(c *events.AnalysisCheck) { c.Failures = 2 }))}
		r.deploy(doc("1", plan...))
		r.disturbed(rnd, lost, canaryOf(&canary))
		r.declare(doc("2", plan...))
		for range rapid.IntRange(0, 4).Draw(rt, "restarts") {
			r.w.After(time.Duration(rapid.IntRange(0, 60_000).Draw(rt, "at"))*time.Millisecond, func() {
				if r.h.Core() != nil {
					r.h.Crash(time.Second)
				}
			})
		}
		ended := func() bool { return r.count("release.completed web/2")+r.count("release.rolled-back web/2") == 1 }
		if !r.w.RunUntil(30*time.Minute, ended) {
			rt.Fatalf("no end: %v\n%s", r.w.Err, strings.Join(r.facts, "\n"))
		}
		if promoted := r.count("release.completed web/2") == 1; promoted != good {
			rt.Fatalf("good %v, promoted %v\n%s", good, promoted, strings.Join(r.facts, "\n"))
		}
	})
}

// disturbed publishes windows like fares, some twice, some late, some never.
func (r *rig) disturbed(rnd *rand.Rand, lost int, of func(release int) fare) {
	r.w.After(time.Second-time.Duration(r.w.Now().Nanosecond())+200*time.Millisecond, func() {
		to := r.w.Now().Truncate(time.Second)
		if r.app("web") != nil {
			for n := 1; n <= 2; n++ {
				l, ok := window(n, of(n), to.Add(-time.Second), to)
				copies := 1 + rnd.IntN(2)
				for range copies {
					if rnd.IntN(100) >= lost {
						r.w.After(time.Duration(rnd.IntN(1500))*time.Millisecond, func() { r.publish(l, ok) })
					}
				}
			}
		}
		r.disturbed(rnd, lost, of)
	})
}

// delivery-P7 of what is judged: an app whose analysis has said what there is to say says
// nothing more, however often it is asked and however many windows come.
func TestJudgingSaysNothingTwice(t *testing.T) {
	r, canary := newRig(t), idle
	r.beside(&canary, replicas(2), steps(weight(500)), background(errorsBelow()))
	r.until("held", func() bool { return r.waitsFor(waitsTraffic) })
	before := len(r.facts)
	r.pass(10 * time.Minute)
	if n := len(r.facts) - before; n != 0 {
		t.Errorf("%d facts while nothing was told", n)
	}
	m := r.h.Core().Machines()[0]
	if fmt.Sprint(m.Decide("web", r.w.Now())) != fmt.Sprint(m.Decide("web", r.w.Now())) {
		t.Error("two decisions on one state differ")
	}
}

// Windows kept are bounded, whatever a check looks at.
func TestWindowsAreBounded(t *testing.T) {
	var list []events.Load
	start := time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	for i := range 20_000 {
		l, _ := window(2, bad, start.Add(time.Duration(i)*time.Second), start.Add(time.Duration(i+1)*time.Second))
		list = compact(append(list, l), start)
	}
	sum := measure(errorsBelow(), list)
	if len(list) > loadMost+1 || sum.requests != 2_000_000 || *sum.value != 4000 {
		t.Errorf("%d windows, %d requests, %v", len(list), sum.requests, *sum.value)
	}
}
