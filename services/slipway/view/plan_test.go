package view

import (
	"testing"

	"slipway.dev/events"
	"slipway.dev/services/deployer"
)

func code(word string) string { return "code of " + word }

// TestPlan: what a document would do, by the deployer's own functions.
func TestPlan(t *testing.T) {
	s := newStory(t)
	s.cluster()
	first := s.log.Plan(document("v1"), s.now, code, nil)
	if first.Noop || first.Release != 1 || first.Base != 0 || len(first.Placement) != 1 || first.Placement[0] != (Place{"shop-1-a1", "n1", "start"}) {
		t.Errorf("first %+v", first)
	}
	s = newStory(t)
	s.serve()
	same := s.log.Plan(document("v1"), s.now, code, nil)
	if !same.Noop || same.Release != 1 || len(same.Changes) != 0 || same.Placement[0].Action != "keep" {
		t.Errorf("same %+v", same)
	}
	next := s.log.Plan(document("v2"), s.now, code, []string{"a warning"})
	if next.Noop || next.Release != 2 || next.Base != 1 || next.ID == same.ID || len(next.Warnings) != 1 {
		t.Errorf("next %+v", next)
	}
	if len(next.Changes) != 1 || next.Changes[0] != (Change{Path: "version", Op: "change", From: "v1", To: "v2", Restarts: true}) {
		t.Errorf("changes %+v", next.Changes)
	}
	if len(next.Placement) != 2 || next.Placement[0].Action != "start" || next.Placement[1] != (Place{"shop-1-a1", "n1", "stop"}) {
		t.Errorf("placement %+v", next.Placement)
	}
}

// TestPlanSteers: a steering field makes no release.
func TestPlanSteers(t *testing.T) {
	s := newStory(t)
	s.serve()
	d := document("v1")
	d.Replicas = 2
	p := s.log.Plan(d, s.now, code, nil)
	if p.Noop || p.Release != 1 || len(p.Changes) != 1 || p.Changes[0].Path != "replicas" || p.Changes[0].Restarts {
		t.Errorf("%+v", p)
	}
}

// TestPlanRefused: a plan that cannot be met names every reason.
func TestPlanRefused(t *testing.T) {
	s := newStory(t)
	s.serve()
	d := document("v2")
	d.Name, d.Ports["http"] = "other", events.DeclaredPort{SpecPort: events.SpecPort{Protocol: events.ProtocolHTTP}, Hosts: []string{"shop.localhost"}, Path: "/"}
	s.say("the app's way in", events.RouteDeclared{OfRoute: events.OfRoute{App: "shop", Generation: 2}, Route: events.Route{Rules: []events.RouteRule{{Host: "shop.localhost", Path: "/"}}, MeshPort: deployer.MeshPorts.First}})
	d.Resources.MemoryBytes = 1 << 40
	p := s.log.Plan(d, s.now, code, nil)
	if len(p.Refused) != 2 || p.Refused[0].Code != "code of host-taken" || p.Refused[1].Code != "code of never-fits" {
		t.Errorf("%+v", p.Refused)
	}
}

// TestPlanMoves: the id changes with what the plan rests on, and only with that.
func TestPlanMoves(t *testing.T) {
	s := newStory(t)
	s.serve()
	before := s.log.Plan(document("v2"), s.now, code, nil)
	s.say("fails", events.InstanceUnready{OfInstance: instance("shop-1-a1")})
	if after := s.log.Plan(document("v2"), s.now, code, nil); after.ID != before.ID {
		t.Error("an instance that goes unready makes no plan stale")
	}
	s.declare(2, 2, "v9")
	if after := s.log.Plan(document("v2"), s.now, code, nil); after.ID == before.ID {
		t.Error("another declaration makes the plan stale")
	}
}

// TestClaims: what is promised holds only where it does.
func TestClaims(t *testing.T) {
	holds := func(change func(*events.Document)) map[string]bool {
		s := newStory(t)
		s.serve()
		d := document("v2")
		change(&d)
		told := map[string]bool{}
		for _, c := range s.log.Plan(d, s.now, code, nil).Guarantees {
			if !c.Holds && c.Reason == "" {
				t.Errorf("%s does not hold and says no reason", c.Name)
			}
			told[c.Name] = c.Holds
		}
		return told
	}
	if told := holds(func(*events.Document) {}); !told["no request lost"] || !told["capacity"] {
		t.Errorf("rolling: %v", told)
	}
	for name, change := range map[string]func(*events.Document){
		"recreate":     func(d *events.Document) { d.Deploy.Strategy = events.Recreate },
		"no drain":     func(d *events.Document) { d.Stop.DrainMs = 0 },
		"no readiness": func(d *events.Document) { d.Health.Ready.Kind = events.CheckAlive },
		"stop-first":   func(d *events.Document) { d.Deploy.Rolling.Order = events.OrderStopFirst },
	} {
		if told := holds(change); told["no request lost"] {
			t.Errorf("%s: no request lost is claimed", name)
		}
	}
}
