package gateway

import (
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/drill"
	"slipway.dev/pkg/service"
)

// Owner is who speaks.
const Owner = "gateway"

// fold is raised whenever Evolve or the shape of Gateway changes.
const fold = 9

// Config is which gateway this is.
type Config struct {
	Name      string   // its slot: gw1-a
	Node      string   // the node it runs on; empty: none
	Addresses []string // where it will listen
	Version   string   // of the binary
	Pid       int

	// TTL of its lease: unheard by itself for so long it is cut off; 0 is one server's.
	TTL time.Duration

	TLS *events.GatewayTLS // how it serves by TLS; nil: it does not

	Drills bool // it fails on purpose when it is asked to
}

// Service declares the gateway cfg names, with driver as its hands.
func Service(cfg Config, driver service.Driver) service.Service {
	if cfg.TTL == 0 {
		cfg.TTL = events.LeaseTTL
	}
	return service.Service{
		Name: Owner, Place: cfg.Name, Version: fold,
		Hears:  hears(),
		Says:   says(),
		Wishes: []string{drill.Wishes(participant(cfg.Name))},
		Leases: []string{events.LeaseSubject(Owner, cfg.Name)},
		New:    func() []service.Machine { return []service.Machine{service.Of(decider(cfg))} },
		Driver: driver,
	}
}

func hears() []events.Kind {
	return []events.Kind{
		events.K[events.RouteDeclared](), events.K[events.RouteShifted](), events.K[events.RoutePaused](),
		events.K[events.RouteResumed](), events.K[events.RouteRemoved](),
		events.K[events.PoolChanged](), events.K[events.EndpointDraining](),
		events.K[events.LeaseGranted](), events.K[events.LeaseLapsed](), events.K[events.LeaseResumed](),
	}
}

func says() []events.Kind {
	return append([]events.Kind{
		events.K[events.GatewayJoined](), events.K[events.GatewayDraining](),
		events.K[events.GatewayDrained](), events.K[events.GatewayLeft](),
		events.K[events.RoutingApplied](), events.K[events.RoutingRefused](), events.K[events.RoutingQuiesced](),
		events.K[events.TrafficClosed](), events.K[events.TrafficCut](), events.K[events.TrafficDrained](),
		events.K[events.BreakerOpened](), events.K[events.BreakerHalfOpened](),
		events.K[events.BreakerClosed](), events.K[events.BreakerHeld](),
		events.K[events.CertificateObtaining](), events.K[events.CertificateObtained](),
		events.K[events.CertificateFailed](), events.K[events.CertificateExpired](),
	}, drill.Says(Owner)...)
}

// decider has one key: the gateway's own name.
func decider(cfg Config) service.Decider[Gateway, struct{}] {
	return service.Decider[Gateway, struct{}]{
		Owner:   Owner,
		New:     func(key string) *Gateway { return newGateway(key) },
		Guard:   func(key string) string { return events.Guard(Owner, "", key) },
		Keys:    func(e events.Event) []string { return keys(cfg.Name, e) },
		Touches: func(sig service.Signal) []string { return touches(cfg.Name, sig) },
		Evolve:  func(_ string, g *Gateway, _ *struct{}, e events.Event) { g.evolve(e) },
		Sense: func(g *Gateway, _ *struct{}, sig service.Signal, now time.Time) {
			g.Drills.Sense(sig)
			if sig.Wish != nil {
				return
			}
			g.sense(sig, now, cfg.TTL)
			g.stirred(sig.Data)
		},
		Decide: func(g *Gateway, _ *struct{}, now time.Time) service.Says { return g.decide(cfg, now) },
		Acts:   func(g *Gateway, _ *struct{}) []service.Act { return g.acts(cfg) },
		Due:    func(g *Gateway, _ *struct{}, now time.Time) time.Time { return g.due(now) },
		Check:  func(g *Gateway, _ *struct{}) error { return g.check() },
		Joined: func(g *Gateway) bool { return g.joined() || g.usurped() },
		Apart:  true,
	}
}

// keys are all routes and pools, its own words, and what any gateway says of itself
// and of certificates, and the registry of its lease.
func keys(name string, e events.Event) []string {
	if drill.Asks(e, participant(name)) {
		return []string{name}
	}
	switch d := e.Data.(type) {
	case events.LeaseGranted:
		return ofGateway(name, d.Lease)
	case events.LeaseLapsed:
		return ofGateway(name, d.Lease)
	case events.LeaseResumed:
		return ofGateway(name, d.Lease)
	}
	shared := e.Kind.Entity == "gateway" || e.Kind.Entity == "certificate"
	if e.Kind.Owner == Owner && e.Place != name && !shared || e.Kind.IsWish() {
		return nil
	}
	return []string{name}
}

func ofGateway(name string, l events.Lease) []string {
	if l.Kind != Owner {
		return nil
	}
	return []string{name}
}
