package longlog

import (
	"cmp"
	"slices"

	"slipway.dev/events"
)

// list says the app's whole live list; those that go are on their way out.
func (a *app) list(because events.Event, stay, leaving []instance) events.Event {
	a.pool++
	lines := []events.PoolEndpoint{}
	for _, x := range stay {
		lines = append(lines, events.PoolEndpoint{Endpoint: x.Instance, Release: x.release, Node: x.Node, Address: x.address, Weight: 100, Ready: true, Serving: true})
	}
	for _, x := range leaving {
		lines = append(lines, events.PoolEndpoint{Endpoint: x.Instance, Release: x.release, Node: x.Node, Address: x.address, Weight: 100, Serving: true, Terminating: true, DrainMs: 10_000})
	}
	slices.SortFunc(lines, func(x, y events.PoolEndpoint) int { return cmp.Compare(x.Endpoint, y.Endpoint) })
	return a.say(because, "its endpoints changed", events.PoolChanged{OfGeneration: events.OfGeneration{App: a.name, Generation: a.pool}, Endpoints: lines})
}

// shift gives all requests to the present release.
func (a *app) shift(because events.Event) events.Event {
	a.route++
	of := events.OfRoute{App: a.name, Generation: a.route}
	return a.say(because, "its instances are listed", events.RouteShifted{OfRoute: of, Route: events.Route{
		Rules: []events.RouteRule{{Host: a.name + ".localhost", Path: "/"}}, Shares: []events.RouteShare{{Release: a.release, ShareBp: fullBp}},
		MeshPort: a.mesh,
	}})
}

// settle lets the gateway apply route and pool.
func (a *app) settle(because events.Event) events.Event {
	applied := a.say(because, "table swapped", events.RoutingApplied{
		OfRouting: events.OfRouting{App: a.name, Gateway: gateway, Generation: a.route}, Pool: a.pool,
		Counts: []events.ReleaseCount{{Release: max(a.stable, 1), Requests: 1000}},
	})
	return a.say(applied, "1 of 1 gateways applied it", events.SettlementReached{
		OfGeneration: events.OfGeneration{App: a.name, Generation: a.route}, Pool: a.pool, Gateways: []string{gateway},
	})
}

// end takes instances away without cutting a request.
func (a *app) end(because events.Event, old []instance, why string) {
	for i, x := range old {
		withdrawn := a.say(because, why, events.AssignmentWithdrawn{OfInstance: x.OfInstance, Cause: why, DrainMs: 10_000, StopByMs: a.now.UnixMilli() + 20_000})
		old[i].said = a.say(withdrawn, why, events.EndpointDraining{Endpoint: a.endpoint(x, events.EndpointConditions{Serving: true, Terminating: true}), DrainMs: 10_000})
	}
	if len(old) == 0 {
		return
	}
	a.settle(a.list(old[0].said, a.live, old))
	for _, x := range old {
		empty := a.say(x.said, "nothing in flight", events.TrafficDrained{OfTraffic: events.OfTraffic{App: a.name, Gateway: gateway, Endpoint: x.Instance}})
		drained := a.say(empty, "1 of 1 gateways let it go", events.EndpointDrained{Endpoint: a.endpoint(x, events.EndpointConditions{Terminating: true}), Gateways: []string{gateway}})
		stopping := a.say(drained, "drained", events.InstanceStopping{OfInstance: x.OfInstance, Signal: "TERM", GraceMs: 10_000, Drained: true})
		stopped := a.say(stopping, "ended by itself", events.InstanceStopped{OfInstance: x.OfInstance, TookMs: 4})
		a.say(stopped, "it stopped", events.EndpointRemoved{Endpoint: a.endpoint(x, events.EndpointConditions{Terminating: true})})
	}
	a.settle(a.list(old[0].said, a.live, nil))
}

// retire takes the app away; nothing of it runs on.
func (a *app) retire() {
	retired := a.say(events.Event{}, "by person:alice", events.AppRetired{OfApp: events.OfApp{App: a.name}})
	a.route++
	a.say(retired, "retired", events.RouteRemoved{OfRoute: events.OfRoute{App: a.name, Generation: a.route}})
	old := a.live
	a.live = nil
	a.end(retired, old, "retired")
}
