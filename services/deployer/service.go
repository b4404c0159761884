package deployer

import (
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// foldVersion is raised whenever Evolve or a state's shape changes.
const foldVersion = 4

// Service declares the deployer: the app decider and the placer.
func Service(cfg Config) service.Service {
	return service.Service{
		Name: "deployer", Version: foldVersion, Hears: hears(), Says: says(),
		Wishes: []string{
			"slipway.wish.*._.app.*", "slipway.wish.*._.promotion.*", "slipway.wish.*._.rollback.*", "slipway.wish.*._.halt.*",
			"slipway.wish.*._.abort.*", "slipway.wish.*._.retry.*", "slipway.wish.*._.hold.*",
		},
		New: func() []service.Machine { return []service.Machine{Apps(cfg), Placer()} },
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
		Sense:   func(a *App, _ *Fleet, s service.Signal, _ time.Time) { sense(a, s) },
		Touches: roomTouched,
		Decide:  cfg.decide,
		Due:     cfg.due,
		Check:   check,
	})
}

// appKeys tells whose state a fact touches: its app's, or every app's when a node
// or gateway comes or goes.
func appKeys(e events.Event) []string {
	switch e.Kind.Entity {
	case "node", "gateway", "lease":
		return []string{service.All}
	}
	if e.App == "" {
		return nil
	}
	return []string{e.App}
}

// Placer is the placement decider: one key, the cluster.
func Placer() service.Machine {
	return service.Of(service.Decider[Cluster, struct{}]{
		Owner:  "placer",
		New:    func(string) *Cluster { return NewCluster() },
		Guard:  func(string) string { return events.Guard("placer", "", "") },
		Keys:   placerKeys,
		Evolve: func(_ string, c *Cluster, _ *struct{}, e events.Event) { c.evolve(e) },
		Decide: func(c *Cluster, _ *struct{}, now time.Time) service.Says { return c.decide(now) },
		Check:  checkCluster,
	})
}

func placerKeys(e events.Event) []string {
	switch e.Kind.Entity {
	case "node", "lease", "assignment", "placement":
		return []string{clusterKey}
	case "instance":
		if ends(e.Data) {
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
	return append(kindsOf("deployer", "app", "release", "route", "assignment"), kindsOf("placer", "placement")...)
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
