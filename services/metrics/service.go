package metrics

import (
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// Owner is who speaks.
const Owner = "metrics"

const (
	key  = "load"
	fold = 1 // raised whenever Evolve or a state's shape changes
)

// Subjects of what it listens to, and reads back after a start.
var (
	Samples = []string{"slipway.telemetry.gateway.*.samples", "slipway.telemetry.node.*.samples"}
	Windows = "slipway.telemetry.metrics.load.*"
)

// Service declares metrics; nil hands are for readers.
func Service(hands service.Driver) service.Service {
	return service.Service{
		Name: Owner, Version: fold,
		Hears: []events.Kind{
			events.K[events.GatewayJoined](), events.K[events.GatewayLeft](),
			events.K[events.LeaseGranted](), events.K[events.LeaseResumed](), events.K[events.LeaseLapsed](),
			events.K[events.PoolChanged](), events.K[events.ReleasePlanned](), events.K[events.RouteShifted](), events.K[events.AppRetired](),
		},
		Telemetry: append([]string{Windows}, Samples...),
		New:       func() []service.Machine { return []service.Machine{service.Of(decider())} },
		Driver:    hands,
	}
}

func decider() service.Decider[State, struct{}] {
	return service.Decider[State, struct{}]{
		Owner:   Owner,
		New:     newState,
		Guard:   func(string) string { return events.Guard(Owner, "", "") },
		Keys:    keys,
		Touches: touches,
		Evolve:  func(_ string, s *State, _ *struct{}, e events.Event) { s.evolve(e) },
		Sense:   func(s *State, _ *struct{}, sig service.Signal, now time.Time) { s.sense(sig, now) },
		Decide:  func(s *State, _ *struct{}, now time.Time) service.Says { return s.decide(now) },
		Acts:    func(s *State, _ *struct{}) []service.Act { return s.acts() },
		Due:     func(s *State, _ *struct{}, after time.Time) time.Time { return s.due(after) },
		Check:   func(s *State, _ *struct{}) error { return s.check() },
	}
}

// keys: there is one key.
func keys(e events.Event) []string {
	if e.Kind.IsWish() || e.Kind.Owner == Owner {
		return nil
	}
	return []string{key}
}
