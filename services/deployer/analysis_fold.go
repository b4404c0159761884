package deployer

import (
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// evolveAnalysis folds what is said of a run of checks.
func (a *App) evolveAnalysis(e events.Event) {
	switch d := e.Data.(type) {
	case events.AnalysisStarted:
		a.beginRun(d, e)
	case events.AnalysisJudged:
		a.judge(d, e)
	case events.AnalysisPassed:
		a.endRun(d.OfAnalysis, passed, "", e)
	case events.AnalysisFailed:
		a.endRun(d.OfAnalysis, failed, d.Cause, e)
	case events.AnalysisInconclusive:
		a.endRun(d.OfAnalysis, inconclusive, "", e)
	case events.AnalysisCancelled:
		a.endRun(d.OfAnalysis, cancelled, d.Cause, e)
	}
}

func (a *App) beginRun(d events.AnalysisStarted, e events.Event) {
	r := a.Releases[d.Release]
	if r == nil {
		return
	}
	if r.Analyses == nil {
		r.Analyses = map[string]*Analysis{}
	}
	r.Analyses[d.Run] = &Analysis{
		Run: d.Run, State: underway, Checks: d.Checks, From: d.From, Step: r.Step,
		Tallies: make([]Tally, len(d.Checks)), Cause: service.CauseOf(e),
	}
}

func (a *App) runOf(of events.OfAnalysis) (*Release, *Analysis) {
	r := a.Releases[of.Release]
	if r == nil {
		return nil, nil
	}
	return r, r.Analyses[of.Run]
}

func (a *App) judge(d events.AnalysisJudged, e events.Event) {
	r, x := a.runOf(d.OfAnalysis)
	if x == nil || d.Check < 1 || d.Check > len(x.Tallies) {
		return
	}
	x.Cause = service.CauseOf(e)
	x.Tallies[d.Check-1] = Tally{
		From: d.From, To: d.To, Verdict: d.Verdict, Value: d.Value, Requests: d.Requests, Failures: d.Failures,
		Successes: d.Successes, Errors: d.Errors, Judged: d.Judged, Words: e.Reason,
	}
	a.clock(r, e.At())
}

func (a *App) endRun(of events.OfAnalysis, state, cause string, e events.Event) {
	r, x := a.runOf(of)
	if x == nil {
		return
	}
	x.State, x.Ended, x.Why, x.Cause, x.Step = state, cause, e.Reason, service.CauseOf(e), r.Step
	if state == passed || state == cancelled {
		a.clock(r, e.At())
	}
}

// clock begins a release's deadline anew where only a verdict was missing of it: while it
// waits for one its time does not run.
func (a *App) clock(r *Release, now time.Time) {
	for _, i := range a.of(r.Number) {
		if wanted(i) && i.State != "ready" {
			return
		}
	}
	r.Progressed = now
}

// disturbed begins the deadline of a release anew that stood still for a verdict when a
// node of its instances starts anew or falls silent: what it waits for now has had no
// time yet.
func (a *App) disturbed(e events.Event) {
	node := ""
	switch d := e.Data.(type) {
	case events.NodeJoined:
		node = d.Node
	case events.LeaseLapsed:
		if d.Kind == "node" {
			node = d.Name
		}
	}
	r := a.Releases[a.Live]
	if node == "" || r == nil || r.Phase != progress || !r.judged() {
		return
	}
	for _, i := range a.of(r.Number) {
		if i.Node == node && i.State == "ready" {
			r.Progressed = e.At()
		}
	}
}

// broken does the same when the first of its instances is ready no more. One that has
// crashed is no reason to wait longer.
func (a *App) broken(i *Inst, now time.Time) {
	r := a.Releases[i.Release]
	if i.State == "ready" && !i.Crashed && r != nil && r.Number == a.Live && r.Phase == progress && r.judged() {
		a.clock(r, now)
	}
}

// asked notes that a person was asked about the runs that ended badly.
func (r *Release) asked() {
	for _, x := range r.Analyses {
		x.Answered = x.Answered || x.State == failed || x.State == inconclusive
	}
}

// interrupted notes that a release stands still by what was judged: what it stood still
// for before is asked for again.
func (r *Release) interrupted(cause string) {
	if cause == causeFailure || cause == causeInconclusive {
		r.asked()
	}
	waited := r.Phase == paused && (r.Pause == causeApproval || r.Pause == causeStep)
	if waited && r.StepDone > 0 && cause != causeApproval && cause != causeStep && r.Gated == r.StepDone {
		r.Gated--
	}
}
