package view

import (
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
)

// A release that is judged tells what its checks ask for and found last, and one that was
// taken back by them says why with numbers.
func TestChecksAreTold(t *testing.T) {
	s := newStory(t)
	s.serve()
	most, found := 100.0, 4000.0
	check := events.AnalysisCheck{Metric: events.MetricErrorRatio, Max: &most, IntervalMs: 5000, WindowMs: 5000, Failures: 1, Errors: 3, MinRequests: 20, NoData: events.NoDataHold}
	d := document("v2")
	d.Deploy.Strategy, d.Deploy.Steps = events.Canary, []events.DeployStep{{WeightBp: 500, Analysis: []events.AnalysisCheck{check}}}
	d.Deploy.Analysis = &events.AnalysisPolicy{Background: []events.AnalysisCheck{check}, StartingStep: 1}
	p := s.log.Plan(d, s.now, code, nil)
	if len(p.Steps[0].Checks) != 1 || p.Steps[0].Checks[0] != "errors ≤ 1.0% every 5s" {
		t.Errorf("%+v", p.Steps)
	}
	claimed := false
	for _, c := range p.Guarantees {
		claimed = claimed || strings.Contains(c.Name, "taken back by itself") && c.Holds
	}
	if !claimed {
		t.Errorf("%+v", p.Guarantees)
	}
	of := events.OfRelease{App: "shop", Release: 2}
	run := events.OfAnalysis{OfRelease: of, Run: events.RunBackground}
	s.say("declared", events.ReleasePlanned{OfRelease: of, Declaration: 2, Revision: "r2", Spec: d.Spec(), Strategy: events.Canary, From: 1, Target: 1})
	s.say("nothing to prepare", events.ReleaseStarted{OfRelease: of})
	s.say("1 check", events.AnalysisStarted{OfAnalysis: run, Checks: []events.AnalysisCheck{check}, From: s.now})
	why := "errors 40.0% > 1.0% over 5s, 1 of 1"
	s.say(why, events.AnalysisJudged{
		OfAnalysis: run, Check: 1, Metric: check.Metric, From: s.now, To: s.now.Add(5 * time.Second), Value: &found, Requests: 25, Verdict: events.VerdictFailure, Failures: 1, Judged: 1,
	})
	app, _ := s.log.Status("shop", s.now)
	if app.Rollout == nil || len(app.Rollout.Checks) != 1 || app.Rollout.Checks[0].Said != why || !strings.Contains(app.Reason, why) {
		t.Errorf("%q, %+v", app.Reason, app.Rollout)
	}
	s.say(why, events.AnalysisFailed{OfAnalysis: run, Check: 1, Metric: check.Metric, Cause: "failures"})
	s.say(why, events.ReleaseAborted{OfRelease: of, Cause: "analysis"})
	past := s.log.History("shop", 1)[0]
	if past.Reason != why || len(past.Checks) != 1 || past.Checks[0].State != "failed" || *past.Checks[0].Value != found {
		t.Errorf("%+v", past)
	}
}

// A release that stands still is judged on: its status tells what was found, once.
func TestAPausedReleaseTellsItsChecks(t *testing.T) {
	s := newStory(t)
	s.serve()
	most := 100.0
	check := events.AnalysisCheck{Metric: events.MetricErrorRatio, Max: &most, IntervalMs: 5000, WindowMs: 5000, Failures: 1, MinRequests: 20}
	d := document("v2")
	d.Deploy.Strategy, d.Deploy.Steps = events.Canary, []events.DeployStep{{WeightBp: 500, PauseMs: 60_000}}
	of := events.OfRelease{App: "shop", Release: 2}
	background, before := events.OfAnalysis{OfRelease: of, Run: events.RunBackground}, events.OfAnalysis{OfRelease: of, Run: events.AnalysisOfStep(1)}
	s.say("declared", events.ReleasePlanned{OfRelease: of, Declaration: 2, Revision: "r2", Spec: d.Spec(), Strategy: events.Canary, From: 1, Target: 1})
	s.say("nothing to prepare", events.ReleaseStarted{OfRelease: of})
	for _, run := range []events.OfAnalysis{background, before} {
		s.say("1 check", events.AnalysisStarted{OfAnalysis: run, Checks: []events.AnalysisCheck{check}, From: s.now})
	}
	judge := func(run events.OfAnalysis, words string) {
		s.say(words, events.AnalysisJudged{OfAnalysis: run, Check: 1, Metric: check.Metric, From: s.now, To: s.now.Add(5 * time.Second), Verdict: events.VerdictSuccess})
	}
	judge(before, "errors 0.1% ≤ 1.0% over 5s")
	s.say("good", events.AnalysisPassed{OfAnalysis: before})
	s.say("step 1 is done", events.ReleasePaused{OfRelease: of, Cause: "step", Until: s.now.Add(time.Minute)})
	app, _ := s.log.Status("shop", s.now)
	if len(app.Rollout.Checks) != 2 || !app.Rollout.Checks[0].Concerns() || app.Rollout.Checks[1].Concerns() || app.Reason != "step 1 is done" {
		t.Errorf("before it was judged: %q, %+v", app.Reason, app.Rollout)
	}
	judge(background, "errors 0.2% ≤ 1.0% over 5s")
	if app, _ = s.log.Status("shop", s.now); app.State != "paused" || app.Reason != "step 1 is done; errors 0.2% ≤ 1.0% over 5s" {
		t.Errorf("%s %q", app.State, app.Reason)
	}
	s.say("errors 0.2% ≤ 1.0% over 5s", events.ReleasePaused{OfRelease: of, Cause: "inconclusive"})
	if app, _ = s.log.Status("shop", s.now); app.Reason != "errors 0.2% ≤ 1.0% over 5s" {
		t.Errorf("said twice: %q", app.Reason)
	}
}
