package registry

import (
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// Owner is who speaks.
const Owner = "registry"

// fold is raised whenever Evolve or a state's shape changes.
const fold = 3

// Config is how long silence is borne. The zero Config has the times of one server.
type Config struct {
	TTL   time.Duration // silence after which a lease lapses
	Fence time.Duration // how much longer what a lapsed gateway may use lives on
	Bus   []string      // host:port of the bus's own servers: nobody may offer them as an endpoint
}

func (c Config) withDefaults() Config {
	if c.TTL == 0 {
		c.TTL = events.LeaseTTL
	}
	if c.Fence == 0 {
		c.Fence = events.Fence
	}
	return c
}

// Service declares the registry.
func Service(cfg Config) service.Service {
	cfg = cfg.withDefaults()
	return service.Service{
		Name: Owner, Version: fold,
		Hears:  hears(),
		Says:   says(),
		Wishes: []string{"slipway.wish.*._.eviction.*", "slipway.wish.*._.endpoint.*"},
		Leases: []string{"slipway.lease.node.*", "slipway.lease.gateway.*", "slipway.lease.endpoint.*.*"},
		New: func() []service.Machine {
			return []service.Machine{service.Of(pools(cfg)), service.Of(holders(cfg))}
		},
	}
}

func hears() []events.Kind {
	return []events.Kind{
		events.K[events.NodeJoined](), events.K[events.NodeLeft](),
		events.K[events.InstanceStarted](), events.K[events.InstanceReady](), events.K[events.InstanceUnready](), events.K[events.InstanceExited](),
		events.K[events.InstanceFailed](), events.K[events.InstanceCompleted](), events.K[events.InstanceStopped](),
		events.K[events.AppDeclared](), events.K[events.AppRetired](),
		events.K[events.AssignmentWithdrawn](), events.K[events.PlacementEvacuated](), events.K[events.PlacementCancelled](),
		events.K[events.RouteDeclared](), events.K[events.RouteShifted](), events.K[events.RoutePaused](),
		events.K[events.RouteResumed](), events.K[events.RouteRemoved](),
		events.K[events.GatewayJoined](), events.K[events.GatewayLeft](), events.K[events.RoutingApplied](),
		events.K[events.TrafficCut](), events.K[events.TrafficDrained](),
		events.K[events.BreakerOpened](), events.K[events.BreakerClosed](),
	}
}

func says() []events.Kind {
	return []events.Kind{
		events.K[events.EndpointRegistered](), events.K[events.EndpointAvailable](), events.K[events.EndpointUnavailable](),
		events.K[events.EndpointDraining](), events.K[events.EndpointDrained](), events.K[events.EndpointRemoved](),
		events.K[events.EndpointRefused](), events.K[events.PoolChanged](), events.K[events.SettlementReached](),
		events.K[events.LeaseGranted](), events.K[events.LeaseLapsed](),
		events.K[events.LeaseResumed](), events.K[events.LeaseReleased](),
		events.K[events.BrakeEngaged](), events.K[events.BrakeReleased](), events.K[events.BrakeRefused](),
	}
}

// pools has one key per app.
func pools(cfg Config) service.Decider[Pool, Fleet] {
	return service.Decider[Pool, Fleet]{
		Owner:   Owner,
		New:     newPool,
		Guard:   func(app string) string { return events.Guard(Owner, app, "") },
		Keys:    poolKeys,
		Touches: poolTouched,
		Common:  func(f *Fleet, e events.Event) { f.fold(e) },
		Evolve:  func(_ string, s *Pool, f *Fleet, e events.Event) { s.evolve(f, e, cfg) },
		Sense:   func(s *Pool, f *Fleet, sig service.Signal, now time.Time) { s.sense(f, sig, now) },
		Decide:  func(s *Pool, f *Fleet, now time.Time) service.Says { return s.decide(f, cfg, now) },
		Due:     func(s *Pool, f *Fleet, after time.Time) time.Time { return s.due(f, cfg, after) },
		Check:   func(s *Pool, _ *Fleet) error { return s.check() },
		Gone:    func(s *Pool) bool { return s.gone() },
	}
}

// holders has one key per node and gateway, and one for them all.
func holders(cfg Config) service.Decider[Holder, Fleet] {
	return service.Decider[Holder, Fleet]{
		Owner:   Owner,
		New:     newHolder,
		Guard:   func(holder string) string { return events.Guard(Owner, "", placeOf(holder)) },
		Keys:    holderKeys,
		Touches: holderTouched,
		Common:  func(f *Fleet, e events.Event) { f.fold(e) },
		Evolve:  func(key string, s *Holder, _ *Fleet, e events.Event) { s.evolve(key, e, cfg) },
		Sense:   func(s *Holder, f *Fleet, sig service.Signal, now time.Time) { s.sense(f, sig, now) },
		Decide:  func(s *Holder, f *Fleet, now time.Time) service.Says { return s.decide(f, cfg, now) },
		Due:     func(s *Holder, f *Fleet, after time.Time) time.Time { return s.due(f, cfg, after) },
		Check:   func(s *Holder, _ *Fleet) error { return s.check() },
		Gone:    func(s *Holder) bool { return s.gone() },
	}
}

func placeOf(holder string) string {
	if holder == fleetKey {
		return ""
	}
	return holder
}
