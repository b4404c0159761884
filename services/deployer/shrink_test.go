package deployer

import (
	"testing"
	"time"

	"slipway.dev/events"
)

func shrinking(d *events.Document) { d.Deploy.ShrinkStable = true }

// halves is an app of four whose canary stands at half of the requests, the stable
// release shrunk to the other half.
func halves(t *testing.T, edits ...func(*events.Document)) *rig {
	r := newRig(t)
	edits = append([]func(*events.Document){replicas(4), steps(approved(5000)), shrinking}, edits...)
	r.deploy(doc("1", edits...))
	r.declare(doc("2", edits...))
	r.until("paused", func() bool { return r.count("release.paused web/2") == 1 })
	r.until("shrunk", func() bool { return len(r.app("web").of(1)) == 2 })
	if a := r.app("web"); a.share(2) != 5000 || len(a.of(2)) != 2 {
		t.Fatalf("share %d, %d canaries", a.share(2), len(a.of(2)))
	}
	return r
}

// watchShares fails when a release has a share that its ready instances do not carry.
func (r *rig) watchShares(target int) {
	r.w.Observe(func(e events.Event) error {
		d, ok := e.Data.(events.RouteShifted)
		if !ok || r.app("web") == nil {
			return nil
		}
		for _, s := range d.Shares {
			ready := 0
			for _, i := range r.app("web").of(s.Release) {
				if r.ready[i.ID] {
					ready++
				}
			}
			if need := sizeFor(s.ShareBp, target); ready < need {
				r.t.Errorf("generation %d: release %d has %s on %d instances, it needs %d", d.Generation, s.Release, percent(s.ShareBp), ready, need)
			}
		}
		return nil
	})
}

func TestShrinkStable(t *testing.T) {
	t.Run("stable shrinks as the canary grows, and all of it serves at each moment", func(t *testing.T) {
		r := newRig(t)
		plan := steps(pausing(2500, time.Minute), pausing(5000, time.Minute), pausing(7500, time.Minute))
		r.deploy(doc("1", replicas(4), plan, shrinking))
		r.watchShares(4)
		r.declare(doc("2", replicas(4), plan, shrinking))
		for step, stable := range []int{3, 2, 1} {
			r.until("a pause", func() bool { return r.count("release.paused web/2") == step+1 })
			r.until("shrunk", func() bool { return len(r.app("web").of(1)) == stable })
			if n := r.serving(); n != 4 {
				t.Errorf("step %d: %d serve", step+1, n)
			}
		}
		r.until("completed", func() bool { return r.app("web").Stable == 2 && r.app("web").Live == 0 })
		r.until("the old is gone: shrunk it is no way back", func() bool { return len(r.app("web").of(1)) == 0 })
	})
	t.Run("delivery-C05 aborted: nothing shrinks at once, stable grows first", func(t *testing.T) {
		r := halves(t)
		gone := r.count("assignment.withdrawn")
		r.slow[1] = true
		r.wish(events.WishAbortRequested{OfApp: web})
		r.until("two more of stable", func() bool { return len(r.app("web").of(1)) == 4 })
		r.pass(time.Minute)
		if a := r.app("web"); r.count("assignment.withdrawn") != gone || a.share(2) != 5000 || len(a.of(2)) != 2 {
			t.Fatalf("share %d, %d canaries before stable has grown", a.share(2), len(a.of(2)))
		}
	})
	t.Run("delivery-C08 the share falls only as stable becomes available, no canary is told to stop before it has none", func(t *testing.T) {
		r := halves(t, warmFor(0))
		r.watchShares(4)
		r.slow[1] = true
		r.wish(events.WishAbortRequested{OfApp: web})
		r.until("both are there", func() bool { i := r.app("web").Instances["web-1-b4"]; return i != nil && i.State == "started" })
		for k, id := range []string{"web-1-b3", "web-1-b4"} {
			if got, want := r.app("web").share(2), []int{5000, 2500}[k]; got != want {
				t.Fatalf("share %d with %d of stable available, want %d", got, k+2, want)
			}
			if n := len(r.app("web").of(2).keep(wanted)); n != 2 {
				t.Fatalf("%d canaries are left", n)
			}
			r.makeReady(events.OfInstance{App: "web", Node: "n1", Instance: id})
			r.pass(time.Minute)
		}
		r.until("home", func() bool { return r.count("release.rolled-back web/2") == 1 && len(r.app("web").of(2)) == 0 })
		r.order("release.aborted", "route.shifted", "route.shifted", "assignment.withdrawn n1/web-2", "release.rolled-back")
	})
	t.Run("a canary of which nobody is ready: stable grows, then it has all", func(t *testing.T) {
		r := halves(t)
		for _, id := range []string{"web-2-a1", "web-2-a2"} {
			r.unlist("web", id)
			r.say(events.InstanceUnready{OfInstance: events.OfInstance{App: "web", Node: "n1", Instance: id}})
		}
		r.until("all to stable", func() bool { a := r.app("web"); return a.share(1) == fullBp && len(a.of(1).keep(wanted)) == 4 })
	})
	t.Run("one lost while a smaller share has not settled is replaced: the larger one may still be sent to", func(t *testing.T) {
		r := newRig(t)
		plan := steps(pausing(2500, time.Minute), approved(5000))
		r.deploy(doc("1", replicas(4), plan, shrinking))
		r.declare(doc("2", replicas(4), plan, shrinking))
		r.until("shrunk to three", func() bool {
			return r.count("release.paused web/2") == 1 && len(r.app("web").of(1)) == 3
		})
		r.noGw = true
		r.until("half is to go to the canary", func() bool { return r.app("web").share(2) == 5000 })
		r.lose(r.app("web").of(1).keep(wanted)[0].ID)
		r.until("replaced", func() bool { return len(r.app("web").of(1).keep(wanted)) == 3 })
		r.pass(time.Minute)
		if n := len(r.app("web").of(1).keep(wanted)); n != 3 {
			t.Errorf("%d of stable before the share has settled", n)
		}
		r.noGw = false
		r.settle("web")
		r.until("shrunk to two", func() bool { return len(r.app("web").of(1)) == 2 })
	})
}
