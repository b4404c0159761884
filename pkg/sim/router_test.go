package sim_test

import (
	"fmt"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/sim"
)

// router routes an app to each release that is offered, and gives up a release that
// is taken back: two entities, one key.
type router struct {
	App        string
	Offered    map[int]bool
	TakenBack  map[int]bool
	Superseded map[int]bool
	Shifted    map[int]bool
}

func routing() service.Service {
	decider := service.Decider[router, struct{}]{
		Owner: "deployer",
		New: func(app string) *router {
			return &router{App: app, Offered: map[int]bool{}, TakenBack: map[int]bool{}, Superseded: map[int]bool{}, Shifted: map[int]bool{}}
		},
		Guard: func(app string) string { return events.Guard("deployer", app, "") },
		Keys: func(e events.Event) []string {
			if e.App == "" {
				return nil
			}
			return []string{e.App}
		},
		Evolve: func(_ string, s *router, _ *struct{}, e events.Event) { s.evolve(e) },
		Decide: func(s *router, _ *struct{}, _ time.Time) service.Says { return s.decide() },
	}
	return service.Service{
		Name: "deployer", Version: 1,
		Hears: []events.Kind{events.K[events.EndpointRegistered](), events.K[events.EndpointRemoved]()},
		Says:  []events.Kind{events.K[events.RouteShifted](), events.K[events.ReleaseSuperseded]()},
		New:   func() []service.Machine { return []service.Machine{service.Of(decider)} },
	}
}

func (s *router) evolve(e events.Event) {
	switch d := e.Data.(type) {
	case events.EndpointRegistered:
		s.Offered[d.Release] = true
	case events.EndpointRemoved:
		s.TakenBack[d.Release] = true
	case events.ReleaseSuperseded:
		s.Superseded[d.Release] = true
	case events.RouteShifted:
		s.Shifted[d.Generation] = true
	}
}

func (s *router) decide() (say service.Says) {
	for _, r := range service.Sorted(s.TakenBack) {
		if !s.Superseded[r] {
			say.Because(service.Cause{}, "taken back").Fact(events.ReleaseSuperseded{OfRelease: events.OfRelease{App: s.App, Release: r}})
		}
	}
	for _, r := range service.Sorted(s.Offered) {
		if !s.Shifted[r] && !s.Superseded[r] && !s.TakenBack[r] {
			say.Because(service.Cause{}, "offered").Fact(events.RouteShifted{OfRoute: events.OfRoute{App: s.App, Generation: r}})
		}
	}
	return say
}

func endpoint(app string, release int) events.Endpoint {
	return events.Endpoint{App: app, Endpoint: fmt.Sprintf("%s-%d-a1", app, release), Release: release, Address: "127.0.0.1:1"}
}

// shiftedTooLate finds a route that was shifted to a release given up before.
func shiftedTooLate(log *sim.Log) error {
	gone := map[int]bool{}
	for seq := uint64(1); seq <= log.Len(); seq++ {
		switch d := log.At(seq).Data.(type) {
		case events.ReleaseSuperseded:
			gone[d.Release] = true
		case events.RouteShifted:
			if gone[d.Generation] {
				return fmt.Errorf("#%d shifts to release %d, which was superseded", seq, d.Generation)
			}
		}
	}
	return nil
}

// A guard per entity is not enough: a stale twin shifts a route to a release that the
// other has just superseded, since the two facts are of different entities.
func TestOneGuardPerKey(t *testing.T) {
	for name, perEntity := range map[string]bool{"per key": false, "per entity": true} {
		t.Run(name, func(t *testing.T) {
			log := sim.NewLog()
			if perEntity {
				log.PerEntity()
			}
			live, stale := service.NewCore(routing()), service.NewCore(routing())
			say := func(p events.Payload, n uint64) {
				e := sim.Fact(p, n, sim.Start)
				if _, err := log.Append(e.Guard(), log.Tail(e.Guard()), []events.Event{e}, sim.Start); err != nil {
					t.Fatal(err)
				}
			}
			say(events.EndpointRegistered{Endpoint: endpoint("web", 2)}, 1)
			late := decision(t, log, stale)
			say(events.EndpointRemoved{Endpoint: endpoint("web", 2)}, 2)
			now := decision(t, log, live)
			for _, a := range []service.Append{now, late} {
				_, _ = log.Append(a.Guard, a.Expected, a.Events, sim.Start)
			}
			if err := shiftedTooLate(log); (err != nil) != perEntity {
				t.Errorf("%d facts: %v", log.Len(), err)
			}
		})
	}
}

// decision is what a loop says after hearing all of a log.
func decision(t *testing.T, log *sim.Log, c *service.Core) service.Append {
	t.Helper()
	for seq := c.Position().Seq + 1; seq <= log.Len(); seq++ {
		c.Hear(log.At(seq))
	}
	c.CaughtUp(sim.Start)
	c.SignalsCaughtUp(sim.Start)
	c.HandsReady(sim.Start)
	says := c.Next(sim.Start).Appends
	if len(says) != 1 {
		t.Fatalf("%d decisions", len(says))
	}
	return says[0]
}
