package service_test

import (
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// watched is a holder whose silence is judged.
type watched struct {
	Lease events.Lease
	Gone  bool // said to have lapsed

	heard service.Soft[time.Time]
}

func watcherOf() service.Machine {
	silent := func(s *watched) time.Time { return s.heard.Get().Add(events.LeaseTTL) }
	return service.Of(service.Decider[watched, struct{}]{
		Owner: "registry",
		New:   func(string) *watched { return &watched{} },
		Guard: func(holder string) string { return events.Guard("registry", "", holder) },
		Keys: func(e events.Event) []string {
			if e.Kind.Entity == "lease" || e.Kind.Entity == "letter" {
				return []string{e.Place}
			}
			return []string{"node-" + e.Place}
		},
		Touches: func(s service.Signal) []string {
			if h, ok := s.Data.(service.Heard); ok {
				return []string{h.Kind + "-" + h.Holder}
			}
			return nil
		},
		Evolve: func(_ string, s *watched, _ *struct{}, e events.Event) {
			switch d := e.Data.(type) {
			case events.NodeJoined:
				s.Lease = events.Lease{OfHolder: events.OfHolder{Holder: "node-" + d.Node}, Kind: "node", Name: d.Node, Incarnation: d.Incarnation}
			case events.LeaseLapsed:
				s.Gone = true
			}
		},
		Sense: func(s *watched, _ *struct{}, sig service.Signal, now time.Time) { *s.heard.Get() = now },
		Decide: func(s *watched, _ *struct{}, now time.Time) (say service.Says) {
			if s.Lease.Name != "" && !s.Gone && now.After(silent(s)) {
				say.Because(service.Cause{}, "silent").Fact(events.LeaseLapsed{Lease: s.Lease})
			}
			return say
		},
		Due: func(s *watched, _ *struct{}, after time.Time) time.Time {
			return service.First(after, silent(s).Add(time.Millisecond))
		},
	})
}

func watching() service.Service {
	return service.Service{
		Name: "registry", Version: 1,
		Hears:  []events.Kind{events.K[events.NodeJoined]()},
		Says:   []events.Kind{events.K[events.LeaseLapsed]()},
		Leases: []string{"slipway.lease.>"},
		New:    func() []service.Machine { return []service.Machine{watcherOf()} },
	}
}
