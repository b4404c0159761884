package deployer

import (
	"cmp"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// Causes of aborts, pauses and withdrawals.
const (
	causeOperator   = "operator"
	causeDeadline   = "deadline"
	causeUnhealthy  = "unhealthy"
	causeError      = "error"
	causeSuperseded = "superseded"
	causeApproval   = "approval"
	causeManual     = "manual"
	causeStep       = "step"
	causeFailure    = "failure"
	causeDrain      = "drain"
	causeSpare      = "spare"
	causeLive       = "live" // of an exit: its live check fell
)

// Config is where the deployer is and what the installation decided.
type Config struct {
	DefaultDomain string                                 // an app without a host answers as <app>.<DefaultDomain>
	Check         func(events.Document) []events.Refusal // the app file's rules, for wishes from anywhere
	LeaseTTL      time.Duration                          // how long a lease lasts on this bus; 0: one server's
	MeshPorts     PortRange                              // at which apps reach one another; zero: those of MeshPorts
}

func (cfg Config) ttl() time.Duration { return cmp.Or(cfg.LeaseTTL, events.LeaseTTL) }

// decide says what is missing of an app now: the first of these that has anything
// to say. What it waits for is said in any case.
func (cfg Config) decide(a *App, f *Fleet, now time.Time) service.Says {
	v := view{App: a, fleet: f, cfg: cfg, now: now}
	var waiting []service.Waiter
	for _, part := range []func() service.Says{
		v.answer,    // a person waits
		v.tell,      // nodes that were not named yet
		v.analyses,  // what is measured of a release
		v.retire,    // the end of the app
		v.flip,      // a rollback onto warm instances
		v.takeUp,    // a newer declaration
		v.steer,     // the way in, as the app file has it
		v.evacuate,  // what runs on a node that is emptied
		v.restore,   // what serves and was lost beside a release on its way
		v.live,      // the release on its way
		v.steady,    // what serves, at its size
		v.leftovers, // what serves nothing and is kept for nothing
	} {
		say := part()
		waiting = append(waiting, say.Waiting...)
		if !say.Empty() {
			say.Waiting = waiting
			return say
		}
	}
	return service.Says{Waiting: waiting}
}

// tell names its node in the withdrawal of an instance that was placed meanwhile:
// the node hears only what names it.
func (v view) tell() (say service.Says) {
	for _, i := range v.all() {
		if i.Withdrawn && !i.Told && i.Node != "" {
			say.Because(i.Cause, "placed on %s while it was withdrawn", i.Node).Fact(v.withdrawal(i, "crossed"))
		}
	}
	return say
}

// live moves the release that is on its way.
func (v view) live() (say service.Says) {
	r := v.Releases[v.Live]
	if r == nil {
		return say
	}
	if say = v.giveUp(r); !say.Empty() {
		return say
	}
	switch r.Phase {
	case planned, preparing:
		return v.prepare(r)
	case progress:
		return v.advance(r)
	case paused:
		return v.standStill(r)
	case promoted:
		return v.finish(r)
	case returning:
		return v.goBack(r)
	}
	return say
}

func (v view) advance(r *Release) service.Says {
	switch r.Strategy {
	case events.Recreate:
		return v.recreate(r)
	case events.BlueGreen:
		return v.blueGreen(r)
	case events.Canary:
		return v.canary(r)
	default:
		return v.rolling(r)
	}
}

// prepare runs the hook of a release, if there is one and something is to start.
func (v view) prepare(r *Release) (say service.Says) {
	hook := r.Spec.Hooks.PreDeploy
	if hook == nil || r.HookDone || v.size(r) == 0 {
		say.Because(r.Cause, "nothing to prepare").Fact(events.ReleaseStarted{OfRelease: v.ref(r)})
		return say
	}
	if say = v.hook(r, errand{Hook: *hook}, "hook before the first new instance"); !say.Empty() || r.Phase != planned {
		return say
	}
	if mine := v.errands(r, 0, false); len(mine) > 0 {
		say.Because(r.Cause, "hook %s", mine[0].ID).Fact(events.ReleasePreparing{OfRelease: v.ref(r), Hook: mine[0].ID})
	}
	return say
}

// standStill waits for a person, or for the time of a timed pause.
func (v view) standStill(r *Release) (say service.Says) {
	if say = v.held(r); !say.Empty() {
		return say
	}
	if !r.Until.IsZero() && !v.now.Before(r.Until) {
		say.Because(r.Cause, "pause over at %s", r.Until.Format(time.TimeOnly)).Fact(events.ReleaseResumed{OfRelease: v.ref(r)})
		return say
	}
	switch r.Pause {
	case causeApproval:
		say.Waits(v.id(r), waitsApproval, "approval by an operator since %s", r.PausedAt.Format(time.TimeOnly))
	case causeStep:
		say.Waits(v.id(r), waitsTime, "until %s", r.Until.Format(time.TimeOnly))
	default:
		say.Waits(v.id(r), waitsApproval, "paused: %s", r.Why)
	}
	return say
}

// promote makes a release the stable one.
func (v view) promote(r *Release, how string) (say service.Says) {
	n := len(v.of(r.Number).keep(v.available))
	say.Because(r.Cause, "%d of %d available%s", n, v.size(r), v.routeWords()).Fact(events.ReleasePromoted{
		OfRelease: v.ref(r), How: how, Available: n, Target: v.size(r), Route: v.Route.Generation,
	})
	return say
}

func (v view) routeWords() string {
	if !v.routed() {
		return ""
	}
	return ", route " + itoa(v.Route.Generation) + " settled"
}

// finish ends a promoted release: the old one is demoted, nothing old is in flight.
func (v view) finish(r *Release) (say service.Says) {
	if old := v.Releases[r.From]; old != nil && old != r && old.Phase == completed {
		say.Because(r.Cause, "release %d serves", r.Number).Fact(events.ReleaseDemoted{OfRelease: v.ref(old), WarmUntil: v.warmUntil(r)})
		return say
	}
	if v.bakes(r) {
		return v.bake(r)
	}
	if say = v.leftovers(); !say.Empty() {
		return say
	}
	leaving := v.all().keep(func(i *Inst) bool { return i.Withdrawn && !i.Drained && i.Address != "" && v.now.Before(i.StopBy) })
	if len(leaving) > 0 && v.Pending == nil && !v.Retired {
		say.Waits(v.id(r), waitsDrain, "%s, until %s at the latest", leaving[0].ID, leaving[0].StopBy.Format(time.TimeOnly))
		return say
	}
	t := v.total()
	say.Because(r.Cause, "took %s", v.now.Sub(r.Planned).Round(time.Millisecond)).Fact(events.ReleaseCompleted{
		OfRelease: v.ref(r), TookMs: v.now.Sub(r.Planned).Milliseconds(),
		Requests: t.Requests - r.Base.Requests, Failed: t.Failed - r.Base.Failed,
		Cut: v.Cut - r.BaseCut, GapMs: v.GapMs - r.BaseGap, ShareBp: v.share(r.Number),
	})
	return say
}

// warmUntil is until when the release before r is kept running: not at all if it has
// shrunk, for it could not take over.
func (v view) warmUntil(r *Release) time.Time {
	if v.bakes(r) {
		return v.bakeEnds(r).Add(v.warmFor()).UTC()
	}
	keep := v.policy().Keep
	shrunk := r.Strategy == events.Canary && v.policy().ShrinkStable && r.Phase == promoted
	if r.Strategy != events.BlueGreen && r.Strategy != events.Canary || keep.Warm < 1 || keep.WarmForMs <= 0 || shrunk {
		return time.Time{}
	}
	return v.now.Add(ms(keep.WarmForMs)).UTC()
}

func (v view) ref(r *Release) events.OfRelease {
	return events.OfRelease{App: v.Name, Release: r.Number}
}
