package deployer

import (
	"testing"
	"time"

	"slipway.dev/events"
)

func deadline(ms int64) func(*events.Document) {
	return func(d *events.Document) { d.Deploy.DeadlineMs = ms }
}

func TestAbort(t *testing.T) {
	web := events.OfApp{App: "web"}
	t.Run("delivery-K01 unhealthy: aborted, rolled back, and the reason names the instance", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1", replicas(2)))
		r.crash[2] = true
		r.declare(doc("2", replicas(2)))
		r.until("rolled back", func() bool { return r.count("release.rolled-back web/2") == 1 })
		a := r.app("web")
		if a.Releases[2].Aborted != causeUnhealthy || a.Stable != 1 || a.Releases[2].Failure.Tail[0] != "panic: no" {
			t.Errorf("aborted for %s, stable %d, failure %+v", a.Releases[2].Aborted, a.Stable, a.Releases[2].Failure)
		}
	})
	t.Run("a first release that fails leaves nothing running", func(t *testing.T) {
		r := newRig(t)
		r.crash[1] = true
		r.declare(doc("1"))
		r.until("stranded", func() bool { return r.count("release.stranded web/1") == 1 })
		r.pass(time.Minute)
		if n := len(r.app("web").Instances); n != 0 {
			t.Errorf("%d instances stay", n)
		}
	})
	t.Run("delivery-K05 a newer declaration: the old release is superseded, not failed", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1"))
		r.bad[2] = true
		r.declare(doc("2"))
		r.pass(time.Minute)
		r.deploy(doc("3"))
		r.order("release.aborted web/2", "release.superseded web/2", "release.planned web/3", "release.completed web/3")
		if r.app("web").Releases[2].Phase != superseded {
			t.Errorf("release 2 is %s", r.app("web").Releases[2].Phase)
		}
	})
	t.Run("delivery-K07 the deadline moves with an available instance only", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1", replicas(2), deadline(60_000)))
		r.slow[2] = true
		r.declare(doc("2", replicas(2), deadline(60_000)))
		r.pass(50 * time.Second)
		i := r.app("web").of(2)[0]
		r.makeReady(events.OfInstance{App: "web", Node: i.Node, Instance: i.ID})
		r.pass(50 * time.Second)
		if r.count("release.aborted") != 0 {
			t.Fatal("aborted though an instance became available")
		}
		r.until("aborted", func() bool { return r.count("release.aborted web/2") == 1 })
		if r.app("web").Releases[2].Aborted != causeDeadline {
			t.Errorf("aborted for %s", r.app("web").Releases[2].Aborted)
		}
	})
	t.Run("delivery-K08 the deadline stands still while paused and starts anew", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1", deadline(60_000)))
		r.bad[2] = true
		r.declare(doc("2", deadline(60_000)))
		r.pass(30 * time.Second)
		r.wish(events.WishHaltRequested{OfApp: web, Message: "look first"})
		r.pass(time.Hour)
		if r.count("release.aborted") != 0 {
			t.Fatal("aborted while paused")
		}
		r.wish(events.WishHaltLifted{OfApp: web})
		r.pass(50 * time.Second)
		if r.count("release.aborted") != 0 {
			t.Fatal("the deadline did not start anew")
		}
		r.until("aborted", func() bool { return r.count("release.aborted web/2") == 1 })
	})
	t.Run("delivery-K02 nothing different to return to: stranded, no loop", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1"))
		r.crash[2] = true
		r.w.Wish("person:alice", events.WishAppDeclared{OfApp: web, Document: doc("1"), Force: true})
		r.pass(time.Second)
		r.lose("web-1-a1")
		r.crash[1] = true
		r.until("ended", func() bool { return r.app("web").Releases[2] != nil && !r.app("web").Releases[2].Ended.IsZero() })
		if x := r.app("web").Releases[2]; x.Phase != stranded || x.Why != "nothing different to return to" {
			t.Errorf("release 2 is %s: %s", x.Phase, x.Why)
		}
		n := r.count("release.planned")
		r.pass(time.Hour)
		if r.count("release.planned") != n {
			t.Error("a failed release made a release")
		}
	})
	t.Run("a person aborts: all returns, a second abort is refused", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1"))
		r.bad[2] = true
		r.declare(doc("2"))
		r.pass(time.Second)
		r.wish(events.WishAbortRequested{OfApp: web, Message: "wrong build"})
		r.until("rolled back", func() bool { return r.count("release.rolled-back web/2") == 1 })
		r.wish(events.WishAbortRequested{OfApp: web})
		r.until("refused", func() bool { return r.count("release.abort-refused") == 1 })
		delete(r.bad, 2)
		r.wish(events.WishRetryRequested{OfApp: web})
		r.until("retried", func() bool { return r.app("web").Stable == 3 })
	})
	t.Run("delivery-K12 an invalid declaration leaves everything as it was", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1"))
		bad := doc("2")
		bad.Name = "other"
		r.w.Wish("person:alice", events.WishAppDeclared{OfApp: web, Document: bad})
		r.until("refused", func() bool { return r.count("release.refused") == 1 })
		if r.count("app.declared") != 1 || r.app("web").Stable != 1 {
			t.Error("the refused document changed something")
		}
	})
	t.Run("delivery-G11 a host another app owns is refused", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1"))
		d := doc("1")
		d.Name, d.Ports["http"] = "shop", events.DeclaredPort{SpecPort: events.SpecPort{Protocol: "http"}, Path: "/", Hosts: []string{"web.localhost"}}
		r.declare(d)
		r.until("refused", func() bool { return r.count("release.refused shop/1") == 1 })
		if w := r.app("shop").Releases[1].Why; w != "host-taken: web.localhost/ is owned by web" {
			t.Errorf("reason %q", w)
		}
	})
	t.Run("a port of the gateways that another app owns is refused", func(t *testing.T) {
		r := newRig(t)
		tcp := events.DeclaredPort{SpecPort: events.SpecPort{Protocol: events.ProtocolTCP}, Listen: 5432}
		first, second := doc("1"), doc("1")
		first.Ports = map[string]events.DeclaredPort{"http": tcp}
		r.deploy(first)
		if got := r.app("web").Route.Said.Rules; len(got) != 1 || got[0] != (events.RouteRule{Protocol: "tcp", Listen: 5432}) {
			t.Errorf("rules %+v", got)
		}
		second.Name, second.Ports = "shop", map[string]events.DeclaredPort{"http": tcp}
		r.declare(second)
		r.until("refused", func() bool { return r.count("release.refused shop/1") == 1 })
		if w := r.app("shop").Releases[1].Why; w != "port-taken: port 5432 is owned by web" {
			t.Errorf("reason %q", w)
		}
	})
	t.Run("delivery-N17 a hook runs before the first instance; its failure stops the release", func(t *testing.T) {
		hook := func(d *events.Document) {
			d.Hooks.PreDeploy = &events.Hook{Command: []string{"/bin/migrate"}, TimeoutMs: 60_000}
		}
		r := newRig(t)
		r.deploy(doc("1", hook))
		r.order("assignment.requested web-1-h1", "release.preparing web/1", "release.started web/1", "assignment.requested web-1-a1")
		r.crash[2] = true
		r.declare(doc("2", hook))
		r.until("rolled back", func() bool { return r.count("release.rolled-back web/2") == 1 })
		if r.count("assignment.requested web-2-a") != 0 {
			t.Error("an instance started though the hook failed")
		}
		r.deploy(doc("3", hook, replicas(0)))
		if r.count("assignment.requested web-3-h") != 0 {
			t.Error("a hook ran though nothing is to start")
		}
	})
	t.Run("an app that is retired leaves nothing", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1", replicas(2)))
		r.wish(events.WishAppRetired{OfApp: web})
		r.until("gone", func() bool { return r.count("app.retired") == 1 && len(r.app("web").Instances) == 0 })
		r.order("app.retired web", "route.removed", "assignment.withdrawn")
		r.deploy(doc("2"))
		if r.app("web").Stable != 2 {
			t.Error("a retired app cannot come back")
		}
	})
	t.Run("delivery-G14 without a gateway nothing settles and the waiter is named", func(t *testing.T) {
		r := newRig(t)
		r.noGw = true
		r.say(events.GatewayLeft{OfGateway: events.OfGateway{Gateway: "gw1-a", Incarnation: 1}})
		r.declare(doc("1"))
		r.pass(time.Minute)
		if w := r.waits(); len(w) == 0 || w[0].For != waitsGateway {
			t.Errorf("waits for %v, want a gateway", w)
		}
		if r.count("release.promoted") != 0 {
			t.Error("promoted without a gateway")
		}
	})
	t.Run("delivery-N10 a failed instance is replaced once, later with back-off", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1", replicas(2)))
		r.lose("web-1-a1")
		r.pass(4 * time.Second)
		if r.count("assignment.requested web-1-b1") != 0 {
			t.Error("replaced without back-off")
		}
		r.until("replaced", func() bool { return r.serving() == 2 })
		r.pass(time.Hour)
		if n := r.count("assignment.requested"); n != 3 {
			t.Errorf("%d requested in all, want 2 + 1 replacement", n)
		}
	})
	t.Run("delivery-P7 a converged app has nothing to say and nothing due", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1", replicas(2)))
		r.pass(time.Minute)
		n := r.w.Log.Len()
		r.pass(24 * time.Hour)
		if r.w.Log.Len() != n {
			t.Errorf("%d facts in a quiet day", r.w.Log.Len()-n)
		}
	})
}
