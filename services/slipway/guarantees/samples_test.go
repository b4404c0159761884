package guarantees

import (
	"testing"
	"time"

	"slipway.dev/events"
)

const (
	failedHere = "app=web,release=1,class=5xx,cause=gateway"
	wellHere   = "app=web,release=1,class=2xx,cause=backend"
)

// switched is a switch of ten seconds, during which a gateway counts.
func (s *story) switched(during func()) {
	s.after(10*time.Second, events.ReleasePlanned{OfRelease: release(2), From: 1, Strategy: events.Rolling})
	during()
	s.after(10*time.Second, events.ReleaseCompleted{OfRelease: release(2), Requests: 100})
}

// What a gateway's counters mean depends on what was heard of it before.
func TestWhatIsCountedWhileAGatewayComesAndGoes(t *testing.T) {
	counted := func(well, failed float64) map[string]map[string]float64 {
		return map[string]map[string]float64{answered: {wellHere: well, failedHere: failed}}
	}
	for what, c := range map[string]struct {
		told func(*story)
		lost float64
	}{
		"one that is heard in the midst of its life lost nothing by it": {func(s *story) {
			s.now = s.now.Add(2 * time.Second)
			s.countsIn("00000003", 40, counted(500, 7))
			s.now = s.now.Add(time.Second)
			s.countsIn("00000003", 41, counted(600, 7))
		}, 0},
		"one whose first failure ever comes after all it had was told": {func(s *story) {
			for n := range 70 {
				s.now = s.now.Add(time.Second)
				s.countsIn("00000003", uint64(40+n), map[string]map[string]float64{answered: {wellHere: float64(500 + n)}})
			}
			s.now = s.now.Add(time.Second)
			s.countsIn("00000003", 110, counted(570, 3))
		}, 3},
		"one that begins anew counts from nothing": {func(s *story) {
			s.now = s.now.Add(2 * time.Second)
			s.countsIn("00000002", 1, counted(100, 3))
		}, 3},
	} {
		t.Run(what, func(t *testing.T) {
			s := tell(t, Options{})
			s.counts(1, counted(5000, 90))
			s.switched(func() { c.told(s) })
			g := s.of(switchLost)
			if holds, known := g.Holds.Known(); !known || holds != (c.lost == 0) || g.Measured.Value != c.lost {
				t.Errorf("%+v %+v", g, g.Measured)
			}
		})
	}
}

// A canary of several shares is to get the sum of what each of them gives it.
func TestACanaryOfSeveralShares(t *testing.T) {
	for got, beyond := range map[float64]float64{400: 0, 550: 0, 551: 1} {
		s := tell(t, Options{})
		for generation, bp := range map[int]int{4: 500, 5: 5000} {
			s.after(0, events.RouteShifted{OfRoute: events.OfRoute{App: "web", Generation: generation}, Route: events.Route{
				Shares: []events.RouteShare{{Release: 1, ShareBp: fullBp - bp}, {Release: 2, ShareBp: bp}},
			}})
		}
		for n := range 2 {
			s.now = s.now.Add(time.Second)
			s.counts(uint64(n+1), map[string]map[string]float64{
				splitOf:  {"app=web,release=2,generation=4": 1000, "app=web,release=2,generation=5": float64(999 + n)},
				answered: {"app=web,release=2,class=2xx,cause=backend": got},
			})
		}
		g := s.of(canaryShare)
		if holds, known := g.Holds.Known(); !known || holds != (beyond == 0) || g.Measured.Value != beyond {
			t.Errorf("%g of 550: %t, %+v, want %g beyond", got, holds, g.Measured, beyond)
		}
	}
}

// A gateway that applied an older pool does not serve what came after it.
func TestAnOlderPoolServesNobodyNew(t *testing.T) {
	s := tell(t, Options{})
	applied := func(pool int) events.RoutingApplied {
		return events.RoutingApplied{OfRouting: events.OfRouting{App: "web", Gateway: "gw1-a", Generation: 1}, Pool: pool}
	}
	s.after(0, applied(1), events.EndpointAvailable{Endpoint: events.Endpoint{App: "web", Endpoint: "web-1-a1"}},
		events.PoolChanged{OfGeneration: events.OfGeneration{App: "web", Generation: 2}, Endpoints: []events.PoolEndpoint{{Endpoint: "web-1-a1", Ready: true}}})
	s.after(10*milli, applied(1))
	s.after(290*milli, applied(2))
	if g := s.of(routable); g.Samples != 1 || g.Measured.Value != 300 {
		t.Errorf("%+v %+v, want 300 ms", g, g.Measured)
	} else if _, known := g.Holds.Known(); known {
		t.Error("a verdict of a percentile by one sample")
	}
}

// Each instance of a lost node has one that stands in for it; a third is nobody's.
func TestEachLossIsReplacedOnce(t *testing.T) {
	s := tell(t, Options{})
	s.runs("web-1-a1", 1)
	s.runs("web-1-a2", 1)
	lease := events.Lease{OfHolder: events.OfHolder{Holder: "node-n1"}, Kind: "node", Name: "n1"}
	s.after(20*time.Second, events.LeaseLapsed{Lease: lease, SilentMs: 3000})
	for _, id := range []string{"web-1-a1", "web-1-a2"} {
		s.after(time.Second, events.PlacementEvacuated{OfInstance: instance(id), Cause: events.EvacuationLost})
	}
	for _, id := range []string{"web-1-b1", "web-1-b2", "web-1-a3"} {
		s.after(time.Second, events.PlacementPlaced{OfInstance: events.OfInstance{App: "web", Node: "n2", Instance: id}, Release: 1})
	}
	if g := s.of(nodeReplaced); g.Samples != 2 || g.Measured.Value != 7000 {
		t.Errorf("%+v %+v, want two, the later after 7 s", g, g.Measured)
	}
}

// While the brake is on nobody's silence is late.
func TestSilenceWhileTheBrakeIsOn(t *testing.T) {
	s := tell(t, Options{})
	lease := events.Lease{OfHolder: events.OfHolder{Holder: "node-n1"}, Kind: "node", Name: "n1"}
	s.after(0, events.BrakeEngaged{Scope: "fleet", Silent: 3, Of: 3})
	s.after(time.Minute, events.LeaseLapsed{Lease: lease, SilentMs: 60_000})
	if g := s.of(silence); g.Samples != 0 {
		t.Errorf("%+v", g)
	}
}

// Of any number of values the percentile is the least that 99 of 100 of them keep.
func TestPercentile(t *testing.T) {
	for n, want := range map[int]float64{1: 1, 100: 99, 101: 100, 150: 149, 200: 198} {
		var values []float64
		for v := n; v > 0; v-- {
			values = append(values, float64(v))
		}
		if got := percentile(values); got != want {
			t.Errorf("of 1 to %d: %g, want %g", n, got, want)
		}
	}
}
