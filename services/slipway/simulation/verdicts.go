package simulation

import (
	"fmt"
	"time"

	"slipway.dev/events"
)

// verdicts holds what is promised of releases that are judged, seen from the log: none
// passes that is bad or of which nothing is known, none fails that is good, and nothing is
// judged by what was measured before its share had settled.
type verdicts struct {
	fares  *fares
	passed map[string]bool // app/release/run
	free   map[string]bool // app/release that a person took past its checks
	asked  map[string]bool // app/release that has background checks
}

func newVerdicts(f *fares) *verdicts {
	return &verdicts{fares: f, passed: map[string]bool{}, free: map[string]bool{}, asked: map[string]bool{}}
}

func (v *verdicts) hear(e events.Event) error {
	switch d := e.Data.(type) {
	case events.AnalysisStarted:
		v.asked[nameOf(d.App, d.Release)] = v.asked[nameOf(d.App, d.Release)] || d.Run == events.RunBackground
	case events.AnalysisJudged:
		return v.judged(d)
	case events.AnalysisPassed:
		return v.pass(d.OfAnalysis)
	case events.AnalysisFailed:
		if fate := v.fate(d.OfRelease); fate != fateBad {
			return fmt.Errorf("%s of %s failed (%s), it is %s", d.Run, nameOf(d.App, d.Release), e.Reason, fate)
		}
	case events.AnalysisCancelled:
		if d.Cause == "promoted" || d.Cause == "policy" {
			v.free[nameOf(d.App, d.Release)] = true
		}
	case events.ReleaseResumed:
		v.free[nameOf(d.App, d.Release)] = v.free[nameOf(d.App, d.Release)] || d.Full
	case events.ReleasePromoted:
		if id := nameOf(d.App, d.Release); v.asked[id] && !v.free[id] && !v.passed[id] && d.How != "fast-rolled-back" {
			return fmt.Errorf("%s is promoted, its background checks have not passed", id)
		}
	}
	return nil
}

func (v *verdicts) fate(r events.OfRelease) string { return v.fares.fate[nameOf(r.App, r.Release)] }

func (v *verdicts) pass(d events.OfAnalysis) error {
	if fate := v.fate(d.OfRelease); fate != fateGood {
		return fmt.Errorf("%s of %s has passed, it is %s", d.Run, nameOf(d.App, d.Release), fate)
	}
	if d.Run == events.RunBackground {
		v.passed[nameOf(d.App, d.Release)] = true
	}
	return nil
}

func (v *verdicts) judged(d events.AnalysisJudged) error {
	settled := v.fares.settled[d.App]
	if d.Run == events.RunPrePromotion || v.fares.route[d.App] == 0 || d.Verdict == events.VerdictNoData {
		return nil
	}
	if settled.IsZero() || d.From.Before(settled) {
		return fmt.Errorf("%s of %s is judged from %s, its share settled at %s", d.Run, nameOf(d.App, d.Release), d.From.Format(time.TimeOnly), settled.Format(time.TimeOnly))
	}
	return nil
}

// checks are those of an app file, for one of the runs its strategy can have.
func (p *platform) checks(d *events.Document) {
	r, most := p.w.Rand(), 100.0
	if _, routed := d.Ports["http"]; !routed || r.IntN(2) == 0 {
		return
	}
	check := func(count int) []events.AnalysisCheck {
		return []events.AnalysisCheck{{
			Metric: events.MetricErrorRatio, Max: &most, IntervalMs: 5000, WindowMs: 5000, Count: count,
			Failures: 1 + r.IntN(2), Errors: 3, MinRequests: 20, NoData: events.NoDataHold,
		}}
	}
	switch d.Deploy.Strategy {
	case events.Canary:
		d.Deploy.Analysis = &events.AnalysisPolicy{StartingStep: 1, Background: check(0)}
		if s := &d.Deploy.Steps[r.IntN(len(d.Deploy.Steps))]; r.IntN(2) == 0 {
			s.Analysis = check(2)
		}
	case events.BlueGreen:
		d.Deploy.Analysis = &events.AnalysisPolicy{StartingStep: 1, PrePromotion: check(2)}
	default:
		return
	}
	if r.IntN(2) == 0 && !d.Deploy.ShrinkStable {
		d.Deploy.Analysis.PostPromotion, d.Deploy.BakeMs = check(0), 20_000
	}
}
