package deployer

import (
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
)

// running is a step with a command and what takes it back.
func running(bp int, name string) events.DeployStep {
	return events.DeployStep{WeightBp: bp, Run: &events.StepRun{
		Command: []string{"/bin/" + name}, Undo: []string{"/bin/un" + name}, TimeoutMs: 300_000,
	}}
}

// commands are what the hooks of an app were asked to run, in order.
func (r *rig) commands() *[]string {
	var ran []string
	r.w.Observe(func(e events.Event) error {
		if d, ok := e.Data.(events.PlacementPlaced); ok && d.Hook != nil {
			ran = append(ran, strings.TrimPrefix(d.Hook.Command[0], "/bin/"))
		}
		return nil
	})
	return &ran
}

func TestStepsThatRunCommands(t *testing.T) {
	three := func(last events.DeployStep) func(*events.Document) {
		return steps(running(1000, "one"), running(2000, "two"), last)
	}
	t.Run("each runs once, after its share has settled, before its step is done", func(t *testing.T) {
		r := newRig(t)
		plan := three(weight(5000))
		r.deploy(doc("1", replicas(2), plan))
		ran := r.commands()
		r.deploy(doc("2", replicas(2), plan))
		if got := strings.Join(*ran, " "); got != "one two" {
			t.Errorf("ran %s", got)
		}
		r.order("release.step-started web/2", "route.shifted", "assignment.requested web-2-h1", "release.step-completed web/2",
			"release.step-started web/2", "route.shifted", "assignment.requested web-2-h2", "release.step-completed web/2")
	})
	t.Run("delivery-A12 one that goes on is waited for: nobody looks, nothing is said", func(t *testing.T) {
		r := newRig(t)
		plan := three(weight(5000))
		r.deploy(doc("1", replicas(2), plan))
		r.hold = true
		r.slow[2] = true
		r.declare(doc("2", replicas(2), plan))
		r.until("a canary", func() bool { return len(r.app("web").of(2)) == 1 && r.app("web").of(2)[0].State == "placed" })
		of := events.OfInstance{App: "web", Node: "n1", Instance: "web-2-a1"}
		r.start(of, 2)
		r.makeReady(of)
		r.until("its command", func() bool { return r.app("web").Instances["web-2-h1"] != nil })
		r.say(events.InstanceStarted{OfInstance: events.OfInstance{App: "web", Node: "n1", Instance: "web-2-h1"}, Release: 2, Try: 1, Boot: 1})
		r.pass(time.Second)
		before, decided := len(r.facts), r.h.Core().Machines()[0].Due("web", r.w.Now())
		r.pass(45 * time.Second)
		if len(r.facts) != before {
			t.Errorf("said %v", r.facts[before:])
		}
		if !decided.IsZero() && decided.Before(r.w.Now()) {
			t.Errorf("it was looked at meanwhile, at %s", decided)
		}
		if w := r.waits(); len(w) != 1 || !strings.Contains(w[0].Detail, "hook web-2-h1 to complete") {
			t.Errorf("waits %v", w)
		}
	})
	t.Run("delivery-A13 aborted: what completed is taken back in reverse order, once each", func(t *testing.T) {
		r := newRig(t)
		plan := three(approved(5000))
		r.deploy(doc("1", replicas(2), plan))
		ran := r.commands()
		r.declare(doc("2", replicas(2), plan))
		r.until("paused", func() bool { return r.count("release.paused web/2") == 1 })
		r.wish(events.WishAbortRequested{OfApp: web})
		r.until("rolled back", func() bool { return r.count("release.rolled-back web/2") == 1 })
		r.pass(time.Minute)
		if got := strings.Join(*ran, " "); got != "one two untwo unone" {
			t.Errorf("ran %s", got)
		}
		r.order("release.aborted", "route.shifted", "assignment.requested web-2-h3", "assignment.requested web-2-h4", "release.rolled-back")
	})
	t.Run("one that fails aborts, what went before it is taken back", func(t *testing.T) {
		r := newRig(t)
		plan := steps(running(1000, "one"), events.DeployStep{WeightBp: 2000, Run: &events.StepRun{Command: []string{"/bin/fails"}, Undo: []string{"/bin/unfails"}, TimeoutMs: 1000}})
		r.deploy(doc("1", replicas(2), plan))
		ran := r.commands()
		r.fails = "/bin/fails"
		r.declare(doc("2", replicas(2), plan))
		r.until("rolled back", func() bool { return r.count("release.rolled-back web/2") == 1 })
		if got := strings.Join(*ran, " "); got != "one fails unone" {
			t.Errorf("ran %s", got)
		}
		if why := r.app("web").Releases[2].AbortWhy; !strings.Contains(why, "command web-2-h2 of step 2 failed") {
			t.Errorf("aborted: %s", why)
		}
	})
	t.Run("an undo that fails is not tried again, the end tells of it", func(t *testing.T) {
		r := newRig(t)
		plan := three(approved(5000))
		r.deploy(doc("1", replicas(2), plan))
		ran := r.commands()
		r.fails = "/bin/untwo"
		r.declare(doc("2", replicas(2), plan))
		r.until("paused", func() bool { return r.count("release.paused web/2") == 1 })
		r.wish(events.WishAbortRequested{OfApp: web})
		r.until("rolled back", func() bool { return r.count("release.rolled-back web/2") == 1 })
		if got := strings.Join(*ran, " "); got != "one two untwo unone" {
			t.Errorf("ran %s", got)
		}
		if why := r.app("web").Releases[2].Why; !strings.Contains(why, "undo web-2-h3 of step 2 failed") {
			t.Errorf("rolled back: %s", why)
		}
	})
	t.Run("a node that says nothing: the command has its time, then the release is taken back", func(t *testing.T) {
		r := newRig(t)
		plan := steps(running(1000, "one"), weight(5000))
		r.deploy(doc("1", replicas(2), plan))
		r.fails = "nothing is ever said of it"
		r.mute = "/bin/one"
		r.declare(doc("2", replicas(2), plan))
		r.until("aborted", func() bool { return r.count("release.aborted web/2") == 1 })
		if why := r.app("web").Releases[2].AbortWhy; !strings.Contains(why, "took longer than 5m0s") {
			t.Errorf("aborted: %s", why)
		}
	})
	t.Run("an undo of which nobody hears: it has its own time on top, then the release is stranded, and was aborted once", func(t *testing.T) {
		r := newRig(t)
		plan := three(approved(5000))
		r.deploy(doc("1", replicas(2), plan))
		r.mute = "/bin/untwo"
		r.declare(doc("2", replicas(2), plan))
		r.until("paused", func() bool { return r.count("release.paused web/2") == 1 })
		r.wish(events.WishAbortRequested{OfApp: web})
		r.until("aborted", func() bool { return r.count("release.aborted web/2") == 1 })
		began := r.w.Now()
		r.until("stranded", func() bool { return r.count("release.stranded web/2") == 1 })
		if took := r.w.Now().Sub(began); took < 15*time.Minute || took > 15*time.Minute+5*time.Second {
			t.Errorf("given up after %s; revert has 5 minutes, and each of two undos", took)
		}
		if n := r.count("release.aborted web/2"); n != 1 {
			t.Errorf("aborted %d times", n)
		}
	})
	t.Run("what was never done lends its undo's time to nobody", func(t *testing.T) {
		r := newRig(t)
		plan := steps(running(1000, "one"), approved(2000), running(5000, "three"))
		r.deploy(doc("1", replicas(2), plan))
		r.mute = "/bin/unone"
		r.declare(doc("2", replicas(2), plan))
		r.until("paused", func() bool { return r.count("release.paused web/2") == 1 })
		r.wish(events.WishAbortRequested{OfApp: web})
		r.until("aborted", func() bool { return r.count("release.aborted web/2") == 1 })
		began := r.w.Now()
		r.until("stranded", func() bool { return r.count("release.stranded web/2") == 1 })
		if took := r.w.Now().Sub(began); took < 10*time.Minute || took > 10*time.Minute+5*time.Second {
			t.Errorf("given up after %s; revert has 5 minutes, and the one undo", took)
		}
	})
}

