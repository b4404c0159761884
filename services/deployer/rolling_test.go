package deployer

import (
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/sim"
	"slipway.dev/services/deployer/inventory"
)

func TestRollingLimits(t *testing.T) {
	t.Run("delivery-R02 surge 0, unavailable 4 of 10: exactly 4 are replaced at once, 6 stay", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1", replicas(10), rollingBy(0, 4)))
		r.bad[2] = true
		r.declare(doc("2", replicas(10), rollingBy(0, 4)))
		r.pass(time.Minute)
		a := r.app("web")
		if n := len(a.of(1).keep(wanted)); n != 6 {
			t.Errorf("%d old ones untouched, want 6", n)
		}
		if n := len(a.of(2)); n != 4 || r.count("release.planned") != 2 {
			t.Errorf("%d new ones, want 4 of one release", n)
		}
	})
	t.Run("delivery-R03 of 4 new ones h get available: exactly h more replacements begin", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1", replicas(10), rollingBy(0, 4)))
		r.slow[2] = true
		r.declare(doc("2", replicas(10), rollingBy(0, 4)))
		r.pass(time.Minute)
		for h := 1; h <= 4; h++ {
			i := r.app("web").of(2)[h-1]
			r.makeReady(events.OfInstance{App: "web", Node: i.Node, Instance: i.ID})
			r.pass(time.Minute)
			if n := len(r.app("web").of(1)); n != 6-h {
				t.Fatalf("%d available: %d old ones, want %d", h, n, 6-h)
			}
		}
	})
	t.Run("delivery-R04 10 wanted, 7 exist, unavailable 4: 3 missing first, 1 old one replaced", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1", replicas(7), rollingBy(0, 4)))
		r.bad[2] = true
		r.declare(doc("2", replicas(10), rollingBy(0, 4)))
		r.until("one old leaves", func() bool { return r.count("assignment.withdrawn") > 0 })
		if n := r.count("assignment.requested"); n != 10 {
			t.Errorf("%d requested before the first leaves, want 7 + 3", n)
		}
		r.pass(time.Minute)
		if n := len(r.app("web").of(1)); n != 6 {
			t.Errorf("%d old ones, want 6", n)
		}
	})
	t.Run("delivery-R07 from 10 to 5 and a new version in one declaration", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1", replicas(10)))
		most := 0
		r.declare(doc("2", replicas(5)))
		r.until("done", func() bool {
			if n := len(r.app("web").of(2)); n > 0 {
				most = max(most, len(r.app("web").Instances))
				if r.serving() < 5 {
					t.Errorf("%d serve, 5 wanted", r.serving())
				}
			}
			return r.app("web").Stable == 2 && r.app("web").Live == 0 && len(r.app("web").Instances) == 5
		})
		if most > 6 {
			t.Errorf("%d existed at once, want at most 5 + surge 1", most)
		}
	})
	t.Run("delivery-R09 a version that never gets ready: never fewer than 4 serve", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1", replicas(4)))
		r.bad[2] = true
		r.declare(doc("2", replicas(4)))
		r.pass(time.Minute)
		if n, bad := len(r.app("web").of(1)), len(r.app("web").of(2)); n != 4 || bad != 1 {
			t.Errorf("%d old and %d new, want 4 and 1", n, bad)
		}
		t.Run("delivery-R10 a second bad one: the first goes, the second has 1, the good one keeps 4", func(t *testing.T) {
			r.bad[3] = true
			r.declare(doc("3", replicas(4)))
			r.pass(time.Minute)
			a := r.app("web")
			if g, b1, b2 := len(a.of(1)), len(a.of(2)), len(a.of(3)); g != 4 || b1 != 0 || b2 != 1 {
				t.Errorf("%d good, %d first bad, %d second bad; want 4, 0, 1", g, b1, b2)
			}
			r.order("release.aborted web/2", "release.superseded web/2", "release.planned web/3")
		})
		t.Run("delivery-R12 never more than 4 + surge existed", func(t *testing.T) {
			if n := len(r.app("web").Instances); n > 5 {
				t.Errorf("%d exist, want at most 5", n)
			}
		})
	})
	t.Run("delivery-R11 the running version is bad, a good one is declared: it completes", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1", replicas(4)))
		for _, i := range r.app("web").of(1) {
			r.unlist("web", i.ID)
			r.say(events.InstanceUnready{OfInstance: events.OfInstance{App: "web", Node: i.Node, Instance: i.ID}})
		}
		r.deploy(doc("2", replicas(4)))
		if r.app("web").Stable != 2 {
			t.Errorf("release %d serves, want 2", r.app("web").Stable)
		}
	})
	t.Run("delivery-R14 surge 0: the next starts only when the previous is gone", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1", replicas(2), rollingBy(0, 1)))
		r.declare(doc("2", replicas(2), rollingBy(0, 1)))
		r.until("done", func() bool {
			if n := len(r.app("web").Instances); n > 2 {
				t.Fatalf("%d instances exist, stopping ones included; want 2", n)
			}
			return r.app("web").Stable == 2 && r.app("web").Live == 0
		})
	})
	t.Run("delivery-R18 a start that fails takes all instances back to the old version", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1", replicas(3)))
		r.slow[2] = true
		r.declare(doc("2", replicas(3)))
		r.pass(time.Second)
		i := r.app("web").of(2)[0]
		r.makeReady(events.OfInstance{App: "web", Node: i.Node, Instance: i.ID})
		r.pass(time.Second)
		r.crash[2] = true
		r.until("rolled back", func() bool { return r.count("release.rolled-back web/2") == 1 })
		r.pass(time.Minute)
		a := r.app("web")
		if len(a.of(1)) != 3 || len(a.Instances) != 3 || r.serving() != 3 {
			t.Errorf("%d old of %d instances, %d serve; want 3", len(a.of(1)), len(a.Instances), r.serving())
		}
	})
	t.Run("delivery-R17 a fixed port: stop-first where old and new clash, start-first elsewhere", func(t *testing.T) {
		fixed := func(d *events.Document) {
			d.Ports["http"] = events.DeclaredPort{SpecPort: events.SpecPort{Protocol: "http", HostPort: 8080}, Path: "/"}
		}
		r := newRig(t, "n1")
		r.deploy(doc("1", fixed))
		r.deploy(doc("2", fixed))
		r.order("release.planned web/2", "placement.blocked web-2-a1", "assignment.withdrawn n1/web-1-a1", "placement.placed n1/web-2-a1")
		r = newRig(t, "n1", "n2")
		r.deploy(doc("1", fixed))
		r.deploy(doc("2", fixed))
		if r.count("placement.blocked") != 0 {
			t.Errorf("blocked though another node was free: %v", r.facts)
		}
	})
}

