package registry

import (
	"slices"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// Pool is an app as the registry knows it.
type Pool struct {
	App        string                `json:"app"`
	Endpoints  map[string]*Endpoint  `json:"endpoints"` // by instance, until removed
	Early      map[string]Withdrawal `json:"early"`     // withdrawn before they started
	Route      int                   `json:"route"`     // generation; 0: none
	Routed     bool                  `json:"routed"`    // gateways have a way in for it
	Generation int                   `json:"generation"`
	Listed     []events.PoolEndpoint `json:"listed"`  // the live list as last said
	Applied    map[string]Applied    `json:"applied"` // by gateway, of its live incarnation
	Settled    Applied               `json:"settled"`
	Brake      Brake                 `json:"brake"`
	Owned      bool                  `json:"owned,omitempty"`    // the deployer declared it
	External   bool                  `json:"external,omitempty"` // its app file takes endpoints from outside
	DrainMs    int64                 `json:"drainMs,omitempty"`  // its app file's
	Inbox      service.Inbox         `json:"inbox"`              // evictions, offers
	Last       service.Cause         `json:"last"`
	Wrong      string                `json:"wrong,omitempty"` // what Check found when it was said
}

// Applied is the route and pool generation somebody serves by.
type Applied struct {
	Route int `json:"route"`
	Pool  int `json:"pool"`
}

// Withdrawal is what an app no longer wants.
type Withdrawal struct {
	DrainMs int64  `json:"drainMs"`
	Why     string `json:"why"`
}

func newPool(app string) *Pool {
	return &Pool{App: app, Endpoints: map[string]*Endpoint{}, Early: map[string]Withdrawal{}, Applied: map[string]Applied{}}
}

// poolKeys tells whom a fact or wish concerns: its app, or every app if it is about a
// node, a gateway, a lease or the fleet's brake.
func poolKeys(e events.Event) []string {
	switch {
	case e.App != "":
		return []string{e.App}
	case e.Kind.IsWish():
		return nil
	case slices.Contains([]string{"node", "gateway", "lease", "brake"}, e.Kind.Entity):
		return []string{service.All}
	}
	return nil
}

// evolve folds a fact. What concerns an endpoint nobody knows changes nothing.
func (s *Pool) evolve(f *Fleet, e events.Event, cfg Config) {
	switch d := e.Data.(type) {
	case events.InstanceStarted:
		s.started(d, e)
	case events.InstanceReady:
		s.with(d.Instance, e, func(x *Endpoint) { x.Ready, x.ReadyBoot = true, max(x.ReadyBoot, d.Boot) })
	case events.InstanceUnready:
		s.with(d.Instance, e, func(x *Endpoint) { x.Ready = false })
	case events.InstanceExited:
		s.with(d.Instance, e, func(x *Endpoint) { x.Ready, x.Dead = false, true })
	case events.InstanceFailed:
		s.ended(d.Instance, e, "failed", true)
	case events.InstanceCompleted:
		s.ended(d.Instance, e, "completed", true)
	case events.InstanceStopped:
		s.ended(d.Instance, e, "stopped", false)
	case events.PlacementEvacuated:
		s.ended(d.Instance, e, "evacuated, its node is lost", true)
	case events.PlacementCancelled:
		delete(s.Early, d.Instance)
	case events.AssignmentWithdrawn:
		s.withdrawn(d, e)
	case events.AppDeclared:
		s.owned(true, d.Document, e)
	case events.AppRetired:
		s.owned(false, events.Document{}, e)
	default:
		s.evolveRouting(f, e, cfg)
	}
}

func (s *Pool) evolveRouting(f *Fleet, e events.Event, cfg Config) {
	switch d := e.Data.(type) {
	case events.RouteDeclared:
		s.route(d.Generation, true, e)
	case events.RouteShifted:
		s.route(d.Generation, true, e)
	case events.RoutePaused:
		s.route(d.Generation, true, e)
	case events.RouteResumed:
		s.route(d.Generation, true, e)
	case events.RouteRemoved:
		s.route(d.Generation, false, e)
	case events.GatewayJoined:
		delete(s.Applied, d.Gateway) // a new incarnation has applied nothing
	case events.GatewayLeft:
		delete(s.Applied, d.Gateway)
	case events.RoutingApplied:
		s.Applied[d.Gateway], s.Last = Applied{d.Generation, d.Pool}, service.CauseOf(e)
	case events.BreakerClosed:
		s.probe(f, d.OfTraffic, true, e)
	case events.BreakerOpened:
		s.probe(f, d.OfTraffic, false, e)
	case events.TrafficCut:
		s.let(d.OfTraffic, e, func(x *Endpoint) { x.Cut[d.Gateway] = d.Requests + d.Streams })
	case events.TrafficDrained:
		s.let(d.OfTraffic, e, func(x *Endpoint) { x.Drained[d.Gateway] = max(d.Cut, x.Cut[d.Gateway]) })
	default:
		s.evolveOwn(f, e, cfg)
	}
}

// evolveOwn hears its own voice.
func (s *Pool) evolveOwn(f *Fleet, e events.Event, cfg Config) {
	if e.Kind.Owner == Owner && e.App != "" {
		s.Inbox.Fold(e)
	}
	switch d := e.Data.(type) {
	case events.EndpointRegistered:
		if isOutside(d.Endpoint) {
			s.offered(d.Endpoint, e)
			return
		}
		s.said(d.Endpoint, registered, e)
	case events.EndpointRefused:
		if e.Wish.IsZero() { // a wish that was refused changes nothing
			s.said(d.Endpoint, refused, e)
		}
	case events.EndpointAvailable:
		s.said(d.Endpoint, available, e)
	case events.EndpointUnavailable:
		s.said(d.Endpoint, unavailable, e)
	case events.EndpointDraining:
		s.leaves(d.Endpoint, d.DrainMs, e)
		s.said(d.Endpoint, draining, e)
	case events.EndpointDrained:
		s.wrong(s.drainedWithout(f, d, e, cfg))
		s.leaves(d.Endpoint, 0, e)
		s.said(d.Endpoint, drained, e)
	case events.EndpointRemoved:
		s.removed(d.Endpoint, e)
	case events.PoolChanged:
		s.wrong(s.misnumbered(d))
		s.Generation, s.Listed = d.Generation, d.Endpoints
		s.suspects(d.Endpoints, e)
	case events.SettlementReached:
		s.wrong(s.unsettled(d))
		s.Settled = Applied{d.Generation, d.Pool}
	case events.BrakeEngaged:
		if e.App != "" {
			s.Brake.engage(e)
		}
	case events.BrakeReleased:
		if e.App != "" {
			s.Brake.release(d, e)
		}
	}
}

func (s *Pool) with(instance string, e events.Event, change func(*Endpoint)) {
	if x := s.Endpoints[instance]; x != nil {
		change(x)
		x.Last, s.Last = service.CauseOf(e), service.CauseOf(e)
	}
}

// let folds what a gateway says of an endpoint that drains.
func (s *Pool) let(of events.OfTraffic, e events.Event, change func(*Endpoint)) {
	if x := s.Endpoints[of.Endpoint]; x != nil && x.State == draining {
		s.with(of.Endpoint, e, change)
	}
}

// started begins an endpoint, or gives one that starts again its new address. An
// instance without an address is no endpoint.
func (s *Pool) started(d events.InstanceStarted, e events.Event) {
	if d.Address == "" {
		return
	}
	x := s.Endpoints[d.Instance]
	if x == nil {
		x = newEndpoint()
		s.Endpoints[d.Instance] = x
	}
	if x.Outside {
		return // no offer has an instance's name
	}
	if w, ok := s.Early[d.Instance]; ok {
		delete(s.Early, d.Instance)
		x.Withdrawn, x.Withdrawal = true, w
	}
	x.Node, x.Release, x.Address, x.Ports = d.Node, d.Release, d.Address, d.Addresses
	x.Ready, x.Dead, x.Ended, x.Last = false, false, false, service.CauseOf(e)
	s.Last = x.Last
}

// ended folds the end of an instance; only one that was merely stopped may start again.
func (s *Pool) ended(instance string, e events.Event, why string, final bool) {
	delete(s.Early, instance)
	s.with(instance, e, func(x *Endpoint) {
		x.Ready, x.Dead, x.Ended = false, true, true
		if !x.Withdrawn {
			x.Withdrawn, x.Withdrawal = final, Withdrawal{Why: why}
		}
	})
}

func (s *Pool) withdrawn(d events.AssignmentWithdrawn, e events.Event) {
	w := Withdrawal{DrainMs: d.DrainMs, Why: "withdrawn, " + d.Cause}
	if s.Endpoints[d.Instance] == nil {
		if d.Node != "" {
			s.Early[d.Instance] = w
		}
		return
	}
	s.with(d.Instance, e, func(x *Endpoint) {
		if !x.Withdrawn {
			x.Withdrawn, x.Withdrawal = true, w
		}
	})
}

func (s *Pool) route(generation int, routed bool, e events.Event) {
	if generation < s.Route {
		return // generations rise; this one was overtaken
	}
	s.Route, s.Routed, s.Last = generation, routed, service.CauseOf(e)
	for _, x := range s.Endpoints {
		x.Reached = x.Reached || routed && x.State == available
	}
}

func (s *Pool) said(r events.Endpoint, state string, e events.Event) {
	x := s.Endpoints[r.Endpoint]
	if x == nil {
		return
	}
	x.Said, x.State, x.SaidAt, x.Last = r, state, e.Time, service.CauseOf(e)
	s.Last = x.Last
	switch state {
	case available:
		x.Reached = x.Reached || s.Routed
	case draining:
		x.DrainingAt, x.Drained, x.Cut = e.Pos, map[string]int{}, map[string]int{}
	}
}

func (s *Pool) wrong(why string) {
	if why != "" && s.Wrong == "" {
		s.Wrong = why
	}
}

// gone tells that an app was never more than heard of. Whoever had a list keeps its
// number, so that no generation comes twice.
func (s *Pool) gone() bool {
	return !s.Owned && len(s.Endpoints) == 0 && len(s.Early) == 0 && s.Generation == 0 && s.Route == 0 && s.Inbox.Answered.IsZero()
}

func (s *Pool) sense(f *Fleet, sig service.Signal, now time.Time) {
	switch d := sig.Data.(type) {
	case service.Heard:
		f.hear(d, now)
	case service.Gap:
		f.gap(now)
	}
	if sig.Wish != nil {
		s.Inbox.Hear(*sig.Wish)
	}
}
