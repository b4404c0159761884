package gateway

import (
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/script"
	"slipway.dev/pkg/service"
)

// TestScripts plays every sentence of testdata.
func TestScripts(t *testing.T) {
	script.Run(t, "testdata",
		func() service.Service {
			return Service(Config{Name: "gw1-a", Node: "n1", Addresses: []string{"127.0.0.1:8080"}}, nil)
		},
		script.Sense[Boot]("boot"), script.Sense[Beat]("beat"),
		script.Sense[Applied]("applied"), script.Sense[Refused]("refused"),
		script.Sense[Closed]("closed"), script.Sense[Drained]("drained"), script.Sense[Quiesced]("quiesced"),
		script.Sense[Judged]("judged"), script.Sense[Probed]("probed"),
		script.Sense[Opened]("opened"), script.Sense[Healthy]("healthy"),
		script.Sense[Leave]("leave"), script.Sense[Emptied]("emptied"),
		script.Sense[service.Standing]("standing"),
	)
}

// TestCountsInOneDecision lets an applied and two drains fall into one decision: what
// was counted stands in one of them.
func TestCountsInOneDecision(t *testing.T) {
	g := newGateway("gw1-a")
	now := time.Date(2026, 1, 5, 14, 0, 0, 0, time.UTC)
	g.sense(service.Signal{Data: Boot{Nonce: "n1"}}, now, events.LeaseTTL)
	g.evolve(events.Event{Place: "gw1-a", Data: events.GatewayJoined{OfGateway: events.OfGateway{Gateway: "gw1-a", Incarnation: 1}, Nonce: "n1"}})
	g.evolve(events.Event{Data: events.RouteShifted{OfRoute: events.OfRoute{App: "web", Generation: 1}}})
	for _, id := range []string{"web-6-a1", "web-6-b1"} {
		g.evolve(events.Event{Data: events.EndpointDraining{Endpoint: events.Endpoint{App: "web", Endpoint: id}}})
	}
	counted := Totals{{Release: 6, Requests: 30, Failures: 2}, {Release: 7, Requests: 12}}
	g.sense(service.Signal{Data: Applied{App: "web", Order: 3, Generation: 1, Idle: []string{"web-6-a1", "web-6-b1"}, Totals: counted}}, now, events.LeaseTTL)
	said := map[int]int64{}
	facts := g.decide(Config{}, now).Facts
	for _, f := range facts {
		var counts []events.ReleaseCount
		switch d := f.Data.(type) {
		case events.RoutingApplied:
			counts = d.Counts
		case events.TrafficDrained:
			counts = d.Counts
		}
		for _, c := range counts {
			said[c.Release] += c.Requests
		}
	}
	if len(facts) != 5 || said[6] != 30 || said[7] != 12 {
		t.Errorf("%d facts count %v, want 5 that count 30 and 12", len(facts), said)
	}
}

// What is wanted has been applied when both the route and the pool have: until then the
// gateway is not ready for anybody. A pool that begins to count anew is a new list, and
// applying it is no step back.
func TestSettledIsOfRouteAndPool(t *testing.T) {
	a := &App{Generation: 3, Pool: 7, Drains: map[string]*Drain{}, Counted: map[int]Count{}}
	for _, c := range []struct {
		generation, pool int
		want             bool
	}{{3, 7, true}, {3, 6, false}, {2, 7, false}} {
		if a.Said = (Said{Generation: c.generation, Pool: c.pool}); a.settled() != c.want {
			t.Errorf("route %d, pool %d: settled %t", c.generation, c.pool, !c.want)
		}
	}
	a.Said = Said{Generation: 3, Pool: 7}
	a.pool(events.PoolChanged{OfGeneration: events.OfGeneration{App: "web", Generation: 1}}, events.Event{})
	a.applied(events.RoutingApplied{OfRouting: events.OfRouting{App: "web", Generation: 3}, Pool: 1}, events.Event{})
	if a.Back != "" || !a.settled() {
		t.Errorf("a new list: %q, settled %t", a.Back, a.settled())
	}
}
