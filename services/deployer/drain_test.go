package deployer

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/deployer/placer"
)

// on are the wanted instances of web on a node, sorted.
func (r *rig) on(node string) (ids []string) {
	for id, i := range r.app("web").Instances {
		if i.Node == node && wanted(i) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

func (r *rig) drain(node string, edits ...func(*events.Drain)) {
	d := events.Drain{DeadlineMs: 600_000}
	for _, e := range edits {
		e(&d)
	}
	r.wish(events.WishDrainRequested{OfEvacuation: events.OfEvacuation{Node: node}, Drain: d})
}

func (r *rig) drained(node string) func() bool {
	return func() bool { return r.count("evacuation.finished "+node) > 0 }
}

// lapse lets a node fall silent; nothing of it is heard any more.
func (r *rig) lapse(node string) {
	r.say(events.LeaseLapsed{Lease: events.Lease{OfHolder: events.OfHolder{Holder: "node-" + node}, Kind: "node", Name: node, Incarnation: 1}, SilentMs: 3000})
}

// moving is how many instances of web stand by, and how many were withdrawn to move.
func (r *rig) moving() (standing, leaving int) {
	a := r.app("web")
	for _, i := range a.Instances {
		if a.standsBy(i) {
			standing++
		}
		if i.Leaves == causeDrain {
			leaving++
		}
	}
	return standing, leaving
}

func TestDrain(t *testing.T) {
	t.Run("delivery-N05 the only replica of an app is served elsewhere before it goes", func(t *testing.T) {
		r := newRig(t, "n1", "n2")
		r.deploy(doc("1"))
		from := r.app("web").Instances["web-1-a1"].Node
		r.facts = nil
		r.drain(from)
		r.until("drained", r.drained(from))
		r.order("evacuation.started "+from, "assignment.requested web-1-b1", "placement.placed", "assignment.withdrawn "+from+"/web-1-a1", "evacuation.finished "+from)
		if n := r.count("route.shifted"); n != 0 || len(r.on(from)) != 0 || r.serving() != 1 {
			t.Errorf("%d shifts, on %s %v, %d serve", n, from, r.on(from), r.serving())
		}
	})
	for _, unavailable := range []int{0, 1, 2, 8} {
		t.Run(fmt.Sprintf("delivery-N01 a drain moves as many at a time as may be missing, here %d, at least one", unavailable), func(t *testing.T) {
			r := newRig(t, "n1", "n2", "n3")
			r.deploy(doc("1", replicas(8), rollingBy(1, unavailable)))
			r.slow[1] = true
			here, most := len(r.on("n1")), max(1, unavailable)
			r.drain("n1")
			r.pass(time.Minute)
			if standing, leaving := r.moving(); standing != min(here, most) || leaving != 0 {
				t.Errorf("%d stand by, want %d of %d; %d leave though none of them is available: delivery-N02", standing, min(here, most), here, leaving)
			}
			r.slow[1] = false
			for _, i := range r.app("web").all() {
				if i.Replaces != "" {
					r.makeReady(events.OfInstance{App: "web", Node: i.Node, Instance: i.ID})
				}
			}
			r.until("drained", r.drained("n1"))
		})
	}
	t.Run("delivery-N02 the replacement is not available, so nothing leaves; at the deadline it is stopped anyway", func(t *testing.T) {
		r := newRig(t, "n1", "n2")
		r.deploy(doc("1", replicas(2)))
		r.bad[1] = true
		r.drain("n1", func(d *events.Drain) { d.DeadlineMs = 60_000 })
		r.pass(59 * time.Second)
		if _, leaving := r.moving(); leaving != 0 || r.serving() != 2 {
			t.Fatalf("%d leave, %d serve", leaving, r.serving())
		}
		r.until("drained by its deadline", r.drained("n1"))
		if d := r.last("evacuation.finished"); d.(events.EvacuationFinished).Forced != 1 {
			t.Errorf("%+v", d)
		}
	})
	t.Run("delivery-N05 what moved is ready, but no gateway sends it anything yet: what it replaces serves on", func(t *testing.T) {
		r := newRig(t, "n1", "n2")
		r.deploy(doc("1"))
		from := r.app("web").Instances["web-1-a1"].Node
		r.noGw = true
		r.drain(from)
		r.until("what moved is ready", func() bool { i := r.app("web").Instances["web-1-b1"]; return i != nil && i.State == "ready" })
		r.pass(time.Minute)
		if standing, leaving := r.moving(); standing != 1 || leaving != 0 {
			t.Fatalf("%d stand by, %d leave before a gateway has applied it", standing, leaving)
		}
		r.noGw = false
		r.settle("web")
		r.until("drained", r.drained(from))
	})
	t.Run("delivery-N10 what moved fails: another one is asked for after its back-off, and not before", func(t *testing.T) {
		r := newRig(t, "n1", "n2")
		r.deploy(doc("1"))
		r.crash[1] = true
		r.drain(r.app("web").Instances["web-1-a1"].Node)
		r.until("it has failed", func() bool { x := r.app("web").Releases[1].Replicas[1]; return x.Failures == 1 })
		r.crash[1] = false
		r.pass(replaceMin - 10*time.Millisecond)
		if n := r.count("assignment.requested web-1-c1"); n != 0 {
			t.Fatal("asked for before its back-off is over")
		}
		r.pass(replaceMin / 5)
		if n := r.count("assignment.requested web-1-c1"); n != 1 || r.serving() == 0 {
			t.Errorf("asked for %d times after its back-off, %d serve", n, r.serving())
		}
	})
	t.Run("delivery-N04 by force all of it is stopped at once", func(t *testing.T) {
		r := newRig(t, "n1", "n2")
		r.deploy(doc("1", replicas(4)))
		r.facts = nil
		r.drain("n1", func(d *events.Drain) { d.Force = true })
		r.until("drained", r.drained("n1"))
		r.order("evacuation.started", "assignment.withdrawn n1/", "assignment.withdrawn n1/", "evacuation.finished")
		if d := r.last("evacuation.finished").(events.EvacuationFinished); d.Forced != 2 || d.Moved != 2 {
			t.Errorf("%+v", d)
		}
		r.until("all serve elsewhere", func() bool { return len(r.on("n2")) == 4 })
	})
	t.Run("without room the drain is blocked, the instance runs on, and room lets it go", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1"))
		r.drain("n1")
		r.until("blocked", func() bool { return r.count("evacuation.blocked n1") == 1 })
		r.pass(time.Minute)
		if r.serving() != 1 || r.count("evacuation.blocked") != 1 {
			t.Errorf("%d serve, blocked said %d times", r.serving(), r.count("evacuation.blocked"))
		}
		r.join("n2", events.NodeDescription{})
		r.until("drained", r.drained("n1"))
	})
	t.Run("cancelled, what stands by goes and what runs stays", func(t *testing.T) {
		r := newRig(t, "n1", "n2")
		r.deploy(doc("1", replicas(2)))
		r.slow[1] = true
		before := r.on("n1")
		r.drain("n1")
		r.pass(time.Second)
		r.wish(events.WishDrainCancelled{OfEvacuation: events.OfEvacuation{Node: "n1"}})
		r.pass(time.Minute)
		if got := r.on("n1"); !slices.Equal(got, before) || len(r.app("web").Instances) != 2 || r.count("assignment.withdrawn n1") != 0 {
			t.Errorf("on n1 %v, before %v, %d in all", got, before, len(r.app("web").Instances))
		}
	})
	t.Run("a single volume cannot move: with a gap allowed it is stopped, and comes back when the node is open again", func(t *testing.T) {
		r := newRig(t, "n1", "n2")
		r.deploy(doc("1", func(d *events.Document) {
			d.Volumes = map[string]events.SpecVolume{"data": {Path: "data", SizeBytes: 1 << 20, Access: events.VolumeSingle}}
		}))
		from := r.app("web").Instances["web-1-a1"].Node
		r.drain(from)
		r.until("blocked", func() bool { return r.count("evacuation.blocked "+from) == 1 })
		r.pass(time.Minute)
		if r.serving() != 1 {
			t.Fatalf("%d serve", r.serving())
		}
		r.drain(from, func(d *events.Drain) { d.AllowGap = true })
		r.until("drained", r.drained(from))
		r.wish(events.WishCordonLifted{OfEvacuation: events.OfEvacuation{Node: from}})
		r.until("back where its volume lives", func() bool { return r.serving() == 1 && len(r.on(from)) == 1 })
	})
	t.Run("an app that runs on every node leaves the drained one last, and comes back when it is open", func(t *testing.T) {
		r := newRig(t, "n1", "n2")
		r.deploy(doc("1", func(d *events.Document) { d.PerNode = true }))
		r.drain("n1")
		r.until("drained", r.drained("n1"))
		r.order("evacuation.started n1", "evacuation.emptied n1", "assignment.withdrawn n1/", "evacuation.finished n1")
		r.pass(time.Minute)
		if len(r.on("n2")) != 1 || len(r.app("web").Instances) != 1 {
			t.Errorf("%d instances", len(r.app("web").Instances))
		}
		r.wish(events.WishCordonLifted{OfEvacuation: events.OfEvacuation{Node: "n1"}})
		r.until("on both again", func() bool { return r.serving() == 2 })
	})
}

func TestDrainBesideARelease(t *testing.T) {
	t.Run("delivery-C23 what a rolling release has started on a draining node is replaced by it, and the count stays", func(t *testing.T) {
		r := newRig(t, "n1", "n2", "n3")
		r.deploy(doc("1", replicas(3)))
		r.slow[2] = true
		r.declare(doc("2", replicas(3)))
		r.until("one is started", func() bool { return len(r.app("web").of(2)) == 1 && r.app("web").of(2)[0].State == "started" })
		node := r.app("web").of(2)[0].Node
		r.drain(node)
		r.slow[2] = false
		for _, i := range r.app("web").of(2) {
			r.makeReady(events.OfInstance{App: "web", Node: i.Node, Instance: i.ID})
		}
		r.until("drained and completed", func() bool { return r.drained(node)() && r.count("release.completed web/2") == 1 })
		r.pass(time.Minute)
		if a := r.app("web"); a.Stable != 2 || len(a.Instances) != 3 || len(r.on(node)) != 0 || r.serving() != 3 {
			t.Errorf("release %d serves with %d instances, on %s %v", a.Stable, len(a.Instances), node, r.on(node))
		}
	})
	t.Run("what a rolling release takes from a draining node goes with what stands by for it, that first", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1", replicas(4)))
		r.drain("n1")
		r.until("one stands by without room", func() bool { standing, _ := r.moving(); return standing == 1 })
		for _, id := range []string{"web-1-a1", "web-1-a2"} {
			r.unlist("web", id)
			r.say(events.InstanceExited{OfInstance: events.OfInstance{App: "web", Node: "n1", Instance: id}, Code: 2})
		}
		r.facts = nil
		r.declare(doc("2", replicas(4)))
		r.until("withdrawn", func() bool { return r.count("assignment.withdrawn n1/web-1-a2") == 1 })
		r.order("assignment.requested web-2-a1", "assignment.withdrawn web-1-b1", "assignment.withdrawn n1/web-1-a1", "assignment.withdrawn n1/web-1-a2")
		r.join("n2", events.NodeDescription{})
		r.until("completed and drained", func() bool { return r.count("release.completed web/2") == 1 && r.drained("n1")() })
	})
	t.Run("what is ready to serve in the place of what died stays when a release begins", func(t *testing.T) {
		r := newRig(t, "n1", "n2")
		r.deploy(doc("1", replicas(2), func(d *events.Document) { d.Health.MinReadyMs = 20_000 }))
		gone := r.on("n1")[0]
		r.drain("n1")
		r.until("one is ready in its place", func() bool {
			next := view{App: r.app("web")}.successor(r.app("web").Instances[gone])
			return next != nil && next.State == "ready"
		})
		next := view{App: r.app("web")}.successor(r.app("web").Instances[gone]).ID
		r.unlist("web", gone)
		r.say(events.InstanceExited{OfInstance: events.OfInstance{App: "web", Node: "n1", Instance: gone}, Code: 2})
		r.slow[2] = true
		r.declare(doc("2", replicas(2), func(d *events.Document) { d.Health.MinReadyMs = 20_000 }))
		r.pass(time.Minute)
		if i := r.app("web").Instances[next]; i == nil || i.Withdrawn {
			t.Errorf("%s is gone: %v", next, r.facts)
		}
	})
	t.Run("a hook on a draining node runs to its end", func(t *testing.T) {
		r := newRig(t)
		r.hold = true
		r.declare(doc("1", func(d *events.Document) {
			d.Hooks.PreDeploy = &events.Hook{Command: []string{"/bin/migrate"}, TimeoutMs: 60_000}
		}))
		r.until("it runs", func() bool { return r.count("placement.placed n1/web-1-h1") == 1 })
		r.drain("n1")
		r.pass(10 * time.Second)
		if r.drained("n1")() || r.count("assignment.withdrawn") != 0 {
			t.Errorf("%v", r.facts)
		}
		r.say(events.InstanceCompleted{OfInstance: events.OfInstance{App: "web", Node: "n1", Instance: "web-1-h1"}})
		r.until("drained", r.drained("n1"))
	})
	t.Run("held ones of a recreate go elsewhere before anything is stopped for them", func(t *testing.T) {
		r := newRig(t, "n1", "n2", "n3")
		r.deploy(doc("1", replicas(1), strategy(events.Recreate)))
		r.hold = true
		r.declare(doc("2", replicas(1), strategy(events.Recreate)))
		r.until("held", func() bool { return len(r.app("web").of(2)) == 1 && r.app("web").of(2)[0].Node != "" })
		node := r.app("web").of(2)[0].Node
		r.hold = false
		r.drain(node)
		r.until("drained and completed", func() bool { return r.drained(node)() && r.count("release.completed web/2") == 1 })
		if len(r.on(node)) != 0 || r.serving() != 1 {
			t.Errorf("on %s %v, %d serve", node, r.on(node), r.serving())
		}
	})
}

