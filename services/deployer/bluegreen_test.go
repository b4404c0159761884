package deployer

import (
	"testing"
	"time"

	"slipway.dev/events"
)

func manual(d *events.Document) { d.Deploy.BlueGreen.Promote = events.PromoteManual }
func warmFor(ms int64) func(*events.Document) {
	return func(d *events.Document) { d.Deploy.Keep.WarmForMs = ms }
}
func warmOf(n int) func(*events.Document) {
	return func(d *events.Document) { d.Deploy.Keep.Warm = n }
}

var bg = strategy(events.BlueGreen)

func TestBlueGreen(t *testing.T) {
	t.Run("delivery-B01 auto: ready, shifted, settled, promoted, completed; the old stays warm", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1", replicas(3), bg))
		counts := []int{len(r.app("web").Instances)}
		r.deploy(doc("2", replicas(3), bg))
		counts = append(counts, len(r.app("web").Instances))
		r.order("release.planned web/2", "route.shifted", "release.promoted web/2", "release.demoted web/1", "release.completed web/2")
		r.until("the hold ends", func() bool { return r.count("release.cooled web/1") == 1 && len(r.app("web").Instances) == 3 })
		if counts[0] != 3 || counts[1] != 6 {
			t.Errorf("instances %v, want 3, 6, 3", counts)
		}
	})
	t.Run("delivery-B02 manual: paused, users see the old, the preview host the new", func(t *testing.T) {
		r := newRig(t)
		preview := func(d *events.Document) { d.Deploy.BlueGreen.PreviewHost = "next.localhost" }
		r.deploy(doc("1", bg, manual, preview))
		r.declare(doc("2", bg, manual, preview))
		r.until("paused", func() bool { return r.count("release.paused web/2") == 1 })
		r.pass(time.Minute)
		route := r.app("web").Route.Said
		if r.app("web").share(1) != fullBp {
			t.Errorf("shares %v, want all on release 1", route.Shares)
		}
		if len(route.Rules) != 2 || route.Rules[0].Host != "next.localhost" || route.Rules[0].Release != 2 {
			t.Errorf("rules %v, want a preview of release 2", route.Rules)
		}
		r.wish(events.WishPromotionRequested{OfApp: events.OfApp{App: "web"}})
		r.until("promoted", func() bool { return r.app("web").Stable == 2 && r.app("web").Live == 0 })
	})
	t.Run("delivery-B03 a preview of 1 of 2: 2 are available before the shift", func(t *testing.T) {
		r := newRig(t)
		small := func(d *events.Document) { d.Deploy.BlueGreen.PreviewReplicas = 1 }
		r.deploy(doc("1", replicas(2), bg, manual, small))
		r.declare(doc("2", replicas(2), bg, manual, small))
		r.until("paused", func() bool { return r.count("release.paused web/2") == 1 })
		if n := len(r.app("web").of(2)); n != 1 {
			t.Errorf("%d previewed, want 1", n)
		}
		r.wish(events.WishPromotionRequested{OfApp: events.OfApp{App: "web"}})
		r.until("shifted", func() bool { return r.app("web").share(2) == fullBp })
		if n := len(r.app("web").of(2).keep(func(i *Inst) bool { return i.State == "ready" })); n != 2 {
			t.Errorf("%d available at the shift, want 2", n)
		}
	})
	t.Run("delivery-B09 the previous version declared again while warm: a flip, nothing started", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1", bg))
		r.deploy(doc("2", bg))
		before := r.count("assignment.requested")
		r.declare(doc("1", bg))
		r.until("flipped", func() bool { return r.app("web").Stable == 1 && r.app("web").Pending == nil })
		r.pass(time.Second)
		if r.count("assignment.requested") != before || r.count("release.planned") != 2 || r.count("release.paused") != 0 {
			t.Errorf("more than a flip: %v", r.facts)
		}
		r.order("release.promoted web/1", "release.rolled-back web/2", "release.unchanged web/1")
	})
	t.Run("delivery-B10 two are kept warm of four releases, lowered to one frees one", func(t *testing.T) {
		r := newRig(t)
		for _, v := range []string{"1", "2", "3", "4"} {
			r.deploy(doc(v, bg, warmOf(2)))
			r.pass(time.Second)
		}
		a := r.app("web")
		if len(a.of(4)) != 1 || len(a.of(3)) != 1 || len(a.of(2)) != 1 || len(a.of(1)) != 0 {
			t.Errorf("instances of 4, 3, 2, 1: %d %d %d %d, want 1 1 1 0", len(a.of(4)), len(a.of(3)), len(a.of(2)), len(a.of(1)))
		}
		r.declare(doc("4", bg, warmOf(1)))
		r.until("one is freed", func() bool { return len(r.app("web").of(2)) == 0 })
		if len(r.app("web").of(3)) != 1 {
			t.Error("release 3 is not warm any more")
		}
	})
	t.Run("delivery-B12 paused longer than the deadline is no failure", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1", bg, manual))
		r.declare(doc("2", bg, manual))
		r.until("paused", func() bool { return r.count("release.paused web/2") == 1 })
		r.pass(2 * time.Hour)
		if r.count("release.aborted") != 0 {
			t.Error("aborted while paused")
		}
		if w := r.waits(); len(w) == 0 || w[0].For != waitsApproval {
			t.Errorf("waits for %v, want an approval", w)
		}
	})
	t.Run("delivery-B14 warm longer than the deadline: still completed", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1", bg, warmFor(7_200_000)))
		r.deploy(doc("2", bg, warmFor(7_200_000)))
		r.pass(time.Hour)
		if a := r.app("web"); a.Releases[2].Phase != completed || len(a.of(1)) != 1 {
			t.Errorf("release 2 is %s, %d warm", a.Releases[2].Phase, len(a.of(1)))
		}
	})
	t.Run("delivery-B15 warmFor 0s: the old goes at once", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1", bg, warmFor(0)))
		r.deploy(doc("2", bg, warmFor(0)))
		r.pass(5 * time.Second)
		if n := len(r.app("web").of(1)); n != 0 {
			t.Errorf("%d of the old stay", n)
		}
	})
}