func TestRecreate(t *testing.T) {
	r := newRig(t)
	r.deploy(doc("1", replicas(2), strategy(events.Recreate)))
	r.declare(doc("2", replicas(2), strategy(events.Recreate)))
	r.until("done", func() bool {
		a := r.app("web")
		for _, i := range a.of(2) {
			if i.State == "started" && len(a.of(1)) > 0 {
				t.Fatalf("%s started beside %d old ones", i.ID, len(a.of(1)))
			}
		}
		return a.Stable == 2 && a.Live == 0
	})
	r.order("release.planned web/2", "placement.placed n1/web-2-a1", "assignment.withdrawn n1/web-1-a1", "assignment.cleared n1/web-2-a1", "release.promoted web/2", "release.completed web/2")
	if r.app("web").GapMs == 0 {
		t.Error("recreate says no gap")
	}
}

func TestShareFollowsCapacity(t *testing.T) {
	r := newRig(t)
	r.w.Observe(func(e events.Event) error {
		d, ok := e.Data.(events.RouteShifted)
		if !ok {
			return nil
		}
		for _, s := range d.Shares { // delivery-P5
			need := (s.ShareBp*4 + fullBp - 1) / fullBp
			if n := len(r.app("web").of(s.Release).keep(func(i *Inst) bool { return i.State == "ready" })); s.ShareBp > r.app("web").share(s.Release) && n < need {
				t.Errorf("release %d gets %d bp with %d ready, wants %d", s.Release, s.ShareBp, n, need)
			}
		}
		return nil
	})
	r.deploy(doc("1", replicas(4)))
	r.deploy(doc("2", replicas(4)))
	r.deploy(doc("3", replicas(4), rollingBy(2, 0)))
	if n := r.count("route.shifted"); n < 6 {
		t.Errorf("%d shifts, the shares did not follow", n)
	}
}

// What failed is replaced after 5 s, then after twice as long each time, never after more
// than 5 minutes, and a tenth of it.
func TestAFailedReplicaIsTriedEverLater(t *testing.T) {
	for failures, want := range map[int]time.Duration{1: 5 * time.Second, 2: 10 * time.Second, 3: 20 * time.Second, 7: replaceMax, 60: replaceMax} {
		got := Replica{Failures: failures, FailedAt: sim.Start}.retryAt("web", 1).Sub(sim.Start)
		if got < want || got > want+want/10 {
			t.Errorf("failure %d: again after %s, want %s", failures, got, want)
		}
	}
	if at := (Replica{FailedAt: sim.Start}).retryAt("web", 1); !at.IsZero() {
		t.Errorf("one that never failed waits until %s", at)
	}
}

// Of more than are wanted those go first of which nobody can tell how they are: what is
// heard serves.
func TestScaledDownWhatIsHeardStays(t *testing.T) {
	r := newRig(t, "n1", "n2")
	r.deploy(doc("1", replicas(4)))
	if len(r.on("n1")) != 2 {
		t.Fatalf("on n1 are %v", r.on("n1"))
	}
	for _, silent := range []string{"n1", "n2"} {
		v := view{App: r.app("web"), fleet: &Fleet{Nodes: inventory.Nodes{
			"n1": {Alive: silent != "n1", Boot: 1}, "n2": {Alive: silent != "n2", Boot: 1},
		}}, now: r.w.Now()}
		for _, i := range v.surplus(v.of(1), 2) {
			if i.Node != silent {
				t.Errorf("%s is silent, and %s on %s goes", silent, i.ID, i.Node)
			}
		}
	}
}
