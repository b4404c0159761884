package deployer

import (
	"testing"
	"time"

	"slipway.dev/events"
)

// kill is a kill -9 of instances: their node finds them gone and starts them again,
// after as long, unless it never does.
func (r *rig) kill(l insts, back time.Duration) {
	for _, i := range l {
		of := events.OfInstance{App: "web", Node: i.Node, Instance: i.ID}
		r.unlist("web", i.ID)
		r.say(events.InstanceExited{OfInstance: of, Code: -1, Signal: "KILL"})
		r.say(events.InstanceBackingOff{OfInstance: of, Until: r.w.Now().Add(back), Failures: 1})
		if back > 0 {
			r.w.After(back, func() { r.rise(of) })
		}
	}
}

// rise starts an instance again, if it is still wanted.
func (r *rig) rise(of events.OfInstance) {
	if i := r.app("web").Instances[of.Instance]; i == nil || i.Withdrawn {
		return
	}
	r.say(events.InstanceStarting{OfInstance: of, Try: 2, Boot: 1})
	r.say(events.InstanceStarted{OfInstance: of, Release: releaseNumber(of.Instance), Try: 2, Boot: 1, Address: "127.0.0.1:1"})
	r.w.After(100*time.Millisecond, func() {
		if i := r.app("web").Instances[of.Instance]; i != nil && !i.Withdrawn {
			r.makeReady(of)
		}
	})
}

// The old instances of a rolling release are killed, all at once, as it begins: what was
// ready a moment ago is waited for, and what never was is not.
func TestWhatComesBackIsWaitedFor(t *testing.T) {
	gone := "assignment.withdrawn n1/web-1-"
	t.Run("killed as the release begins, and back at once: none is replaced for it", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1", replicas(4)))
		r.slow[2] = true
		r.declare(doc("2", replicas(4)))
		r.until("the first new one", func() bool { return len(r.app("web").of(2)) == 1 })
		r.kill(r.app("web").of(1), 200*time.Millisecond)
		r.pass(time.Minute)
		if n := r.count(gone); n != 0 || r.serving() != 4 {
			t.Fatalf("%d of the old ones were withdrawn, %d serve", n, r.serving())
		}
		for _, i := range r.app("web").of(2) {
			r.makeReady(events.OfInstance{App: "web", Node: i.Node, Instance: i.ID})
		}
		r.slow[2] = false
		r.until("it goes on", func() bool { return r.count("release.completed web/2") == 1 })
	})
	t.Run("killed before it is planned: the same", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1", replicas(4)))
		r.slow[2] = true
		r.kill(r.app("web").of(1), 2*time.Second)
		r.declare(doc("2", replicas(4)))
		r.pass(time.Minute)
		if n := r.count(gone); n != 0 || r.serving() != 4 {
			t.Errorf("%d of the old ones were withdrawn, %d serve", n, r.serving())
		}
	})
	t.Run("killed for good: replaced once its time is over, and not before", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1", replicas(4)))
		r.declare(doc("2", replicas(4)))
		r.until("the first new one", func() bool { return len(r.app("web").of(2)) == 1 })
		r.kill(r.app("web").of(1), 0)
		r.pass(comesBackWithin - time.Second)
		if n := r.count(gone); n != 0 || !r.waitsFor(waitsReadiness) {
			t.Fatalf("%d of the old ones were withdrawn, waits %v", n, r.waits())
		}
		r.pass(2 * time.Second)
		if n := r.count("release.completed web/2"); n != 1 || len(r.app("web").Instances) != 4 {
			t.Errorf("completed %d times, %d instances", n, len(r.app("web").Instances))
		}
	})
	t.Run("within what may be missing nobody waits for it", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1", replicas(4), rollingBy(0, 1)))
		r.slow[2] = true
		r.kill(r.app("web").of(1)[:1], 0)
		r.declare(doc("2", replicas(4), rollingBy(0, 1)))
		r.pass(time.Second)
		if n := r.count(gone); n != 1 {
			t.Errorf("%d of the old ones were withdrawn", n)
		}
	})
	t.Run("one that never served is replaced at once", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1", replicas(2)))
		r.slow[1] = true
		r.lose("web-1-a1")
		r.until("asked for again", func() bool { return r.app("web").Instances["web-1-b1"] != nil })
		r.pass(time.Second)
		r.kill(r.app("web").of(1).keep(func(i *Inst) bool { return i.ID == "web-1-b1" }), 0)
		r.slow[2] = true
		r.declare(doc("2", replicas(2)))
		r.pass(time.Second)
		if n := r.count("assignment.withdrawn n1/web-1-b1"); n != 1 {
			t.Errorf("it was withdrawn %d times in %v", n, r.facts)
		}
	})
}

// An old release whose instances end again and again holds a rollout for no longer than
// twice what one of them may take to come back, however well they are in between.
func TestACrashLoopHoldsNoRollout(t *testing.T) {
	for name, up := range map[string]time.Duration{"a second at a time": time.Second, "longer than it takes to trust it": trustAfter + 5*time.Second} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.deploy(doc("1", replicas(12)))
			for n := range 12 { // some are always away, more than the one new
				var again func()
				again = func() {
					if i := r.app("web").Instances["web-1-a"+itoa(n+1)]; i != nil && !i.Withdrawn {
						r.kill(insts{i}, 9*time.Second)
						r.w.After(9*time.Second+up, again)
					}
				}
				r.w.After(time.Duration(n)*(9*time.Second+up)/12, again)
			}
			r.pass(2 * time.Minute)
			begun := r.w.Now()
			r.deploy(doc("2", replicas(12)))
			if took := r.w.Now().Sub(begun); r.app("web").Stable != 2 || took > 2*(comesBackWithin+up) {
				t.Errorf("release %d serves after %s", r.app("web").Stable, took)
			}
		})
	}
}
