package deployer

import (
	"cmp"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

func (a *App) evolveAssignment(e events.Event) {
	if d, ok := e.Data.(events.AssignmentRequested); ok {
		a.request(d, e)
		return
	}
	if d, ok := e.Data.(events.PlacementPlaced); ok {
		a.settle(d)
	}
	i := a.Instances[e.Instance()]
	if i == nil {
		return
	}
	i.Cause = service.CauseOf(e)
	switch d := e.Data.(type) {
	case events.AssignmentCleared:
		i.Held = false
	case events.AssignmentWithdrawn:
		i.Leaves = cmp.Or(i.Leaves, d.Cause)
		if a.standsBy(i) {
			i.Leaves = causeSpare
		}
		i.Withdrawn, i.Told = true, d.Node != ""
		i.StopBy = time.UnixMilli(d.StopByMs).UTC()
	case events.PlacementPlaced:
		i.Node, i.State, i.Lacks, i.Since = d.Node, "placed", "", e.At()
	case events.PlacementBlocked:
		i.State, i.Lacks, i.Since = "blocked", d.Lacks, e.At()
	case events.PlacementCancelled, events.PlacementEvacuated:
		a.drop(i, e.At())
	}
}

func (a *App) request(d events.AssignmentRequested, e events.Event) {
	ordinal := ordinalOf(d.Instance)
	a.Instances[d.Instance] = &Inst{
		ID: d.Instance, Release: d.Release, Ordinal: ordinal, Role: d.Role,
		State: "requested", Driver: d.Driver, Held: d.Hold, Replaces: d.Replaces, PerNode: d.PerNode,
		Step: d.Step, Undo: d.Undo, Since: e.At(), Cause: service.CauseOf(e),
	}
	r := a.Releases[d.Release]
	switch {
	case r == nil:
		return
	case d.Role == events.RoleHook:
		r.HookTries++
		return
	}
	if r.Replicas[ordinal] == nil {
		r.Replicas[ordinal] = &Replica{}
	}
	r.Replicas[ordinal].Attempt++
	r.Replicas[ordinal].Lost = false
}

func (a *App) evolveInstance(e events.Event) {
	i := a.Instances[e.Instance()]
	if i == nil {
		return
	}
	r := a.Releases[i.Release]
	i.Cause = service.CauseOf(e)
	if happened := e.Kind.Happened; happened == "unready" || happened == "exited" {
		a.broken(i, e.At())
		a.fell(i, e.At())
	}
	if e.Kind.Happened != "adopted" { // what was found running is as it was, until it says so itself
		i.State, i.Since, i.Why = e.Kind.Happened, e.At(), e.Reason
	}
	switch d := e.Data.(type) {
	case events.InstanceFetched:
		i.Fetched = true
	case events.InstanceFetchFailed:
		if d.Final && r != nil {
			r.Fatal = e.Reason
		}
		i.State = "fetching"
	case events.InstanceStarting:
		i.Try, i.Fetched, i.ReadyAt = d.Try, true, time.Time{}
	case events.InstanceStarted:
		i.Pid, i.Container, i.Address, i.StartedAt = d.Pid, d.Container, d.Address, e.At()
	case events.InstanceAdopted:
		i.Pid = cmp.Or(d.Pid, i.Pid)
	case events.InstanceReady:
		i.Boot, i.ReadyAt = d.Boot, e.At()
		if !i.Crashed {
			a.progressed(r, e.At())
		}
	case events.InstanceExited:
		i.Exited, i.Code, i.Pid = true, d.Code, 0
		i.Crashed = i.Crashed || !d.Planned && (d.Cause == "" || d.Cause == causeLive)
		if d.Code != 0 && !d.Planned {
			a.failure(r, Failure{i.ID, d.Code, e.Reason, d.Tail})
		}
	case events.InstanceStopping:
		i.Drained = true
	case events.InstanceFailed:
		if d.Final && r != nil {
			r.Fatal = i.ID + " " + e.Reason
		}
		a.failed(i, r, Failure{i.ID, d.Code, e.Reason, d.Tail}, e.At())
	case events.InstanceCompleted:
		if r != nil && i.Role == events.RoleHook {
			r.hooked(i)
		}
		a.drop(i, e.At())
	case events.InstanceStopped:
		a.drop(i, e.At())
	}
	a.gap(e.At())
}

// progressed notes an instance newly ready: the only progress that moves a deadline.
// One that is ready again after it crashed is none.
func (a *App) progressed(r *Release, now time.Time) {
	if r != nil && r.Number == a.Live && r.Phase != returning {
		r.Progressed = now
	}
}

func (a *App) failure(r *Release, f Failure) {
	a.Ended = &f
	if r != nil {
		r.Failure = &f
	}
}

func (a *App) failed(i *Inst, r *Release, f Failure, now time.Time) {
	a.failure(r, f)
	if r != nil && r.Replicas[i.Ordinal] != nil && i.Role == events.RoleService {
		r.Replicas[i.Ordinal].Failures++
		r.Replicas[i.Ordinal].FailedAt = now
	}
	if r != nil && i.Role == events.RoleHook {
		r.hookFailed(i, f)
	}
	a.drop(i, now)
}

func (a *App) drop(i *Inst, now time.Time) {
	delete(a.Instances, i.ID)
	delete(a.Pool, i.ID)
	if r := a.Releases[i.Release]; r != nil && !i.Withdrawn && r.Replicas[i.Ordinal] != nil {
		r.Replicas[i.Ordinal].Lost = true
	}
	a.gap(now)
}

// gap adds up the time in which no instance of the app was ready.
func (a *App) gap(now time.Time) {
	ready := false
	for _, i := range a.Instances {
		ready = ready || i.State == "ready"
	}
	switch {
	case !ready && a.GapSince.IsZero() && a.Stable != 0:
		a.GapSince = now
	case ready && !a.GapSince.IsZero():
		a.GapMs += now.Sub(a.GapSince).Milliseconds()
		a.GapSince = time.Time{}
	}
}

func (a *App) evolveRoute(e events.Event) {
	switch d := e.Data.(type) {
	case events.RouteDeclared:
		a.Route.Generation, a.Route.Said, a.Route.Removed = d.Generation, d.Route, false
		a.Route.Cause = service.CauseOf(e)
	case events.RouteShifted:
		a.Route.Generation, a.Route.Said, a.Route.At = d.Generation, d.Route, e.At()
		a.Route.Cause = service.CauseOf(e)
	case events.RoutePaused:
		a.Route.Generation, a.Route.Held = d.Generation, true
	case events.RouteResumed:
		a.Route.Generation, a.Route.Held = d.Generation, false
	case events.RouteRemoved:
		a.Route.Generation, a.Route.Removed, a.Route.Said = d.Generation, true, events.Route{}
	case events.SettlementReached:
		if a.Route.Settled < a.Route.Generation && d.Generation >= a.Route.Generation {
			a.Route.SettledAt = e.At()
		}
		a.Route.Settled, a.Route.Pool = max(a.Route.Settled, d.Generation), max(a.Route.Pool, d.Pool)
	case events.PoolChanged:
		a.list(d)
	case events.EndpointDrained:
		if i := a.Instances[d.Endpoint.Endpoint]; i != nil {
			i.Drained = true
		}
	}
}

// list notes with which generation of the pool an endpoint came in.
func (a *App) list(d events.PoolChanged) {
	listed := make(map[string]bool, len(d.Endpoints))
	for _, p := range d.Endpoints {
		if p.Terminating || !p.Ready {
			continue
		}
		listed[p.Endpoint] = true
		if a.Pool[p.Endpoint] == 0 {
			a.Pool[p.Endpoint] = d.Generation
		}
	}
	for id := range a.Pool {
		if !listed[id] {
			delete(a.Pool, id)
		}
	}
}
