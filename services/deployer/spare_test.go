package deployer

import (
	"testing"
	"time"

	"slipway.dev/events"
)

func TestAnAbortedCanary(t *testing.T) {
	aborted := func(t *testing.T, warm time.Duration) *rig {
		r := newRig(t)
		plan := steps(approved(2500))
		r.deploy(doc("1", replicas(4), plan, warmFor(warm.Milliseconds())))
		r.declare(doc("2", replicas(4), plan, warmFor(warm.Milliseconds())))
		r.until("paused", func() bool { return r.count("release.paused web/2") == 1 })
		r.wish(events.WishAbortRequested{OfApp: web})
		r.until("rolled back", func() bool { return r.count("release.rolled-back web/2") == 1 })
		if a := r.app("web"); a.share(1) != fullBp || a.share(2) != 0 {
			t.Fatalf("shares %v", a.Route.Said.Shares)
		}
		return r
	}
	t.Run("delivery-C07 it is kept warm for its time, then gone; a longer warmFor keeps it that long", func(t *testing.T) {
		for _, warm := range []time.Duration{time.Minute, time.Hour} {
			r := aborted(t, warm)
			r.pass(warm - 10*time.Second)
			if n := len(r.app("web").of(2).keep(wanted)); n != 1 {
				t.Fatalf("warm for %s: %d are left just before", warm, n)
			}
			r.pass(20 * time.Second)
			if n := len(r.app("web").of(2)); n != 0 || r.count("release.cooled web/2") != 1 {
				t.Errorf("warm for %s: %d are left after it", warm, n)
			}
		}
	})
	t.Run("one that is not to be kept goes at once", func(t *testing.T) {
		r := aborted(t, 0)
		r.pass(time.Second)
		if n := len(r.app("web").of(2)); n != 0 {
			t.Errorf("%d are left", n)
		}
	})
	t.Run("declared again it goes through its steps, warm or not", func(t *testing.T) {
		r := aborted(t, time.Hour)
		r.declare(doc("2", replicas(4), steps(approved(2500)), warmFor(time.Hour.Milliseconds())))
		r.until("paused at its step", func() bool { return r.count("release.paused web/3") == 1 })
		if a := r.app("web"); a.share(1) != 7500 || a.share(3) != 2500 {
			t.Errorf("shares %v", a.Route.Said.Shares)
		}
	})
	t.Run("it pushes out nothing that a rollback reaches at once", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1", replicas(2)))
		r.deploy(doc("2", replicas(2), strategy(events.BlueGreen)))
		plan := steps(approved(5000))
		r.declare(doc("3", replicas(2), plan))
		r.until("paused", func() bool { return r.count("release.paused web/3") == 1 })
		r.wish(events.WishAbortRequested{OfApp: web})
		r.until("rolled back", func() bool { return r.count("release.rolled-back web/3") == 1 })
		r.pass(time.Second)
		if a := r.app("web"); len(a.of(1).keep(wanted)) != 2 || len(a.of(3).keep(wanted)) != 1 {
			t.Errorf("%d of release 1, %d of release 3 are warm", len(a.of(1).keep(wanted)), len(a.of(3).keep(wanted)))
		}
	})
}

// Each readiness of an instance that crashes again and again is short, and there is no
// end of them.
func TestACrashLoopIsNoProgress(t *testing.T) {
	r := newRig(t)
	plan := steps(pausing(2500, 10*time.Second), pausing(5000, 10*time.Second))
	quick := func(d *events.Document) { d.Health.MinReadyMs, d.Deploy.DeadlineMs = 1000, 120_000 }
	r.deploy(doc("1", replicas(4), plan, quick))
	r.declare(doc("2", replicas(4), plan, quick))
	r.until("a canary", func() bool { return len(r.app("web").of(2)) == 1 && r.app("web").of(2)[0].State == "ready" })
	crash := func() {
		for _, i := range r.app("web").of(2).keep(wanted) {
			of := events.OfInstance{App: "web", Node: i.Node, Instance: i.ID}
			if i.State != "ready" {
				continue
			}
			r.unlist("web", i.ID)
			r.say(events.InstanceExited{OfInstance: of, Code: 2})
			r.w.After(time.Second, func() {
				r.say(events.InstanceStarting{OfInstance: of, Try: 2, Boot: 1})
				r.say(events.InstanceStarted{OfInstance: of, Release: 2, Try: 2, Boot: 1, Address: "127.0.0.1:1"})
				r.makeReady(of)
			})
		}
	}
	for range 60 {
		if r.count("release.aborted web/2") > 0 {
			break
		}
		crash()
		r.pass(5 * time.Second)
	}
	if r.count("release.step-started web/2") > 1 || r.count("release.promoted web/2") > 0 {
		t.Errorf("it went on")
	}
	if r.count("release.aborted web/2") != 1 {
		t.Errorf("it was not given up within its deadline:\n%v", r.facts)
	}
}
