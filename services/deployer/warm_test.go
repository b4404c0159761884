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
