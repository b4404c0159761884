package deployer

import (
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
)

// steps is a canary with these steps.
func steps(all ...events.DeployStep) func(*events.Document) {
	return func(d *events.Document) { d.Deploy.Strategy, d.Deploy.Steps = events.Canary, all }
}

func weight(bp int) events.DeployStep { return events.DeployStep{WeightBp: bp} }
func pausing(bp int, d time.Duration) events.DeployStep {
	return events.DeployStep{WeightBp: bp, PauseMs: d.Milliseconds()}
}
func approved(bp int) events.DeployStep { return events.DeployStep{WeightBp: bp, Approve: true} }

var web = events.OfApp{App: "web"}

// after are the release and route facts since the release was planned, without the
// number of generations.
func (r *rig) after(release string) (facts []string) {
	for _, f := range r.facts {
		switch {
		case strings.HasPrefix(f, "release.planned "+release):
			facts = []string{"release.planned"}
		case len(facts) > 0 && strings.HasPrefix(f, "release.") && strings.HasSuffix(f, release):
			facts = append(facts, strings.Fields(f)[0])
		case len(facts) > 0 && strings.HasPrefix(f, "route.shifted"):
			facts = append(facts, "route.shifted")
		}
	}
	return facts
}

func (r *rig) lists(release string, want ...string) {
	r.t.Helper()
	if got := strings.Join(r.after(release), " "); got != strings.Join(want, " ") {
		r.t.Fatalf("release %s said\n%s\nwant\n%s", release, got, strings.Join(want, " "))
	}
}

// A person has said stop: what gets ready meanwhile has its share when it goes on.
func TestAStepThatIsHaltedGivesNoShare(t *testing.T) {
	r := newRig(t)
	plan := steps(weight(5000), weight(7500))
	r.deploy(doc("1", replicas(2), plan))
	r.slow[2] = true
	r.declare(doc("2", replicas(2), plan))
	r.until("a canary starts", func() bool { i := r.app("web").Instances["web-2-a1"]; return i != nil && i.State == "started" })
	r.wish(events.WishHaltRequested{OfApp: web})
	r.until("halted", func() bool { return r.count("release.paused web/2") == 1 })
	r.makeReady(events.OfInstance{App: "web", Node: "n1", Instance: "web-2-a1"})
	r.pass(time.Minute)
	if a := r.app("web"); a.share(2) != 0 || a.share(1) != fullBp {
		t.Fatalf("shares %v while it is halted", a.Route.Said.Shares)
	}
	r.wish(events.WishHaltLifted{OfApp: web})
	r.until("its share", func() bool { return r.app("web").share(2) == 5000 })
}

