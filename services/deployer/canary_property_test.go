package deployer

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"slipway.dev/events"
)

// delivery-P1, -P5 for canaries: whatever happens to it, a canary has at most its
// step's instances and share, a share only where somebody carries it, stable keeps its
// size, and the release ends.
func TestACanaryNeverExceedsItsStep(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		size := rapid.IntRange(1, 5).Draw(rt, "size")
		var plan []events.DeployStep
		bp := 0
		for range rapid.IntRange(1, 4).Draw(rt, "steps") {
			bp = min(bp+rapid.IntRange(1, 4000).Draw(rt, "more"), fullBp)
			plan = append(plan, events.DeployStep{
				WeightBp: bp, PauseMs: 1000 * rapid.Int64Range(0, 20).Draw(rt, "pause"),
				Replicas: rapid.IntRange(0, size).Draw(rt, "replicas"),
			})
		}
		r := newRig(t, "n1", "n2")
		fail := func(format string, args ...any) {
			rt.Fatalf(format+"\n%s", append(args, strings.Join(r.facts, "\n"))...)
		}
		r.deploy(doc("1", replicas(size), steps(plan...)))
		r.bad[2] = rapid.IntRange(0, 3).Draw(rt, "never ready") == 0
		r.declare(doc("2", replicas(size), steps(plan...), deadline(20_000)))
		act := rapid.SampledFrom([]string{"nothing", "abort", "promote", "full", "newer", "lose stable", "lose canary", "unready"}).Draw(rt, "happens")
		after := time.Duration(rapid.IntRange(0, 40_000).Draw(rt, "after ms")) * time.Millisecond
		r.w.After(after, func() { r.happen(act, r.app("web"), size, plan) })
		r.w.RunUntil(10*time.Minute, func() bool {
			checkCanary(fail, r.app("web"), size, plan, act)
			return false
		})
		if a := r.app("web"); a.Live != 0 || a.Pending != nil || r.w.Err != nil {
			fail("release %d is still on its way: %v, waits %v", a.Live, r.w.Err, r.waits())
		}
	})
}

func (r *rig) happen(act string, a *App, size int, plan []events.DeployStep) {
	switch act {
	case "abort":
		r.wish(events.WishAbortRequested{OfApp: web})
	case "promote", "full":
		r.wish(events.WishPromotionRequested{OfApp: web, Full: act == "full"})
	case "newer":
		r.declare(doc("3", replicas(size), steps(plan...), deadline(20_000)))
	case "lose stable", "lose canary", "unready":
		for _, i := range a.all() {
			if stable := i.Release == a.Stable; i.State != "ready" || stable != (act == "lose stable") {
				continue
			}
			if act != "unready" {
				r.lose(i.ID)
				return
			}
			r.say(events.InstanceUnready{OfInstance: events.OfInstance{App: "web", Node: i.Node, Instance: i.ID}})
			r.w.After(5*time.Second, func() {
				if r.app("web").Instances[i.ID] != nil {
					r.makeReady(events.OfInstance{App: "web", Node: i.Node, Instance: i.ID})
				}
			})
			return
		}
	}
}

func checkCanary(fail func(string, ...any), a *App, size int, plan []events.DeployStep, act string) {
	c := a.Releases[a.Live]
	if c == nil || c.Strategy != events.Canary || a.Stable == 0 || c.Number == a.Stable {
		return
	}
	mine, stable := len(a.of(c.Number).keep(wanted)), len(a.of(a.Stable).keep(wanted))
	if mine > size {
		fail("%d canaries of a target of %d", mine, size)
	}
	if lost := act == "lose stable"; stable < size && !(lost && stable >= size-1) && a.share(a.Stable) > 0 {
		fail("stable has %d of %d instances", stable, size)
	}
	last := c.StepDone >= len(plan)
	if c.Full || last || c.Phase == returning {
		return
	}
	allowed, bp := 0, 0
	for _, s := range plan[:c.Step] { // what one step has started the next one keeps
		allowed, bp = max(allowed, s.Instances(size)), s.WeightBp
	}
	if mine > allowed {
		fail("step %d has %d canaries, %d allowed", c.Step, mine, allowed)
	}
	if a.share(c.Number) > bp {
		fail("step %d has %d bp, %d allowed", c.Step, a.share(c.Number), bp)
	}
}
