package view

import (
	"fmt"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/services/deployer"
)

// TestWay: what a person who follows a release sees beside its status.
func TestWay(t *testing.T) {
	s := newStory(t)
	s.serve()
	if w := s.log.Way("shop", 1, s.now); w.Live || w.Phase != deployer.PhaseCompleted {
		t.Errorf("over: %+v", w)
	}
	s.declare(2, 2, "v2")
	s.plan(2, 2, 1, "v2")
	planned := s.now
	s.wait(30 * time.Second)
	w := s.log.Way("shop", 2, s.now)
	if !w.Live || !w.Planned.Equal(planned) || !w.Deadline.After(s.now) || w.Why != "nothing to prepare" || w.Of != 1 || w.Steps != nil {
		t.Errorf("on its way: %+v", w)
	}
	s.say("looking", events.ReleasePaused{OfRelease: release(2), Cause: "manual", By: "person:bob"})
	if w := s.log.Way("shop", 2, s.now); w.Pause != "manual" || !w.Deadline.IsZero() || !w.Until.IsZero() {
		t.Errorf("paused: %+v", w)
	}
	s.say("wrong table", events.ReleaseAborted{OfRelease: release(2), Cause: deployer.ByOperator})
	if w := s.log.Way("shop", 2, s.now); w.Phase != deployer.PhaseReturning || w.Why != "wrong table" || !w.Deadline.IsZero() {
		t.Errorf("returning: %+v", w)
	}
}

// TestJudgements: of each check its last judgement, until its run is over without a
// fault.
func TestJudgements(t *testing.T) {
	s := newStory(t)
	s.serve()
	s.declare(2, 2, "v2")
	s.plan(2, 2, 1, "v2")
	background := events.OfAnalysis{OfRelease: release(2), Run: events.RunBackground}
	step := events.OfAnalysis{OfRelease: release(2), Run: events.AnalysisOfStep(1)}
	judge := func(of events.OfAnalysis, check, failures int, verdict, reason string) {
		s.say(reason, events.AnalysisJudged{OfAnalysis: of, Check: check, Verdict: verdict, Failures: failures})
	}
	is := func(want ...string) {
		t.Helper()
		var got []string
		for _, j := range s.log.Way("shop", 2, s.now).Judged {
			got = append(got, j.Words)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	s.say("from step 1", events.AnalysisStarted{OfAnalysis: background, Checks: []events.AnalysisCheck{{Metric: "error_ratio", Failures: 3}, {Metric: "latency_p99"}}})
	is()
	judge(background, 1, 1, events.VerdictFailure, "errors 2.0% > 1.0% over 30s, 1 of 3")
	judge(background, 2, 0, events.VerdictSuccess, "p99 40ms <= 200ms over 30s")
	judge(background, 1, 2, events.VerdictFailure, "errors 4.0% > 1.0% over 30s, 2 of 3")
	is("errors 4.0% > 1.0% over 30s, 2 of 3", "p99 40ms <= 200ms over 30s")
	s.say("step 1", events.AnalysisStarted{OfAnalysis: step, Checks: []events.AnalysisCheck{{Metric: "error_ratio"}}})
	judge(step, 1, 0, events.VerdictNoData, "no window with 20 requests")
	is("errors 4.0% > 1.0% over 30s, 2 of 3", "p99 40ms <= 200ms over 30s", "no window with 20 requests")
	s.say("passed", events.AnalysisPassed{OfAnalysis: step})
	judge(background, 1, 3, events.VerdictFailure, "errors 5.0% > 1.0% over 30s, 3 of 3")
	s.say("3 of 3", events.AnalysisFailed{OfAnalysis: background, Check: 1, Cause: "failures"})
	is("errors 5.0% > 1.0% over 30s, 3 of 3", "p99 40ms <= 200ms over 30s")
	s.say("aborted", events.AnalysisCancelled{OfAnalysis: background, Cause: "aborted"})
	is()
}

// TestTally: requests since a moment are counted though the meter has forgotten it, a
// gateway has started anew and its samples come late.
func TestTally(t *testing.T) {
	s := newStory(t)
	s.serve()
	m, a, b := NewMeter(), newTold(t, "gw1-a", s.now), newTold(t, "gw2-a", s.now)
	for range 30 { // before anybody counts
		a.answers("shop-1-a1", "1", 7, "2xx", "backend")
		a.beat(m)
		b.beat(m)
	}
	tally := NewTally("shop", a.now)
	if n, _, ok := tally.Count(m); ok || n != 0 {
		t.Errorf("%d of no time at all", n)
	}
	for i := range 600 {
		a.answers("shop-1-a1", "1", 2, "2xx", "backend")
		a.answers("shop-1-a1", "1", 1, "5xx", "backend")
		b.answers("shop-1-a1", "1", 1, "2xx", "backend")
		a.beat(m)
		if i%5 == 4 { // five seconds late
			for range 5 {
				b.beat(m)
			}
		}
		if n, failed, ok := tally.Count(m); !ok || failed != int64(i+1) || n != int64(3*(i+1)+(i+1)/5*5) {
			t.Fatalf("second %d: %d, %d failed", i, n, failed)
		}
		m.Forget(m.Newest().Add(-Lookback))
	}
}
