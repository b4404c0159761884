package deployer

import (
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
)

// The ways back, and what must not happen on them.
func TestTheWayBack(t *testing.T) {
	t.Run("delivery-C10 a rollback of which half is ready: its share does not rise, the other serves on", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1", replicas(4), warmFor(0)))
		r.deploy(doc("2", replicas(4), warmFor(0)))
		r.until("the first is gone", func() bool { return len(r.app("web").of(1)) == 0 })
		r.slow[3] = true
		r.wish(events.WishRollbackRequested{OfApp: web, To: 1})
		started := func() bool {
			l := r.app("web").of(3)
			return len(l) == 4 && len(l.keep(func(i *Inst) bool { return i.State == "started" })) == 4
		}
		r.until("release 3 is of the first revision", started)
		for _, id := range []string{"web-3-a1", "web-3-a2"} {
			r.makeReady(events.OfInstance{App: "web", Node: "n1", Instance: id})
		}
		r.pass(5 * time.Minute)
		if a := r.app("web"); a.share(3) != 0 || a.share(2) != fullBp || len(a.of(2).keep(wanted)) != 4 {
			t.Fatalf("shares %v, %d of release 2", a.Route.Said.Shares, len(a.of(2)))
		}
		for _, id := range []string{"web-3-a3", "web-3-a4"} {
			r.makeReady(events.OfInstance{App: "web", Node: "n1", Instance: id})
		}
		r.until("it serves", func() bool { return r.app("web").Stable == 3 })
	})
	t.Run("delivery-C11 a newer release: the interrupted one's share is 0 and settled before another is a canary", func(t *testing.T) {
		r := newRig(t)
		plan := steps(approved(5000))
		r.deploy(doc("1", replicas(2), plan))
		r.declare(doc("2", replicas(2), plan))
		r.until("paused", func() bool { return r.count("release.paused web/2") == 1 })
		r.noGw = true
		r.declare(doc("3", replicas(2), plan))
		r.until("the share is taken back", func() bool { return r.app("web").share(2) == 0 })
		r.pass(time.Minute)
		if r.count("release.superseded") != 0 || r.count("release.planned web/3") != 0 || len(r.app("web").of(2).keep(wanted)) != 1 {
			t.Fatalf("before anybody applied it:\n%s", strings.Join(r.facts, "\n"))
		}
		r.noGw = false
		r.settle("web")
		r.until("the next one's step", func() bool { return r.count("release.paused web/3") == 1 })
		r.order("release.aborted web/2", "route.shifted", "assignment.withdrawn n1/web-2", "release.superseded web/2", "release.planned web/3")
	})
	t.Run("delivery-C13 an abort with nothing on its way is refused, once, and nothing else is said", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1", steps(weight(5000))))
		before := len(r.facts)
		r.wish(events.WishAbortRequested{OfApp: web})
		r.pass(time.Hour)
		if said := r.facts[before:]; len(said) != 1 || !strings.HasPrefix(said[0], "release.abort-refused") {
			t.Errorf("said %v", said)
		}
	})
	t.Run("delivery-C16 new instances that do not get ready while it is promoted: requests stay where they are served", func(t *testing.T) {
		r := newRig(t)
		plan := steps(approved(5000))
		r.deploy(doc("1", replicas(4), plan))
		r.declare(doc("2", replicas(4), plan))
		r.until("paused", func() bool { return r.count("release.paused web/2") == 1 })
		r.slow[2] = true
		r.wish(events.WishPromotionRequested{OfApp: web})
		r.until("all of the new one", func() bool { return len(r.app("web").of(2)) == 4 })
		r.pass(9 * time.Minute)
		if a := r.app("web"); a.share(1) != 5000 || a.share(2) != 5000 || a.Stable != 1 || r.serving() != 6 {
			t.Fatalf("shares %v, %d serve", a.Route.Said.Shares, r.serving())
		}
		w := r.waits()
		if len(w) == 0 || w[0].For != waitsReadiness {
			t.Errorf("it waits for %v", w)
		}
		r.until("given up", func() bool { return r.count("release.rolled-back web/2") == 1 })
		if a := r.app("web"); a.share(1) != fullBp || r.count("release.promoted web/2") != 0 {
			t.Errorf("shares %v", a.Route.Said.Shares)
		}
	})
	t.Run("delivery-C19 a config file alone makes a revision, and it goes through the steps", func(t *testing.T) {
		r := newRig(t)
		with := func(content string) events.Document {
			return doc("1", replicas(2), steps(approved(5000)), func(d *events.Document) {
				d.Files = []events.SpecFile{{Path: "app.toml", Content: content, Mode: "0444"}}
			})
		}
		r.deploy(with("workers = 4"))
		r.declare(with("workers = 8"))
		r.until("paused at its step", func() bool { return r.count("release.paused web/2") == 1 })
		if a := r.app("web"); a.share(2) != 5000 || a.Releases[1].Revision == a.Releases[2].Revision {
			t.Errorf("shares %v", a.Route.Said.Shares)
		}
	})
}