func TestCanary(t *testing.T) {
	t.Run("delivery-C01 abort at a pause, retry, let the pause expire", func(t *testing.T) {
		r := newRig(t)
		plan := steps(pausing(500, time.Minute), weight(5000))
		r.deploy(doc("1", replicas(4), plan))
		r.declare(doc("2", replicas(4), plan))
		r.until("paused", func() bool { return r.count("release.paused web/2") == 1 })
		if r.app("web").share(2) != 500 || len(r.app("web").of(2)) != 1 || len(r.app("web").of(1)) != 4 {
			t.Fatalf("share %d, %d canaries, %d stable", r.app("web").share(2), len(r.app("web").of(2)), len(r.app("web").of(1)))
		}
		r.wish(events.WishAbortRequested{OfApp: web})
		r.until("rolled back", func() bool { return r.app("web").Live == 0 })
		r.lists("web/2", "release.planned", "release.started", "release.step-started", "route.shifted", "release.step-completed",
			"release.paused", "release.aborted", "route.shifted", "release.rolled-back")
		r.wish(events.WishRetryRequested{OfApp: web})
		r.until("completed", func() bool { return r.app("web").Stable == 3 && r.app("web").Live == 0 })
		r.lists("web/3", "release.planned", "release.started", "release.step-started", "route.shifted", "release.step-completed",
			"release.paused", "release.resumed", "release.step-started", "route.shifted", "release.step-completed",
			"route.shifted", "release.promoted", "release.completed")
		r.order("release.promoted web/3", "release.demoted web/1")
		if n := len(r.app("web").of(1)); n != 4 {
			t.Errorf("%d of the old one are warm, want 4", n)
		}
	})
	t.Run("delivery-C02 promote goes on past a pause, full to the end", func(t *testing.T) {
		for _, full := range []bool{false, true} {
			r := newRig(t)
			plan := steps(pausing(500, time.Hour), pausing(1000, time.Hour), pausing(5000, time.Hour))
			r.deploy(doc("1", replicas(2), plan))
			r.declare(doc("2", replicas(2), plan))
			r.until("paused", func() bool { return r.count("release.paused web/2") == 1 })
			r.wish(events.WishPromotionRequested{OfApp: web, Full: full})
			if !full {
				r.until("step 2", func() bool { return r.count("release.paused web/2") == 2 })
				if r.app("web").Releases[2].Step != 2 {
					t.Fatalf("step %d", r.app("web").Releases[2].Step)
				}
				continue
			}
			r.until("promoted", func() bool { return r.app("web").Stable == 2 })
			if n := r.count("release.step-started web/2"); n != 1 {
				t.Errorf("%d steps begun", n)
			}
		}
	})
	t.Run("full is granted in the midst of a step, and waits for readiness", func(t *testing.T) {
		r := newRig(t)
		plan := steps(weight(500), pausing(5000, time.Hour))
		r.deploy(doc("1", replicas(2), plan))
		r.slow[2] = true
		r.declare(doc("2", replicas(2), plan))
		r.until("step 1", func() bool { return r.count("release.step-started web/2") == 1 && len(r.app("web").of(2)) == 1 })
		r.pass(time.Second)
		r.wish(events.WishPromotionRequested{OfApp: web, Full: true})
		r.pass(time.Minute)
		if r.count("release.promotion-refused") != 1 || r.app("web").Stable != 1 {
			t.Fatalf("%v", r.facts)
		}
		r.slow[2] = false
		r.makeReady(events.OfInstance{App: "web", Node: "n1", Instance: "web-2-a1"})
		r.wish(events.WishPromotionRequested{OfApp: web, Full: true})
		r.until("promoted", func() bool { return r.app("web").Stable == 2 })
	})
	t.Run("delivery-C06 a newer revision while paused: share 100/0, the old canary gone, a new one from step 1", func(t *testing.T) {
		r := newRig(t)
		plan := steps(pausing(2500, time.Hour))
		r.deploy(doc("1", replicas(4), plan))
		r.declare(doc("2", replicas(4), plan))
		r.until("paused", func() bool { return r.count("release.paused web/2") == 1 })
		r.declare(doc("3", replicas(4), plan))
		r.until("paused anew", func() bool { return r.count("release.paused web/3") == 1 })
		r.order("release.paused web/2", "release.aborted web/2", "route.shifted", "release.superseded web/2", "release.planned web/3", "release.step-started web/3")
		if a := r.app("web"); a.share(1) != 7500 || a.share(3) != 2500 || len(a.of(2)) != 0 {
			t.Errorf("shares %v, %d of release 2", a.Route.Said.Shares, len(a.of(2)))
		}
	})
	t.Run("delivery-C14 a canary with nobody ready has no share, and has it again once it is", func(t *testing.T) {
		r := newRig(t)
		plan := steps(pausing(5000, time.Hour))
		r.deploy(doc("1", replicas(2), plan))
		r.declare(doc("2", replicas(2), plan))
		r.until("paused", func() bool { return r.count("release.paused web/2") == 1 })
		of := events.OfInstance{App: "web", Node: "n1", Instance: "web-2-a1"}
		r.say(events.InstanceUnready{OfInstance: of})
		r.until("no share", func() bool { return r.app("web").share(2) == 0 })
		r.makeReady(of)
		r.until("its share again", func() bool { return r.app("web").share(2) == 5000 })
	})
	t.Run("delivery-C21 paused: no more canaries, and none is replaced", func(t *testing.T) {
		r := newRig(t)
		plan := steps(approved(5000))
		r.deploy(doc("1", replicas(4), plan))
		r.declare(doc("2", replicas(4), plan))
		r.until("paused", func() bool { return r.count("release.paused web/2") == 1 })
		before := r.count("assignment.requested")
		r.lose("web-2-a1")
		r.pass(10 * time.Minute)
		if n := r.count("assignment.requested"); n != before {
			t.Errorf("%d more were asked for", n-before)
		}
	})
	t.Run("delivery-C22 a stable instance that dies beside a canary is replaced by stable", func(t *testing.T) {
		r := newRig(t)
		plan := steps(approved(2500))
		r.deploy(doc("1", replicas(4), plan))
		r.declare(doc("2", replicas(4), plan))
		r.until("paused", func() bool { return r.count("release.paused web/2") == 1 })
		r.lose("web-1-a2")
		r.until("replaced", func() bool { return len(r.app("web").of(1)) == 4 && len(r.app("web").of(2)) == 1 })
		if r.count("assignment.requested web/web-1-b2")+r.count("assignment.requested _/web-1-b2")+r.count("assignment.requested web-1-b2") == 0 {
			t.Errorf("no second attempt at replica 2 of release 1 in %v", r.facts)
		}
	})
	t.Run("delivery-C25 promote with an unready canary is refused with the reason", func(t *testing.T) {
		r := newRig(t)
		plan := steps(approved(5000))
		r.deploy(doc("1", replicas(2), plan))
		r.declare(doc("2", replicas(2), plan))
		r.until("paused", func() bool { return r.count("release.paused web/2") == 1 })
		r.say(events.InstanceUnready{OfInstance: events.OfInstance{App: "web", Node: "n1", Instance: "web-2-a1"}})
		r.wish(events.WishPromotionRequested{OfApp: web})
		r.until("refused", func() bool { return r.count("release.promotion-refused") == 1 })
		if r.app("web").Releases[2].Phase != paused {
			t.Errorf("phase %s", r.app("web").Releases[2].Phase)
		}
	})
	t.Run("delivery-C26 nobody approves: still paused after the deadline, waits for approval", func(t *testing.T) {
		r := newRig(t)
		plan := steps(approved(5000))
		r.deploy(doc("1", replicas(2), plan))
		r.declare(doc("2", replicas(2), plan))
		r.until("paused", func() bool { return r.count("release.paused web/2") == 1 })
		r.pass(time.Hour)
		w := r.waits()
		if r.app("web").Releases[2].Phase != paused || len(w) != 1 || w[0].For != waitsApproval {
			t.Errorf("%s, waits %v", r.app("web").Releases[2].Phase, w)
		}
	})
	t.Run("delivery-C28 replacements used up: aborted at once", func(t *testing.T) {
		r := newRig(t)
		plan := steps(pausing(5000, time.Hour))
		r.deploy(doc("1", replicas(2), plan))
		r.crash[2] = true
		r.declare(doc("2", replicas(2), plan))
		r.until("rolled back", func() bool { return r.count("release.rolled-back web/2") == 1 })
		if a := r.app("web"); a.share(1) != fullBp || len(a.of(1)) != 2 {
			t.Errorf("shares %v", a.Route.Said.Shares)
		}
		if n := r.count("assignment.requested web-2-"); n != 3 {
			t.Errorf("its one canary was tried %d times, want 3", n)
		}
	})
}

