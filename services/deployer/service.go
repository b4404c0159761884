package deployer

import (
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// foldVersion is raised whenever Evolve or a state's shape changes.
const foldVersion = 13

// Service declares the deployer: the app decider and the placer.
func Service(cfg Config) service.Service {
	return service.Service{
		Name: "deployer", Version: foldVersion, Hears: hears(), Says: says(),
		Wishes: []string{
			"slipway.wish.*._.app.*", "slipway.wish.*._.promotion.*", "slipway.wish.*._.rollback.*", "slipway.wish.*._.halt.*",
			"slipway.wish.*._.abort.*", "slipway.wish.*._.retry.*", "slipway.wish.*._.hold.*",
			"slipway.wish._.*.cordon.*", "slipway.wish._.*.drain.*", "slipway.wish._.*.removal.*",
		},
		Leases:    []string{"slipway.lease.node.*"},
		Telemetry: []string{"slipway.telemetry.metrics.load.*"},
		New:       func() []service.Machine { return []service.Machine{Apps(cfg), Placer(cfg)} },
	}
}

// Apps is the app decider: one key an app.
func Apps(cfg Config) service.Machine {
	return service.Of(service.Decider[App, Fleet]{
		Owner:   "deployer",
		New:     NewApp,
		Guard:   func(app string) string { return events.Guard("deployer", app, "") },
		Keys:    appKeys,
		Common:  common,
		Evolve:  evolve,
		Sense:   func(a *App, _ *Fleet, s service.Signal, now time.Time) { sense(a, s, now) },
		Touches: touched,
		Decide:  cfg.decide,
		Due:     cfg.due,
		Check:   check,
	})
}

// appKeys tells whose state a fact touches: its app's, or every app's when a node
// or gateway comes or goes.
func appKeys(e events.Event) []string {
	switch e.Kind.Entity {
	case "node", "gateway", "lease", "evacuation":
		return []string{service.All}
	}
	if e.App == "" {
		return nil
	}
	return []string{e.App}
}

// Placer is the placement decider: one key, the cluster. What it hears of nodes by
// itself touches a key of its own, so that a renewal is no reason to decide.
func Placer(cfg Config) service.Machine {
	return service.Of(service.Decider[Cluster, Ear]{
		Owner:   "placer",
		New:     func(string) *Cluster { return NewCluster() },
		Guard:   func(string) string { return events.Guard("placer", "", "") },
		Keys:    placerKeys,
		Touches: earTouched,
		Evolve:  func(_ string, c *Cluster, _ *Ear, e events.Event) { c.evolve(e) },
		Sense:   func(c *Cluster, x *Ear, sig service.Signal, now time.Time) { c.sense(x, sig, now) },
		Decide:  func(c *Cluster, x *Ear, now time.Time) service.Says { return c.decide(x, cfg.ttl(), now) },
		Due:     func(c *Cluster, x *Ear, after time.Time) time.Time { return c.due(x, cfg.ttl(), after) },
		Check:   checkCluster,
	})
}

func placerKeys(e events.Event) []string {
	switch e.Kind.Entity {
	case "node", "gateway", "lease", "assignment", "placement", "evacuation", "cordon", "drain", "removal":
		return []string{clusterKey}
	case "instance":
		if _, stopping := e.Data.(events.InstanceStopping); stopping || ends(e.Data) {
			return []string{clusterKey}
		}
	}
	return nil
}

// hears lists the kinds the two deciders fold.
func hears() (kinds []events.Kind) {
	for _, owner := range []struct {
		name     string
		entities []string
	}{
		{"node", []string{"node", "instance"}},
		{"registry", []string{"endpoint", "pool", "settlement", "lease"}},
		{"gateway", []string{"gateway", "routing", "traffic"}},
	} {
		kinds = append(kinds, kindsOf(owner.name, owner.entities...)...)
	}
	return kinds
}

// says lists the kinds the two deciders say.
func says() []events.Kind {
	return append(kindsOf("deployer", "app", "release", "analysis", "route", "assignment"), kindsOf("placer", "placement", "evacuation")...)
}

func kindsOf(owner string, entities ...string) (kinds []events.Kind) {
	for _, r := range events.Catalog {
		for _, e := range entities {
			if r.Kind.Owner == owner && r.Kind.Entity == e {
				kinds = append(kinds, r.Kind)
			}
		}
	}
	return kinds
}