func TestRollback(t *testing.T) {
	back := func(to int) events.WishRollbackRequested {
		return events.WishRollbackRequested{OfApp: events.OfApp{App: "web"}, To: to}
	}
	t.Run("delivery-K11 rollback onto warm instances restarts none", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1", replicas(2), bg))
		r.deploy(doc("2", replicas(2), bg))
		before := r.count("assignment.")
		r.wish(back(0))
		r.until("rolled back", func() bool { return r.count("release.rolled-back web/2") == 1 })
		if r.app("web").Stable != 1 || r.count("assignment.") != before {
			t.Errorf("release %d serves, %d assignments since", r.app("web").Stable, r.count("assignment.")-before)
		}
		r.wish(back(2)) // and forward again
		r.until("rolled forward", func() bool { return r.app("web").Stable == 2 })
		if r.count("assignment.") != before {
			t.Error("rolling forward started something")
		}
	})
	t.Run("a cold rollback within the window starts a full set and flips once", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1", replicas(2)))
		r.deploy(doc("2", replicas(2)))
		r.wish(back(0))
		r.until("rolled back", func() bool { return r.app("web").Stable == 3 && r.app("web").Live == 0 })
		if x := r.app("web").Releases[3]; x.Spec.Version != "1" || x.How != howRollback || x.Strategy != events.BlueGreen {
			t.Errorf("release 3 is %s by %s, %s", x.Spec.Version, x.How, x.Strategy)
		}
	})
	t.Run("a release that is not kept is refused and those kept are named", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1"))
		r.deploy(doc("2"))
		r.wish(back(99))
		r.until("refused", func() bool { return r.count("release.rollback-refused") == 1 })
		r.wish(back(2))
		r.until("refused", func() bool { return r.count("release.rollback-refused") == 2 })
	})
}