func TestStepsOfACanary(t *testing.T) {
	for _, c := range []struct {
		step   events.DeployStep
		target int
		want   int
	}{
		{weight(1), 1, 1}, {weight(500), 1, 1}, {weight(500), 100, 5}, {weight(501), 100, 6},
		{events.DeployStep{WeightBp: 500, Replicas: 3}, 10, 3}, {events.DeployStep{WeightBp: 5000, Replicas: 1}, 10, 5},
		{events.DeployStep{WeightBp: 500, Replicas: 30}, 10, 10}, {weight(500), 0, 0},
	} {
		if got := c.step.Instances(c.target); got != c.want {
			t.Errorf("%+v of %d: %d, want %d", c.step, c.target, got, c.want)
		}
	}
}

func TestAWorkersCanaryCountsInstances(t *testing.T) {
	r := newRig(t)
	quiet := func(d *events.Document) { d.Ports = nil }
	plan := steps(pausing(2500, time.Minute), weight(5000))
	r.deploy(doc("1", replicas(4), plan, quiet))
	r.declare(doc("2", replicas(4), plan, quiet))
	r.until("paused", func() bool { return r.count("release.paused web/2") == 1 })
	if n := len(r.app("web").of(2)); n != 1 {
		t.Errorf("%d canaries", n)
	}
	r.until("completed", func() bool { return r.app("web").Stable == 2 && r.app("web").Live == 0 })
}

func TestACanaryOfAnAppScaledToNothingTurnsNoRoute(t *testing.T) {
	r := newRig(t)
	plan := steps(pausing(2500, time.Minute), weight(5000))
	r.deploy(doc("1", replicas(2), plan))
	r.declare(doc("2", replicas(2), plan))
	r.until("paused", func() bool { return r.count("release.paused web/2") == 1 })
	r.app("web").Accepted.Document.Replicas = 0 // as a steering change while it stands still
	before := r.count("route.shifted")
	r.wish(events.WishPromotionRequested{OfApp: web})
	r.until("its end", func() bool { return r.app("web").Live == 0 })
	if n := r.count("route.shifted") - before; n > 3 {
		t.Errorf("the route turned %d times", n)
	}
}
