package metrics

import (
	"slices"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/metrics/window"
)

// heardOf is the state after some facts.
func heardOf(facts ...events.Payload) *State {
	s := newState(key)
	for _, p := range facts {
		s.evolve(events.Event{Kind: events.KindOf(p), Data: p})
	}
	return s
}

func leaseOf(boot int) events.Lease {
	return events.Lease{OfHolder: events.OfHolder{Holder: "gateway-gw1-a"}, Kind: window.KindGateway, Name: "gw1-a", Incarnation: boot}
}

func joined(boot int) events.GatewayJoined {
	return events.GatewayJoined{OfGateway: events.OfGateway{Gateway: "gw1-a", Incarnation: boot}}
}

// Who must report is who joined and whose lease holds; what is said of an earlier life,
// or of a node of the same name, says nothing of it.
func TestWhoMustReport(t *testing.T) {
	node := leaseOf(2)
	node.Kind = window.KindNode
	for what, c := range map[string]struct {
		facts []events.Payload
		live  bool
	}{
		"one that joined":               {[]events.Payload{joined(1)}, true},
		"one that lapsed":               {[]events.Payload{joined(1), events.LeaseLapsed{Lease: leaseOf(1)}}, false},
		"one that came back":            {[]events.Payload{joined(1), events.LeaseLapsed{Lease: leaseOf(1)}, events.LeaseResumed{Lease: leaseOf(1)}}, true},
		"one that joined anew":          {[]events.Payload{joined(1), events.LeaseLapsed{Lease: leaseOf(1)}, joined(2)}, true},
		"one whose earlier life lapsed": {[]events.Payload{joined(1), joined(2), events.LeaseLapsed{Lease: leaseOf(1)}}, true},
		"one named like a lost node":    {[]events.Payload{joined(2), events.LeaseLapsed{Lease: node}}, true},
		"one that left":                 {[]events.Payload{joined(1), events.GatewayLeft{OfGateway: events.OfGateway{Gateway: "gw1-a", Incarnation: 1}}}, false},
	} {
		if live := heardOf(c.facts...).live(); (len(live) == 1) != c.live {
			t.Errorf("%s: live are %v", what, live)
		}
	}
}

// What is ready serves and is not on its way out; an app's limits count before what is
// reserved, each for itself; of equal shares the stable release is the main one.
func TestWhatThereIsToMeasure(t *testing.T) {
	of := events.OfRelease{App: "web", Release: 7}
	limited := events.ReleasePlanned{OfRelease: of}
	limited.Spec.Resources, limited.Spec.Limits.MemoryBytes = events.Resources{CPUMilli: 100, MemoryBytes: 1000}, 2000
	s := heardOf(limited, events.PoolChanged{OfGeneration: events.OfGeneration{App: "web", Generation: 1}, Endpoints: []events.PoolEndpoint{
		{Endpoint: "web-7-a1", Release: 7, Ready: true}, {Endpoint: "web-7-a2", Release: 7, Ready: true, Terminating: true}, {Endpoint: "web-7-a3", Release: 7},
	}}, events.RouteShifted{OfRoute: events.OfRoute{App: "web", Generation: 1}, Route: events.Route{Shares: []events.RouteShare{{Release: 7, ShareBp: 5000}, {Release: 8, ShareBp: 5000}}}})
	if r := *s.Apps["web"].Releases[7]; r != (window.Release{Listed: true, Ready: 1, CPUMilli: 100, MemoryBytes: 2000}) {
		t.Errorf("%+v", r)
	}
	if s.Apps["web"].Main != 7 {
		t.Errorf("the main one is %d", s.Apps["web"].Main)
	}
}

// Windows are given to the hands an act at a time: another act's end is not this one's,
// and what waited too long is given up and counted.
func TestWindowsAreGivenInOrder(t *testing.T) {
	now := time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	s := newState(key)
	m := s.heard()
	wait := func(n int, to time.Time) {
		for range n {
			m.waiting = append(m.waiting, events.Load{App: "web", Release: 7, From: to.Add(-time.Second), To: to})
		}
	}
	wait(MaxGiven+1, now)
	s.decide(now)
	first := s.acts()
	if len(first) != 1 || len(first[0].Data.(Publish).Windows) != MaxGiven {
		t.Fatalf("%d acts", len(first))
	}
	s.sense(service.Signal{Data: Published{"load/of an earlier life"}}, now)
	s.decide(now)
	if again := s.acts(); again[0].ID != first[0].ID {
		t.Fatalf("%s is given while %s is on its way", again[0].ID, first[0].ID)
	}
	wait(1, now.Add(2*Stale))
	s.sense(service.Signal{Data: Published{first[0].ID}}, now)
	s.decide(now.Add(2 * Stale))
	p := s.acts()[0].Data.(Publish)
	if len(p.Windows) != 1 || !slices.ContainsFunc(p.Windows, func(l events.Load) bool { return l.To.After(now) }) || p.Lost.Dropped != 1 {
		t.Errorf("%d windows, %d dropped", len(p.Windows), p.Lost.Dropped)
	}
}