func TestALostNode(t *testing.T) {
	t.Run("delivery-N07 each instance of a lost node is replaced once, of the release it was of", func(t *testing.T) {
		r := newRig(t, "n1", "n2")
		r.deploy(doc("1", replicas(4)))
		lost := r.on("n1")
		r.facts = nil
		r.lapse("n1")
		r.pass(events.LostAfter - time.Second)
		if n := r.count("evacuation") + r.count("assignment"); n != 0 {
			t.Fatalf("too soon: %v", r.facts)
		}
		r.until("replaced", func() bool { return len(r.on("n2")) == 4 })
		r.pass(time.Minute)
		if n := r.count("assignment.requested"); n != len(lost) || r.count("placement.evacuated") != len(lost) {
			t.Errorf("%d asked for in place of %v: %v", n, lost, r.facts)
		}
	})
	t.Run("delivery-C23 a release under way replaces what it lost, and the count stays", func(t *testing.T) {
		r := newRig(t, "n1", "n2", "n3")
		r.deploy(doc("1", replicas(3)))
		r.slow[2] = true
		r.declare(doc("2", replicas(3)))
		r.until("one is started", func() bool { return len(r.app("web").of(2)) == 1 && r.app("web").of(2)[0].State == "started" })
		node := r.app("web").of(2)[0].Node
		r.lapse(node)
		r.until("given up", func() bool { return r.count("placement.evacuated") > 0 })
		r.slow[2] = false
		r.until("completed", func() bool { return r.count("release.completed web/2") == 1 })
		if a := r.app("web"); len(a.of(2)) != 3 || r.count("release.aborted") != 0 {
			t.Errorf("%d of 3", len(a.of(2)))
		}
	})
	t.Run("delivery-N09 a node returns with an instance that had failed: it was replaced once, and is not again", func(t *testing.T) {
		r := newRig(t, "n1", "n2")
		r.deploy(doc("1", replicas(2)))
		gone := r.on("n1")[0]
		r.lapse("n1")
		r.until("replaced", func() bool { return len(r.on("n2")) == 2 })
		r.facts = nil
		r.say(events.LeaseResumed{Lease: events.Lease{OfHolder: events.OfHolder{Holder: "node-n1"}, Kind: "node", Name: "n1", Incarnation: 1}})
		r.say(events.InstanceFailed{OfInstance: events.OfInstance{App: "web", Node: "n1", Instance: gone}, Code: 1})
		r.until("returned", func() bool { return r.count("evacuation.finished n1") == 1 })
		r.pass(time.Minute)
		if n := r.count("assignment") + r.count("placement"); n != 0 || len(r.on("n2")) != 2 {
			t.Errorf("on n2 %v: %v", r.on("n2"), r.facts)
		}
	})
	t.Run("a cordoned node keeps what it has through a release, and gets nothing of the next", func(t *testing.T) {
		r := newRig(t, "n1", "n2")
		r.deploy(doc("1", replicas(2)))
		r.wish(events.WishCordonRequested{OfEvacuation: events.OfEvacuation{Node: "n1"}})
		r.pass(time.Minute)
		if len(r.on("n1")) != 1 {
			t.Fatalf("on n1 %v", r.on("n1"))
		}
		r.deploy(doc("2", replicas(2)))
		r.until("the old is gone", func() bool { return len(r.app("web").Instances) == 2 })
		if len(r.on("n1")) != 0 {
			t.Errorf("on n1 %v", r.on("n1"))
		}
	})
	t.Run("wishes about nodes are answered beside wishes about apps, whoever answers first", func(t *testing.T) {
		r := newRig(t, "n1", "n2")
		r.deploy(doc("1"))
		r.h.Crash(time.Second)
		r.declare(doc("2"))
		r.drain("n1")
		r.until("both are answered", func() bool { return r.count("release.completed web/2") == 1 && r.drained("n1")() })
	})
}

