package view

import (
	"testing"

	"slipway.dev/events"
)

// TestKey: of each thing one fact is the last, however often it went on.
func TestKey(t *testing.T) {
	s := newStory(t)
	s.serve()
	s.shift(2, events.RouteShare{Release: 1, ShareBp: 10_000})
	last := map[string]string{}
	hear := func(reason string, data events.Payload) {
		e := s.say(reason, data)
		last[Key(e)] = e.Kind.Happened + " " + e.Reason
	}
	hear("asked", events.AssignmentRequested{OfInstance: events.OfInstance{App: "shop", Instance: "shop-2-a1"}, Release: 2})
	hear("withdrawn from n1", events.AssignmentWithdrawn{OfInstance: instance("shop-2-a1")})
	hear("no room", events.PlacementBlocked{OfInstance: events.OfInstance{App: "shop", Instance: "shop-2-a1"}})
	hear("room", events.PlacementPlaced{OfInstance: instance("shop-2-a1")})
	for generation := 3; generation < 6; generation++ {
		hear("again", events.RouteShifted{OfRoute: events.OfRoute{App: "shop", Generation: generation}})
		hear("again", events.RoutingApplied{OfRouting: events.OfRouting{App: "shop", Gateway: "gw1-a", Generation: generation}})
	}
	hear("another", events.RoutingApplied{OfRouting: events.OfRouting{App: "shop", Gateway: "gw2-a", Generation: 3}})
	hear("one", events.ReleaseStarted{OfRelease: release(1)})
	hear("two", events.ReleaseStarted{OfRelease: release(2)})
	for key, want := range map[string]string{
		"assignment shop-2-a1": "withdrawn withdrawn from n1", "placement shop-2-a1": "placed room",
		"route shop": "shifted again", "routing shop gw1-a": "applied again", "routing shop gw2-a": "applied another",
		"release shop/1": "started one", "release shop/2": "started two",
	} {
		if last[key] != want {
			t.Errorf("%s: %q, want %q", key, last[key], want)
		}
		delete(last, key)
	}
	if len(last) > 0 {
		t.Errorf("keys nobody wants: %v", last)
	}
}
