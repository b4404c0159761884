package provisioner

import (
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// Owner is who speaks.
const Owner = "provisioner"

const (
	key  = "cluster"
	fold = 1 // raised whenever Evolve or a state's shape changes
)

// What an integration is given on the server.
const (
	MaxAckPending = 100                 // messages that may wait for their acknowledgement at once
	idleAfter     = 30 * 24 * time.Hour // then nobody reads it any more and it is swept
)

// DefaultHold is how long everybody must have read a level before it is written: time
// enough to go back to the binary before.
const DefaultHold = 10 * time.Minute

// BackOff are the waits before a message that was not acknowledged comes again.
func BackOff() []time.Duration {
	return []time.Duration{30 * time.Second, time.Minute, 5 * time.Minute}
}

// IdleAfter is how long a consumer stands that nobody asks.
func IdleAfter() time.Duration { return idleAfter }

// Config of the provisioner. The zero Config has this binary's level and the default
// hold.
type Config struct {
	Hold  time.Duration // how long every live holder must have advertised a level
	Level int           // newest level this binary reads
}

func (c Config) withDefaults() Config {
	if c.Hold <= 0 {
		c.Hold = DefaultHold
	}
	if c.Level == 0 {
		c.Level = events.Level
	}
	return c
}

// Service declares the provisioner; nil hands are for readers.
func Service(cfg Config, hands service.Driver) service.Service {
	cfg = cfg.withDefaults()
	return service.Service{
		Name:    Owner,
		Version: fold,
		Hears:   []events.Kind{events.K[events.ClusterFounded]()},
		Says: []events.Kind{
			events.K[events.LevelRaised](),
			events.K[events.StreamCreated](), events.K[events.StreamChanged](), events.K[events.StreamRefused](),
			events.K[events.ConsumerCreated](), events.K[events.ConsumerRemoved](), events.K[events.ConsumerRefused](),
		},
		Wishes: []string{"slipway.wish._.*.integration.*"},
		Leases: cfg.leases(),
		New:    func() []service.Machine { return []service.Machine{service.Of(decider(cfg))} },
		Driver: hands,
	}
}

// leases: who reads the first level alone has nothing to wait for.
func (c Config) leases() []string {
	if c.Level <= 1 {
		return nil
	}
	return []string{"slipway.lease.node.>", "slipway.lease.gateway.>", "slipway.lease.service.>"}
}

func decider(cfg Config) service.Decider[State, struct{}] {
	return service.Decider[State, struct{}]{
		Owner: Owner,
		New:   newState,
		Guard: func(string) string { return events.Guard(Owner, "", "") },
		Keys:  keys,
		Touches: func(sig service.Signal) []string {
			if _, lease := sig.Data.(service.Heard); lease || touches(sig.Data) {
				return []string{key}
			}
			return nil
		},
		Evolve: func(_ string, s *State, _ *struct{}, e events.Event) { s.evolve(e) },
		Sense:  func(s *State, _ *struct{}, sig service.Signal, now time.Time) { s.sense(sig, now) },
		Decide: func(s *State, _ *struct{}, now time.Time) service.Says { return s.decide(cfg, now) },
		Acts:   func(s *State, _ *struct{}) []service.Act { return s.acts() },
		Due:    func(s *State, _ *struct{}, after time.Time) time.Time { return s.due(cfg, after) },
		Check:  func(s *State, _ *struct{}) error { return s.check() },
	}
}
