package doctor

import (
	"strings"
	"testing"
	"time"

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

// TestCertificates: a gateway renews when a third of the life is left; one that ends soon
// has not been.
func TestCertificates(t *testing.T) {
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(app, host string) events.OfCertificate {
		return events.OfCertificate{App: app, Gateway: "gw1-a", Host: host}
	}
	obtained := func(app, host string, days int) events.Event {
		return events.Event{Data: events.CertificateObtained{OfCertificate: at(app, host), NotBefore: begin, NotAfter: begin.AddDate(0, 0, days)}}
	}
	failed := events.Event{Reason: "the authority refused", Data: events.CertificateFailed{OfCertificate: at("web", "a.example.com")}}
	for name, c := range map[string]struct {
		said   []events.Event
		day    int
		result string
		words  string
	}{
		"none":                   {nil, 0, Skip, "no gateway obtains any"},
		"all fresh":              {[]events.Event{obtained("web", "a.example.com", 90), obtained("web", "b.example.com", 60)}, 40, OK, "2 hosts, the first to end is b.example.com"},
		"not renewed":            {[]events.Event{obtained("web", "a.example.com", 90)}, 76, Warn, "no gateway has renewed it"},
		"cannot be renewed":      {[]events.Event{obtained("web", "a.example.com", 90), failed}, 76, Warn, "the authority refused"},
		"renewed after a fault":  {[]events.Event{failed, obtained("web", "a.example.com", 90)}, 10, OK, "1 host,"},
		"ended":                  {[]events.Event{obtained("web", "a.example.com", 90)}, 90, Fail, "ended at 2026-04-01"},
		"never obtained":         {[]events.Event{failed}, 0, Fail, "a.example.com has none: the authority refused"},
		"of an app without path": {[]events.Event{obtained("gone", "a.example.com", 90)}, 90, Skip, ""},
	} {
		r := told()
		for _, e := range c.said {
			r.fold(e)
		}
		if got := r.certificates(begin.AddDate(0, 0, c.day)); got.Result != c.result || !strings.Contains(got.Detail, c.words) || got.Result != OK && got.Result != Skip && got.Fix == "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
