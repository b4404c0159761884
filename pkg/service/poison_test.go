package service_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/sim"
)

func TestPoison(t *testing.T) {
	unreadable := func(r *rig, app string) {
		r.core.Unreadable(events.Event{Kind: events.K[events.EndpointRegistered](), App: app, Pos: events.Position{Era: 1, Seq: r.core.Position().Seq + 1}}, "no JSON")
	}
	t.Run("only keys it could matter to stand still; the voice speaks", func(t *testing.T) {
		r := newRig(t, pausing(), sim.NewLog(), 0)
		elsewhere(t, r.log, registered("web"), registered("api"))
		r.hear()
		unreadable(r, "web")
		r.ready()
		var said []string
		for _, a := range r.next().Appends {
			said = append(said, a.Events[0].Kind.Name()+" "+a.Events[0].Subject)
		}
		if want := []string{"release.paused api/1", "letter.parked deployer/1:3"}; !slices.Equal(said, want) {
			t.Errorf("said %v, want %v", said, want)
		}
	})
	t.Run("without an app no key is decided", func(t *testing.T) {
		r := newRig(t, pausing(), sim.NewLog(), 0)
		elsewhere(t, r.log, registered("web"))
		r.hear()
		unreadable(r, "")
		if says := r.ready().next().Appends; len(says) != 1 || says[0].Events[0].Kind.Entity != "letter" {
			t.Errorf("said %+v", says)
		}
	})
	t.Run("what follows under a parked guard parks nothing more", func(t *testing.T) {
		r := newRig(t, pausing(), sim.NewLog(), 0)
		for n := uint64(1); n <= 5; n++ {
			if n == 2 { // lost
				continue
			}
			e := eventOf(registered("web"), n)
			e.Pos = events.Position{Era: 1, Seq: n}
			r.core.Hear(e)
		}
		if p := r.core.Parked(); len(p) != 1 || p[0].Verdict != "gap" || p[0].Pos.Seq != 3 {
			t.Errorf("parked %+v", p)
		}
	})
	t.Run("an event that cannot be folded parks its guard", func(t *testing.T) {
		r := newRig(t, pausing(), sim.NewLog(), 0)
		bad := registered("web")
		bad.Address = "panic"
		elsewhere(t, r.log, bad, registered("web"), registered("api"))
		r.hear()
		if p := r.core.Parked(); len(p) != 1 || p[0].Verdict != "panic" || !strings.Contains(p[0].Reason, "nobody can fold") {
			t.Fatalf("parked %+v", p)
		}
		if says := r.ready().next().Appends; len(says) != 2 || says[0].Guard != events.Guard("deployer", "api", "") {
			t.Errorf("said %+v", says)
		}
	})
	t.Run("a key nobody can decide about stands still alone", func(t *testing.T) {
		r := newRig(t, pausing(), sim.NewLog(), 0)
		elsewhere(t, r.log, registered("bad"), registered("web"))
		r.ready().settle()
		want := []string{"release.paused web/1", "letter.parked deployer/1:2"}
		if said := facts(r.log, "deployer"); !slices.Equal(said, want) {
			t.Errorf("said %v, want %v", said, want)
		}
	})
	t.Run("a replay is skipped and parks nothing", func(t *testing.T) {
		r := newRig(t, pausing(), sim.NewLog(), 0)
		for seq, n := range []uint64{1, 1, 2, 1} {
			e := eventOf(registered("web"), n)
			e.Pos = events.Position{Era: 1, Seq: uint64(seq + 1)}
			r.core.Hear(e)
		}
		s, _ := service.StateOf[pauser, struct{}](r.core.Machines()[0], "web")
		if len(r.core.Parked()) > 0 || s.Wanted != 2 {
			t.Errorf("%d folded, parked %v", s.Wanted, r.core.Parked())
		}
	})
	t.Run("a decision that panics is told of once, in every life", func(t *testing.T) {
		r := newRig(t, pausing(), sim.NewLog(), 0)
		elsewhere(t, r.log, registered("bad"))
		r.ready().settle()
		elsewhere(t, r.log, registered("web")) // the log goes on
		for range 3 {
			r.restart(nil).settle()
		}
		if n := len(parkedOf(r)); n != 1 {
			t.Errorf("%d letters: %v", n, facts(r.log, "deployer"))
		}
	})
	t.Run("an agent's, too, whose letter stands under the guard of the decision", func(t *testing.T) {
		r := newRig(t, faltering(), sim.NewLog(), 0)
		elsewhere(t, r.log, events.NodeJoined{OfNode: events.OfNode{Node: "n1"}})
		for range 3 {
			r.restart(nil).settle()
		}
		if said := facts(r.log, "node"); len(said) != 2 {
			t.Errorf("said %v", said)
		}
	})
	t.Run("it is said once, over restarts and by twins", func(t *testing.T) {
		all := twins(t, 2, pausing, 0)
		bad := registered("web")
		bad.Address = "panic"
		elsewhere(t, all[0].log, bad)
		all[0].ready()
		early := all[0].snapshot() // parked, and nobody has been told
		if all[0].restart(early).settle(); len(facts(all[0].log, "deployer")) != 1 {
			t.Error("after a restart from a snapshot nobody is told")
		}
		all[1].ready().settle()
		all[1].restart(nil).settle()
		all[0].restart(early).settle()
		if said := facts(all[0].log, "deployer"); !slices.Equal(said, []string{"letter.parked deployer/1:1"}) {
			t.Errorf("said %v", said)
		}
		if says := all[0].next().Appends; len(says) > 0 {
			t.Errorf("still says %+v", says)
		}
	})
}

