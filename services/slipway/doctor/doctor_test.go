package doctor

import (
	"strings"
	"testing"

	"slipway.dev/events"
)

func told() *reading {
	r := &reading{node: map[string]*nodeIs{}, gateway: map[string]bool{}, route: map[string]int{}, applied: map[string]map[string]int{}}
	for _, d := range []events.Payload{
		events.NodeJoined{OfNode: events.OfNode{Node: "n1"}, NodeDescription: events.NodeDescription{Drivers: []string{"process"}}},
		events.GatewayJoined{OfGateway: events.OfGateway{Gateway: "gw1-a"}},
		events.RouteDeclared{OfRoute: events.OfRoute{App: "web", Generation: 1}},
		events.RoutingApplied{OfRouting: events.OfRouting{App: "web", Gateway: "gw1-a", Generation: 1}},
	} {
		r.fold(events.Event{Data: d})
	}
	return r
}

// A node that was given up is missed no more, unless it has come back since.
func TestANodeThatWasGivenUp(t *testing.T) {
	lapsed := events.Event{Data: events.LeaseLapsed{Lease: events.Lease{Kind: "node", Name: "n2"}}}
	removed := events.Event{Data: events.EvacuationFinished{OfEvacuation: events.OfEvacuation{Node: "n2"}, Cause: events.EvacuationRemoval}, Pos: events.Position{Era: 1, Seq: 9}}
	for joined, result := range map[uint64]string{3: OK, 12: Fail} {
		r := told()
		r.fold(events.Event{Data: events.NodeJoined{OfNode: events.OfNode{Node: "n2"}}, Pos: events.Position{Era: 1, Seq: joined}})
		r.fold(lapsed)
		r.fold(removed)
		if c := r.nodes(); c.Result != result {
			t.Errorf("joined at %d: %s %s, want %s", joined, c.Result, c.Detail, result)
		}
	}
}

func TestWhatTheLogSaysOfTheFleet(t *testing.T) {
	for _, c := range []struct {
		name   string
		then   events.Payload
		look   func(*reading) Check
		result string
		words  string
	}{
		{"nodes", nil, (*reading).nodes, OK, "n1"},
		{"nodes", events.LeaseLapsed{Lease: events.Lease{Kind: "node", Name: "n1"}}, (*reading).nodes, Fail, "n1 is silent"},
		{"nodes", events.NodeLeft{OfNode: events.OfNode{Node: "n1"}}, (*reading).nodes, Fail, "no node"},
		{"drivers", nil, (*reading).drivers, OK, "n1: process"},
		{"gateway", nil, (*reading).gateways, OK, "1 route applied"},
		{"gateway", events.RouteShifted{OfRoute: events.OfRoute{App: "web", Generation: 2}}, (*reading).gateways, Fail, "route 1, the newest is 2"},
		{"gateway", events.LeaseLapsed{Lease: events.Lease{Kind: "gateway", Name: "gw1-a"}}, (*reading).gateways, Fail, "gw1-a is silent"},
	} {
		r := told()
		if c.then != nil {
			r.fold(events.Event{Data: c.then})
		}
		if got := c.look(r); got.Result != c.result || !strings.Contains(got.Detail, c.words) || got.Result == Fail && got.Fix == "" {
			t.Errorf("%s after %T: %+v", c.name, c.then, got)
		}
	}
}

func TestAVariableThatMeansNothingIsAWarning(t *testing.T) {
	known := []string{"SLIPWAY_CONTEXT", "SLIPWAY_DATA"}
	if c := environment([]string{"SLIPWAY_CONTEXT=dev", "HOME=/"}, known); c.Result != OK {
		t.Errorf("%+v", c)
	}
	if c := environment([]string{"SLIPWAY_CONTEX=dev"}, known); c.Result != Warn || !strings.Contains(c.Fix, "SLIPWAY_CONTEXT") {
		t.Errorf("%+v", c)
	}
}

func TestServicesAreSilentOrLate(t *testing.T) {
	head := events.Position{Era: 1, Seq: 10}
	for _, c := range []struct {
		heads  map[string]uint64
		result string
	}{
		{map[string]uint64{"deployer": 10, "registry": 12}, OK},
		{map[string]uint64{"deployer": 9, "registry": 12}, Fail},
		{map[string]uint64{"registry": 12}, Fail},
	} {
		l := leases{heads: c.heads}
		if got := l.services(head); got.Result != c.result || l.caughtUp(head) != (c.result == OK) {
			t.Errorf("%v: %+v", c.heads, got)
		}
	}
}