// delivery-P4 at a drain: whatever a drain meets, as many serve as before at every
// instant, one instance more exists per move that is allowed, and it ends.
func TestADrainKeepsTheBudget(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(rt, "replicas")
		unavailable := rapid.IntRange(0, 2).Draw(rt, "unavailable")
		r := newRig(t, "n1", "n2", "n3")
		r.deploy(doc("1", replicas(n), rollingBy(1, unavailable)))
		next := rapid.IntRange(0, 2).Draw(rt, "beside")
		r.drain(rapid.SampledFrom([]string{"n1", "n2", "n3"}).Draw(rt, "node"))
		least := n
		switch next {
		case 1:
			r.declare(doc("2", replicas(n), rollingBy(1, unavailable)))
			least = n - unavailable
		case 2:
			r.w.After(20*time.Millisecond, func() { r.h.Crash(time.Second) })
		}
		most := n + 1 + max(1, unavailable)*2
		r.w.RunUntil(3*time.Minute, func() bool {
			a := r.app("web")
			if s := r.serving(); s < least {
				rt.Fatalf("%d serve, %d must\n%s", s, least, strings.Join(r.facts, "\n"))
			}
			if a != nil && len(a.Instances) > most {
				rt.Fatalf("%d exist, %d may\n%s", len(a.Instances), most, strings.Join(r.facts, "\n"))
			}
			return false
		})
		a := r.app("web")
		if r.w.Err != nil || r.count("evacuation.finished") != 1 || len(a.Instances) != n || a.Live != 0 {
			rt.Fatalf("%v: %d instances, live %d, waits %v\n%s", r.w.Err, len(a.Instances), a.Live, r.waits(), strings.Join(r.facts, "\n"))
		}
		if c := r.cluster(); len(c.Instead) != 0 || len(c.Open) != 0 {
			rt.Fatalf("left over: %v %v", c.Instead, c.Open)
		}
	})
}

func (r *rig) cluster() *placer.Cluster {
	c, _ := service.StateOf[placer.Cluster, placer.Ear](r.h.Core().Machines()[1], placer.Key)
	return c
}

// last is the data of the last fact of a kind.
func (r *rig) last(name string) (p events.Payload) {
	for seq := uint64(1); seq <= r.w.Log.Len(); seq++ {
		if e := r.w.Log.At(seq); e.Kind.Name() == name {
			p = e.Data
		}
	}
	return p
}