func parkedOf(r *rig) (all []string) {
	for _, name := range facts(r.log, r.svc.Name) {
		if strings.HasPrefix(name, "letter.parked") {
			all = append(all, name)
		}
	}
	return all
}

// faltering is a node that cannot decide anything.
func faltering() service.Service {
	return service.Service{
		Name: "node", Place: "n1", Hears: []events.Kind{events.K[events.NodeJoined]()},
		New: func() []service.Machine {
			return []service.Machine{service.Of(service.Decider[struct{ Here bool }, struct{}]{
				Owner:  "node",
				New:    func(string) *struct{ Here bool } { return &struct{ Here bool }{} },
				Guard:  func(string) string { return events.Guard("node", "", "n1") },
				Keys:   func(e events.Event) []string { return []string{e.Place} },
				Evolve: func(_ string, s *struct{ Here bool }, _ *struct{}, _ events.Event) { s.Here = true },
				Decide: func(*struct{ Here bool }, *struct{}, time.Time) service.Says { panic("nobody can decide about it") },
			})}
		},
	}
}

func TestPromises(t *testing.T) {
	r := newRig(t, pausing(), sim.NewLog(), 0)
	elsewhere(t, r.log, paused("web", 1)) // nobody wanted it
	step := r.ready().next()
	if len(step.Appends) != 1 || step.Appends[0].Events[0].Kind.Name() != "guarantee.violated" || len(step.Start) > 0 {
		t.Fatalf("in the turn that finds a broken promise: %+v", step)
	}
	r.say(step.Appends[0])
	r.settle()
	if len(r.started) > 0 {
		t.Errorf("%v was started for a key whose promise is broken", r.started)
	}
	broken := r.snapshot()
	elsewhere(t, r.log, registered("web")) // mended while nobody was there
	r.restart(broken).settle()
	want := []string{"release.paused web/1", "guarantee.violated deployer/deployer/web", "guarantee.restored deployer/deployer/web"}
	if said := facts(r.log, "deployer"); !slices.Equal(said, want) {
		t.Errorf("said %v, want %v", said, want)
	}
	if !slices.Equal(r.started, []string{"hold/web-1"}) {
		t.Errorf("started %v", r.started)
	}
}
