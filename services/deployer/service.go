package deployer

import (
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/deployer/placer"
)

// foldVersion is raised whenever Evolve or a state's shape changes, the placer's too.
const foldVersion = 13

// Service declares the deployer: the app decider and beside it the placer, which hears
// nothing that the app decider does not hear or say as well.
func Service(cfg Config) service.Service {
	places := placer.Service(cfg.ttl())
	return service.Service{
		Name: "deployer", Version: foldVersion, Hears: hears(), Says: append(says(), places.Says...),
		Wishes: append([]string{
			"slipway.wish.*._.app.*", "slipway.wish.*._.promotion.*", "slipway.wish.*._.rollback.*", "slipway.wish.*._.halt.*",
			"slipway.wish.*._.abort.*", "slipway.wish.*._.retry.*", "slipway.wish.*._.hold.*",
		}, places.Wishes...),
		Leases:    places.Leases,
		Telemetry: []string{"slipway.telemetry.metrics.load.*"},
		New:       func() []service.Machine { return append([]service.Machine{service.Of(apps(cfg))}, places.New()...) },
	}
}

// apps is the app decider: one key an app.
func apps(cfg Config) service.Decider[App, Fleet] {
	return service.Decider[App, Fleet]{
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
	}
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

// hears lists the kinds of others that the app decider folds, but for the placer's.
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

// says lists the kinds the app decider says.
func says() []events.Kind {
	return kindsOf("deployer", "app", "release", "analysis", "route", "assignment")
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
