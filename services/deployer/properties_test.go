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
)

// delivery-P4: at every instant of a rolling release at least target - unavailable
// serve, unless the world took them, and at most target + surge exist, stopping ones
// included.
func TestRollingNeverLeavesItsLimits(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		from, to := rapid.IntRange(1, 6).Draw(rt, "from"), rapid.IntRange(1, 6).Draw(rt, "to")
		surge, unavailable := rapid.IntRange(0, 3).Draw(rt, "surge"), rapid.IntRange(0, 3).Draw(rt, "unavailable")
		if surge+unavailable == 0 {
			surge = 1
		}
		r := newRig(t, "n1", "n2")
		r.deploy(doc("1", replicas(from), rollingBy(surge, unavailable)))
		switch rapid.IntRange(0, 2).Draw(rt, "new") {
		case 1:
			r.bad[2] = true
		case 2:
			r.crash[2] = true
		}
		least, most := min(from, to)-unavailable, max(from, to)+surge
		r.declare(doc("2", replicas(to), rollingBy(surge, unavailable), deadline(20_000)))
		r.w.RunUntil(5*time.Minute, func() bool {
			a := r.app("web")
			if n := r.serving(); n < least {
				rt.Fatalf("%d serve, at least %d - %d must\n%s", n, min(from, to), unavailable, strings.Join(r.facts, "\n"))
			}
			if n := len(a.Instances); n > most {
				rt.Fatalf("%d exist, at most %d + %d may\n%s", n, max(from, to), surge, strings.Join(r.facts, "\n"))
			}
			return false
		})
		if a := r.app("web"); a.Live != 0 || r.w.Err != nil {
			rt.Fatalf("release %d is still on its way: %v", a.Live, r.w.Err)
		}
	})
}

// delivery-P12: what commutes may come in any order, and a wish may be heard before
// or after a restart: the same end.
func TestOrderOfCommutingInputsDoesNotMatter(t *testing.T) {
	end := func(order []int, restart bool) string {
		r := newRig(t, "n1", "n2", "n3")
		r.slow[1] = true
		r.declare(doc("1", replicas(3)))
		r.pass(time.Second)
		if restart {
			r.h.Crash(time.Second)
			r.wish(events.WishHaltRequested{OfApp: events.OfApp{App: "web"}})
			r.pass(2 * time.Second)
		} else {
			r.wish(events.WishHaltRequested{OfApp: events.OfApp{App: "web"}})
			r.pass(3 * time.Second)
		}
		ids := service.Sorted(r.app("web").Instances)
		for _, k := range order {
			i := r.app("web").Instances[ids[k]]
			r.makeReady(events.OfInstance{App: "web", Node: i.Node, Instance: i.ID})
		}
		r.wish(events.WishHaltLifted{OfApp: events.OfApp{App: "web"}})
		r.until("completed", func() bool { return r.count("release.completed web/1") == 1 })
		facts := slices.Clone(r.facts)
		slices.Sort(facts)
		return fmt.Sprint(facts, r.app("web").Route.Said)
	}
	want := end([]int{0, 1, 2}, false)
	for _, order := range [][]int{{2, 1, 0}, {1, 0, 2}, {2, 0, 1}} {
		for _, restart := range []bool{false, true} {
			if got := end(order, restart); got != want {
				t.Errorf("order %v, restart %v:\n%s\nwant\n%s", order, restart, got, want)
			}
		}
	}
}

// The incarnation gate: an instance that was ready in an earlier boot of its node is
// available only once it says so in the present one.
func TestReadyOfAnEarlierBootCountsForNothing(t *testing.T) {
	r := newRig(t)
	r.deploy(doc("1"))
	available := func() int {
		v := view{App: r.app("web"), fleet: fleetOf(r), now: r.w.Now()}
		return len(v.of(1).keep(v.available))
	}
	if n := available(); n != 1 {
		t.Fatalf("%d available, want 1", n)
	}
	r.say(events.NodeJoined{OfNode: events.OfNode{Node: "n1"}, Incarnation: 2, NodeDescription: fleetOf(r).Nodes["n1"].NodeDescription})
	r.pass(time.Second)
	if n := available(); n != 0 {
		t.Errorf("%d available by the word of an earlier boot", n)
	}
	r.say(events.InstanceReady{OfInstance: events.OfInstance{App: "web", Node: "n1", Instance: "web-1-a1"}, Boot: 2})
	r.pass(time.Second)
	if n := available(); n != 1 {
		t.Errorf("%d available, want 1", n)
	}
}

func fleetOf(r *rig) *Fleet {
	_, f := service.StateOf[App, Fleet](r.h.Core().Machines()[0], "web")
	return f
}

// delivery-P10: whatever prefix of its story is in the log when the deployer crashes, a
// release ends as it would have.
func TestACrashAtAnyPrefixEndsTheSame(t *testing.T) {
	for name, crashes := range map[string]bool{"a good release": false, "one whose instances fail": true} {
		play := func(at uint64) (phase string, end uint64) {
			r := newRig(t)
			r.deploy(doc("1", replicas(2)))
			r.crash[2] = crashes
			begin := r.w.Log.Len()
			r.declare(doc("2", replicas(2)))
			if at > 0 {
				r.w.RunUntil(10*time.Minute, func() bool { return r.w.Log.Len() >= begin+at })
				r.h.Crash(time.Second)
			}
			r.until("release 2 has ended", func() bool {
				a := r.app("web")
				return a != nil && a.Releases[2] != nil && !a.Releases[2].Ended.IsZero()
			})
			return r.app("web").Releases[2].Phase, r.w.Log.Len() - begin
		}
		want, all := play(0)
		for at := range all {
			if got, _ := play(at + 1); got != want {
				t.Errorf("%s, crash after %d of %d facts: it is %s, want %s", name, at+1, all, got, want)
			}
		}
	}
}