func TestAHookBeforeARelease(t *testing.T) {
	migrating := func(version string) events.Document {
		return doc(version, func(d *events.Document) {
			d.Hooks.PreDeploy = &events.Hook{Command: []string{"/bin/migrate"}, TimeoutMs: 60_000, Retries: 2}
		})
	}
	t.Run("delivery-N17 its node has used up its retries: it is not asked for again, the release is taken back", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1"))
		r.crash[2] = true
		r.declare(migrating("2"))
		r.until("rolled back", func() bool { return r.count("release.rolled-back web/2") == 1 })
		if n := r.count("assignment.requested web-2-"); n != 1 {
			t.Errorf("%d hooks were asked for, each of three tries", n)
		}
		r.order("assignment.requested web-2-h1", "release.aborted web/2", "release.rolled-back web/2")
	})
	t.Run("delivery-N17 an older one still stops: the next is asked for when it has stopped", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1"))
		runs := map[string]bool{}
		r.w.Observe(func(e events.Event) error {
			switch d := e.Data.(type) {
			case events.AssignmentRequested:
				if d.Role == events.RoleHook {
					for id := range runs {
						t.Errorf("%s is asked for while %s has not stopped", d.Instance, id)
					}
					runs[d.Instance] = true
				}
			case events.InstanceStopped:
				delete(runs, d.Instance)
			case events.InstanceCompleted:
				delete(runs, d.Instance)
			}
			return nil
		})
		r.hold = true
		r.declare(migrating("2"))
		r.until("its hook runs", func() bool { i := r.app("web").Instances["web-2-h1"]; return i != nil && i.State == "placed" })
		r.hold = false
		r.declare(migrating("3"))
		r.until("the newer one serves", func() bool { return r.app("web").Stable == 3 && r.app("web").Live == 0 })
		r.order("assignment.requested web-2-h1", "assignment.withdrawn n1/web-2-h1", "assignment.requested web-3-h1", "release.completed web/3")
	})
}
