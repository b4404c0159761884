package deployer

import (
	"slices"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// What a reader of the fold asks: the command line shows it, nobody decides by it.

// Phases of a release that a reader tells apart.
const (
	PhasePaused     = paused
	PhaseReturning  = returning
	PhasePromoted   = promoted
	PhaseCompleted  = completed
	PhaseWarm       = warm
	PhaseCold       = cold
	PhaseRolledBack = rolledBack
	PhaseSuperseded = superseded
	PhaseStranded   = stranded
	PhaseRefused    = refused
)

// ByOperator is the cause of an abort that a person asked for.
const ByOperator = causeOperator

// Reading is an app as it is at a moment, beside the fleet it runs on.
type Reading struct{ v view }

// Read looks at an app at a moment. Neither app nor fleet is changed.
func Read(cfg Config, a *App, f *Fleet, now time.Time) Reading {
	return Reading{view{App: a, fleet: f, cfg: cfg, now: now}}
}

// Says is what the deployer has to say of the app now, and what it waits for.
func (r Reading) Says() service.Says { return r.v.cfg.decide(r.v.App, r.v.fleet, r.v.now) }

// Target is how many instances the app wants now.
func (r Reading) Target() int { return r.v.size(r.v.Releases[r.v.current()]) }

// Available tells whether an instance counts: ready on a live boot, unbroken for
// minReady, and not beside the one in whose place it is to serve.
func (r Reading) Available(i *Inst) bool { return r.v.available(i) && !r.v.standsBy(i) }

// Share is the share of requests a release has in the last route said, basis points;
// without a route the serving release has all of them.
func (r Reading) Share(release int) int {
	switch {
	case len(r.v.Route.Said.Shares) > 0:
		return r.v.share(release)
	case release == r.v.Stable && release != 0 && !r.v.Retired:
		return fullBp
	}
	return 0
}

// Stage is where a release stands on its way: of all its steps, the one to all requests
// counted, the one it is in. The pause after a step belongs to it.
func (r *Release) Stage() (index, of int) {
	of = r.Steps + 1
	gate := r.Phase == paused && (r.Pause == causeStep || r.Pause == causeApproval)
	if r.Reached || r.Full || r.StepDone >= r.Steps && r.Gated >= r.StepDone && r.StepDone > 0 && !gate {
		return of, of
	}
	return min(max(r.Step, 1), of), of
}

// Deadline is when a release on its way is given up without progress; zero while it
// stands still for a verdict.
func (r Reading) Deadline(x *Release) time.Time {
	if r.v.judging(x) {
		return time.Time{}
	}
	return r.v.deadline(x)
}

// Kept are the releases a rollback can reach.
func (r Reading) Kept() []int { return r.v.kept() }

// Goal is the release a rollback would lead to; 0 is the previous one of another
// revision. Nil: there is none.
func (r Reading) Goal(to int) *Release { return r.v.goal(to) }

// Refusals are all reasons why a document could make no release here now. Beside are
// the apps declared together with it, which it may use though nobody knows them yet.
func (r Reading) Refusals(d events.Document, beside ...string) (reasons []events.Refusal) {
	if r.v.cfg.Check != nil {
		reasons = r.v.cfg.Check(d)
	}
	d.Uses = slices.DeleteFunc(slices.Clone(d.Uses), func(app string) bool { return slices.Contains(beside, app) })
	return append(reasons, r.v.refusals(d)...)
}

// Ways are the ways in a document asks for.
func (r Reading) Ways(d events.Document) []events.RouteRule { return r.v.rules(d, 0) }

// Unchanged is the release that a document would leave as it is; 0: it makes a new
// one.
func (r Reading) Unchanged(d events.Document) int {
	if s := r.v.Releases[r.v.Stable]; s != nil && r.v.Live == 0 && r.v.Pending == nil && !r.v.Retired && s.Revision == d.Revision() {
		return s.Number
	}
	return 0
}

// Asks are the requests for all instances of the release a document would make. Where
// the app runs already they are held, so that they find the room of what they replace.
func (r Reading) Asks(d events.Document) (asks []events.AssignmentRequested) {
	v, number := r.v, r.v.Last+1
	accepted := *r.v.App
	accepted.Accepted = &Declaration{Document: d}
	v.App = &accepted
	// start-first: a single volume that the old instance has is given back before.
	rel := &Release{Number: number, Revision: d.Revision(), Spec: d.Spec(), Order: events.OrderStartFirst}
	for ordinal := 1; ordinal <= v.targetOf(d, 0); ordinal++ {
		asks = append(asks, v.request(rel, instanceID(v.Name, number, 1, ordinal), events.RoleService, len(v.Instances) > 0))
	}
	return asks
}

// Wanted is how many instances a document wants here.
func (r Reading) Wanted(d events.Document) int { return r.v.targetOf(d, 0) }
