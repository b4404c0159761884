package deployer

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/services/deployer/inventory"
)

func volume(access string) func(*events.Document) {
	return func(d *events.Document) {
		d.Volumes = map[string]events.SpecVolume{"data": {Path: "data", SizeBytes: 1 << 30, Access: access}}
	}
}

func order(o string) func(*events.Document) {
	return func(d *events.Document) { d.Deploy.Rolling.Order = o }
}

func require(expr string) func(*events.Document) {
	return func(d *events.Document) { d.Placement.Require = []string{expr} }
}

// most is how many instances of web existed at once until the app was as f says.
func (r *rig) most(what string, f func(a *App) bool) (most int) {
	r.t.Helper()
	r.until(what, func() bool {
		a := r.app("web")
		most = max(most, len(a.Instances))
		return f(a)
	})
	return most
}

func serves(release int) func(a *App) bool {
	return func(a *App) bool { return a.Stable == release && a.Live == 0 && len(a.Instances) == len(a.of(release)) }
}

func TestVolumesChooseTheOrder(t *testing.T) {
	t.Run("delivery-R15 a single volume and no order written: stop-first", func(t *testing.T) {
		r := newRig(t, "n1", "n2", "n3")
		r.deploy(doc("1", volume(events.VolumeSingle)))
		home := r.app("web").of(1)[0].Node
		r.declare(doc("2", volume(events.VolumeSingle)))
		if n := r.most("release 2 serves", serves(2)); n != 1 {
			t.Errorf("%d instances existed at once, 1 may have the volume", n)
		}
		r.order("release.planned web/2", "assignment.withdrawn "+home+"/web-1-a1", "placement.placed "+home+"/web-2-a1", "release.completed web/2")
		t.Run("and so does a rollback within the window", func(t *testing.T) {
			r.wish(events.WishRollbackRequested{OfApp: events.OfApp{App: "web"}})
			r.until("it is planned", func() bool { return r.count("release.planned web/3") == 1 })
			r.until("it ended", func() bool { return serves(3)(r.app("web")) })
			if got := r.app("web").Releases[3].Strategy; got != events.Recreate {
				t.Errorf("the rollback is %s: two instances would share the volume", got)
			}
		})
	})
	t.Run("delivery-R15 a written start-first wins", func(t *testing.T) {
		r := newRig(t, "n1", "n2")
		r.deploy(doc("1", volume(events.VolumeSingle), order(events.OrderStartFirst)))
		r.declare(doc("2", volume(events.VolumeSingle), order(events.OrderStartFirst)))
		if n := r.most("release 2 serves", serves(2)); n != 2 {
			t.Errorf("%d instances existed at once, want old and new", n)
		}
		if r.app("web").GapMs != 0 {
			t.Errorf("a gap of %d ms", r.app("web").GapMs)
		}
	})
	for _, access := range []string{events.VolumeShared, events.VolumeScratch, "no"} {
		t.Run("delivery-R16 several replicas and "+access+" volume: start-first", func(t *testing.T) {
			edits := []func(*events.Document){replicas(3)}
			if access != "no" {
				edits = append(edits, volume(access))
			}
			r := newRig(t, "n1", "n2")
			r.deploy(doc("1", edits...))
			r.declare(doc("2", edits...))
			if n := r.most("release 2 serves", serves(2)); n != 4 {
				t.Errorf("at most %d instances existed at once, want 3 and 1 more", n)
			}
			nodes := map[string]bool{}
			for _, i := range r.app("web").of(2) {
				nodes[i.Node] = true
			}
			if want := map[string]int{events.VolumeShared: 1}[access]; want != 0 && len(nodes) != want || want == 0 && len(nodes) != 2 {
				t.Errorf("instances are on %v", nodes)
			}
		})
	}
}

func TestPlacementFollowsVolumes(t *testing.T) {
	t.Run("delivery-N15 placement goes where the volume lives, also after its instance ended", func(t *testing.T) {
		r := newRig(t, "n1", "n2", "n3")
		r.deploy(doc("1", volume(events.VolumeSingle)))
		home := r.app("web").of(1)[0].Node
		r.deploy(doc("1", volume(events.VolumeSingle), replicas(0)))
		r.until("nothing runs", func() bool { return len(r.app("web").Instances) == 0 })
		for version := 2; version <= 6; version++ {
			r.deploy(doc(fmt.Sprint(version), volume(events.VolumeSingle)))
			if got := r.app("web").of(r.app("web").Stable)[0].Node; got != home {
				t.Fatalf("version %d runs on %s, its volume lives on %s", version, got, home)
			}
		}
	})
	t.Run("delivery-N15 while the node of its volume is silent an instance is blocked volume-elsewhere", func(t *testing.T) {
		r := newRig(t, "n1", "n2")
		r.deploy(doc("1", volume(events.VolumeShared)))
		i := *r.app("web").of(1)[0]
		r.say(events.LeaseLapsed{Lease: events.Lease{OfHolder: events.OfHolder{Holder: "node-" + i.Node}, Kind: "node", Name: i.Node, Incarnation: 1}})
		r.declare(doc("1", volume(events.VolumeShared), replicas(2)))
		r.until("blocked", func() bool { return r.count("placement.blocked web-1-a2") == 1 })
		lacks := r.app("web").Instances["web-1-a2"].Lacks
		if want := "0 of 2 nodes fit: 1 not live, 1 volume-elsewhere (data lives on " + i.Node + ")"; lacks != want {
			t.Errorf("lacks %q, want %q", lacks, want)
		}
		r.say(events.LeaseResumed{Lease: events.Lease{OfHolder: events.OfHolder{Holder: "node-" + i.Node}, Kind: "node", Name: i.Node, Incarnation: 1}})
		r.until("placed", func() bool { return r.count("placement.placed "+i.Node+"/web-1-a2") == 1 })
	})
	t.Run("delivery-N15 where its instances may not go the release is refused volume-elsewhere", func(t *testing.T) {
		r := newRig(t, "n1", "n2")
		r.deploy(doc("1", volume(events.VolumeSingle), require("node.name == n1")))
		var reasons []events.Refusal
		r.w.Observe(func(e events.Event) error {
			if d, ok := e.Data.(events.ReleaseRefused); ok {
				reasons = d.Reasons
			}
			return nil
		})
		r.declare(doc("2", volume(events.VolumeSingle), require("node.name == n2")))
		r.until("refused", func() bool { return len(reasons) > 0 })
		r.pass(time.Minute)
		if len(reasons) != 1 || reasons[0].Code != inventory.VolumeElsewhere || reasons[0].Field != "volumes.data" || !strings.Contains(reasons[0].Text, "n1") {
			t.Errorf("refused with %+v", reasons)
		}
		if a := r.app("web"); a.Stable != 1 || r.serving() != 1 {
			t.Errorf("release %d, %d serve: what ran was touched", a.Stable, r.serving())
		}
	})
}
