package deployer

import (
	"testing"
	"time"

	"slipway.dev/events"
)

// A rollback leaves its release warm; a bad rolling release after it once counted the
// warm instances as serving and withdrew the ones that did.
func TestWarmInstancesPayForNoWithdrawal(t *testing.T) {
	r := newRig(t)
	r.deploy(doc("1", replicas(2), bg))
	r.deploy(doc("2", replicas(2), bg))
	r.wish(events.WishRollbackRequested{OfApp: events.OfApp{App: "web"}})
	r.until("rolled back", func() bool { return r.app("web").Stable == 1 && r.count("release.rolled-back web/2") == 1 })
	r.bad[3] = true
	r.declare(doc("3", replicas(2)))
	r.pass(time.Minute)
	if n := len(r.app("web").of(1).keep(wanted)); n != 2 {
		t.Errorf("%d of the serving release are left, want 2", n)
	}
}

// A node that starts anew has not yet said how its instances are: that is no reason
// to withdraw them.
func TestARestartedNodeCostsNoInstance(t *testing.T) {
	r := newRig(t)
	r.deploy(doc("1", replicas(2)))
	r.bad[2] = true
	r.declare(doc("2", replicas(2)))
	r.pass(time.Second)
	r.say(events.NodeJoined{OfNode: events.OfNode{Node: "n1"}, Incarnation: 2, NodeDescription: fleetOf(r).Nodes["n1"].NodeDescription})
	for _, i := range r.app("web").of(1) {
		r.say(events.InstanceAdopted{OfInstance: events.OfInstance{App: "web", Node: "n1", Instance: i.ID}, Boot: 2})
	}
	r.pass(10 * time.Second)
	if n := len(r.app("web").of(1).keep(wanted)); n != 2 {
		t.Errorf("%d of the serving release are left, want 2", n)
	}
}

// minReady: an instance counts only once it has been ready without a break for so
// long, and a break begins it anew.
func TestMinReadyIsWaitedFor(t *testing.T) {
	r := newRig(t)
	r.declare(doc("1", func(d *events.Document) { d.Health.MinReadyMs = 10_000 }))
	r.pass(9 * time.Second)
	of := events.OfInstance{App: "web", Node: "n1", Instance: "web-1-a1"}
	if r.count("release.promoted") != 0 {
		t.Fatal("promoted before minReady had passed")
	}
	r.say(events.InstanceUnready{OfInstance: of})
	r.say(events.InstanceReady{OfInstance: of, Boot: 1})
	r.pass(9 * time.Second)
	if r.count("release.promoted") != 0 {
		t.Fatal("a break did not begin minReady anew")
	}
	r.until("promoted", func() bool { return r.count("release.promoted web/1") == 1 })
}

// A wish that is refused leaves the release's reason as it was.
func TestARefusedWishChangesNoReason(t *testing.T) {
	r := newRig(t)
	r.deploy(doc("1"))
	r.bad[2] = true
	r.declare(doc("2"))
	r.pass(time.Second)
	for _, why := range []string{"look", "again"} {
		r.wish(events.WishHaltRequested{OfApp: events.OfApp{App: "web"}, Message: why})
		r.pass(time.Second)
	}
	if x := r.app("web").Releases[2]; r.count("release.halt-refused") != 1 || x.Why != "look" {
		t.Errorf("reason %q, want the person's", x.Why)
	}
}

// A rollback to a revision that runs warm under another number starts nothing.
func TestRollbackFindsTheWarmOne(t *testing.T) {
	r := newRig(t)
	r.deploy(doc("1"))
	r.deploy(doc("2"))
	back := func() {
		n := r.app("web").Stable
		r.wish(events.WishRollbackRequested{OfApp: events.OfApp{App: "web"}})
		r.until("rolled back", func() bool { return r.app("web").Stable != n && r.app("web").Live == 0 })
		r.pass(time.Second)
	}
	back() // 3 is release 1 again, 2 stays warm
	back() // a flip to 2
	before := r.count("assignment.requested")
	back() // a flip to 3, not a fourth release
	if r.app("web").Stable != 3 || r.count("assignment.requested") != before {
		t.Errorf("release %d serves, %d instances were started", r.app("web").Stable, r.count("assignment.requested")-before)
	}
}
