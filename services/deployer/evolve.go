package deployer

import (
	"strings"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// evolve folds a fact about an app. What no row allows changes nothing.
func evolve(_ string, a *App, _ *Fleet, e events.Event) {
	if e.Kind.Owner == "deployer" { // others answer wishes of the same stream, that are none of its own
		a.Inbox.Fold(e)
	}
	if e.Kind.Owner == "deployer" && (e.Kind.Entity == "app" || e.Kind.Entity == "release") {
		a.Said[e.Kind.Entity] = e.Pos
	}
	switch e.Kind.Entity {
	case "app":
		a.evolveApp(e)
	case "release":
		a.evolveRelease(e)
	case "route", "settlement", "pool", "endpoint":
		a.evolveRoute(e)
	case "analysis":
		a.evolveAnalysis(e)
	case "assignment", "placement":
		a.evolveAssignment(e)
	case "instance":
		a.evolveInstance(e)
	case "routing", "traffic":
		a.evolveCounts(e)
	case "node", "lease":
		a.disturbed(e)
	case "evacuation":
		a.Volumes.Fold(e)
	}
}

func (a *App) evolveApp(e events.Event) {
	a.Cause = service.CauseOf(e)
	switch d := e.Data.(type) {
	case events.AppDeclared:
		if a.Pending != nil {
			a.Skipped = append(a.Skipped, a.Pending.Number)
		}
		a.Declared, a.Retired = d.Declaration, false
		a.Pending = &Declaration{
			Number: d.Declaration, Document: d.Document, Hash: d.Hash, Plan: d.Plan,
			Force: d.Force, At: e.At(), Cause: service.CauseOf(e), By: e.Actor,
		}
	case events.AppRetired:
		a.Retired, a.RetiredAt, a.Pending = true, e.At(), nil
		a.retire()
	}
}

// retire makes every release a thing of the past: nothing serves and nothing can be
// returned to without being started anew.
func (a *App) retire() {
	a.Stable = 0
	for _, r := range a.Releases {
		if r.Phase == completed || r.Phase == warm {
			r.Phase = cold
		}
		r.WarmUntil = time.Time{}
	}
}

func (a *App) evolveRelease(e events.Event) {
	switch d := e.Data.(type) {
	case events.ReleasePlanned:
		a.plan(d, e)
	case events.ReleaseRefused:
		a.Last = max(a.Last, d.Release)
		if a.Pending != nil && e.Wish.IsZero() {
			a.Pending, a.Skipped = nil, nil
		}
		a.Releases[d.Release] = &Release{Number: d.Release, Phase: refused, Planned: e.At(), Ended: e.At(), Why: e.Reason, Actor: e.Actor, Correlation: e.Correlation}
		a.trim()
	case events.ReleaseUnchanged:
		if a.Pending != nil && a.Pending.Number == d.Declaration {
			a.Accepted, a.Pending, a.Skipped = a.Pending, nil, nil
		}
	}
	r := a.Releases[releaseOf(e)]
	if r == nil {
		return
	}
	r.evolve(a, e)
	if !strings.HasSuffix(e.Kind.Happened, "refused") { // a wish that was refused changes nothing
		r.Cause, r.Why = service.CauseOf(e), e.Reason
	}
}

func (a *App) plan(d events.ReleasePlanned, e events.Event) {
	if a.Pending != nil && a.Pending.Number == d.Declaration {
		a.Accepted, a.Pending, a.Skipped = a.Pending, nil, nil
	}
	a.Last, a.Live = max(a.Last, d.Release), d.Release
	r := &Release{
		Number: d.Release, Declaration: d.Declaration, Revision: d.Revision, Spec: d.Spec,
		Strategy: d.Strategy, Order: d.Order, How: d.How, From: d.From, Target: d.Target,
		Phase: planned, Planned: e.At(), Progressed: e.At(), Replicas: map[int]*Replica{},
		Base: a.total(), BaseCut: a.Cut, BaseGap: a.GapMs, Actor: e.Actor, Correlation: e.Correlation,
	}
	if d.Strategy == events.Canary && a.Accepted != nil {
		r.Steps = len(a.Accepted.Document.Deploy.Steps)
	}
	a.Releases[d.Release] = r
	a.trim()
}

// releaseOf is the release number a fact of entity release speaks of.
func releaseOf(e events.Event) int {
	type numbered interface{ Number() int }
	if n, ok := e.Data.(numbered); ok {
		return n.Number()
	}
	return 0
}

func (r *Release) evolve(a *App, e events.Event) {
	switch d := e.Data.(type) {
	case events.ReleasePreparing:
		r.Phase = preparing
	case events.ReleaseStarted:
		r.Phase, r.Progressed = progress, e.At()
	case events.ReleaseStepStarted:
		r.Step, r.StepAt, r.Progressed = d.Step, e.At(), e.At()
	case events.ReleaseStepCompleted:
		r.StepDone, r.Progressed = d.Step, e.At()
	case events.ReleasePaused:
		if d.Cause == causeStep || d.Cause == causeApproval {
			r.Gated = r.StepDone
		}
		if r.Phase != paused {
			r.Before = r.Phase
		}
		r.interrupted(d.Cause)
		r.Phase, r.Pause, r.Until, r.PausedAt = paused, d.Cause, d.Until, e.At()
	case events.ReleaseResumed:
		r.Full = r.Full || d.Full
		r.resume(e.At())
	case events.ReleasePromoted:
		r.Phase, r.Reached, r.Progressed, r.PromotedAt = promoted, true, e.At(), e.At()
		a.Stable = r.Number
		if d.How == fastRolledBack {
			r.Phase, r.WarmUntil, r.Ended = completed, time.Time{}, e.At()
			r.Took, r.Requests, r.Failed = e.At().Sub(a.Route.At).Milliseconds(), 0, 0 // of the flip
		}
	case events.ReleaseDemoted:
		r.Phase, r.WarmUntil = cold, d.WarmUntil
		if !d.WarmUntil.IsZero() {
			r.Phase = warm
		}
	case events.ReleaseCooled:
		r.WarmUntil = time.Time{}
		if r.Phase == warm {
			r.Phase = cold
		}
	case events.ReleaseCompleted:
		r.Phase, r.Took, r.Ended = completed, d.TookMs, e.At()
		r.Requests, r.Failed = d.Requests, d.Failed
		a.end(r)
		if a.Retired {
			a.retire()
		}
	case events.ReleaseAborted:
		r.Phase, r.Aborted, r.AbortWhy, r.AbortedAt = returning, d.Cause, e.Reason, e.At()
	case events.ReleaseRolledBack:
		r.Phase, r.Ended, r.WarmUntil = rolledBack, e.At(), d.WarmUntil
		r.Requests, r.Failed = d.Requests, d.RequestsFailed
		a.end(r)
	case events.ReleaseSuperseded:
		r.Phase, r.Ended = superseded, e.At()
		a.end(r)
	case events.ReleaseStranded:
		r.Phase, r.Ended = stranded, e.At()
		a.end(r)
	}
}

const fastRolledBack = "fast-rolled-back"

func (r *Release) resume(now time.Time) {
	if r.Phase != paused {
		return
	}
	r.Approved = r.Approved || r.Pause == causeApproval || r.Pause == causeStep
	r.Phase, r.Pause, r.Until, r.Progressed = r.Before, "", time.Time{}, now
}

// end takes a release off the way.
func (a *App) end(r *Release) {
	if a.Live == r.Number {
		a.Live = 0
	}
}

// trim forgets the oldest ended releases beyond the app's history; what has
// instances, serves or is on its way stays.
func (a *App) trim() {
	keep := historyDefault
	if a.Accepted != nil {
		keep = a.Accepted.Document.Deploy.Keep.History
	}
	for _, n := range service.Sorted(a.Releases) {
		if len(a.Releases) <= keep+1 {
			return
		}
		if n != a.Stable && n != a.Live && n != a.Last && len(a.of(n)) == 0 {
			delete(a.Releases, n)
			delete(a.Counts, n)
		}
	}
}

const historyDefault = 10 // releases remembered before anything is declared

func (a *App) evolveCounts(e events.Event) {
	switch d := e.Data.(type) {
	case events.RoutingApplied:
		a.count(d.Counts)
		a.Route.shut(d.Gateway, strings.Join(d.Closed, "; "), e)
	case events.RoutingRefused:
		a.Route.shut(d.Gateway, e.Reason, e)
	case events.TrafficDrained:
		a.count(d.Counts)
		a.Cut += int64(d.Cut)
	}
}

func (a *App) count(cs []events.ReleaseCount) {
	for _, c := range cs {
		x := a.Counts[c.Release]
		if x == nil {
			x = &Count{}
			a.Counts[c.Release] = x
		}
		x.Requests += c.Requests
		x.Failed += c.Failures
	}
}

func (a *App) total() (t Count) {
	for _, c := range a.Counts {
		t.Requests += c.Requests
		t.Failed += c.Failed
	}
	return t
}
