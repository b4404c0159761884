package service_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"slipway.dev/pkg/service"
	"slipway.dev/pkg/sim"
)

// Whatever is heard, lost, cut, crashed and said by a twin: nothing is said twice,
// everything is said in the end, every promise holds on the way, and what a snapshot
// gives is what the first event gives.
func TestNothingIsSaidTwice(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		log, wanted := sim.NewLog(), 0
		copies := make([]*rig, rapid.IntRange(1, 3).Draw(rt, "copies"))
		for i := range copies {
			copies[i] = newRig(t, pausing(), log, 0).ready()
		}
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			r := copies[rapid.IntRange(0, len(copies)-1).Draw(rt, "copy")]
			r.now = r.now.Add(time.Duration(rapid.IntRange(0, 300).Draw(rt, "ms")) * time.Millisecond)
			switch rapid.SampledFrom([]string{"input", "turn", "turn", "hear", "crash", "gap"}).Draw(rt, "what") {
			case "input":
				wanted++
				elsewhere(t, log, registered(fmt.Sprint("app", rapid.IntRange(0, 2).Draw(rt, "app"))))
			case "turn":
				for _, a := range r.next().Appends {
					turn(rt, r, a)
				}
			case "hear":
				r.hear()
				checkAll(rt, r)
			case "crash":
				var snapshot []byte
				if rapid.Bool().Draw(rt, "snapshot") {
					snapshot = r.snapshot()
				}
				r.restart(snapshot)
			case "gap":
				r.core.Sense(service.Signal{Data: service.Gap{}}, r.now)
			}
		}
		for range 2 {
			for _, r := range copies {
				r.now = r.now.Add(time.Minute) // every back-off is over
				r.settle()
			}
		}
		names := facts(log, "deployer")
		if err := once(names, ""); err != nil || len(names) != wanted {
			rt.Fatalf("%d wanted, %d said, %v", wanted, len(names), err)
		}
		fresh := newRig(t, pausing(), log, 0)
		fresh.hear()
		for _, r := range copies {
			if r.hear(); !bytes.Equal(r.snapshot(), fresh.snapshot()) {
				rt.Fatalf("live\n%s\nfrom the first event\n%s", r.snapshot(), fresh.snapshot())
			}
		}
	})
}

// turn lets a decision meet its fate.
func turn(rt *rapid.T, r *rig, a service.Append) {
	es := a.Events
	switch rapid.SampledFrom([]string{"said", "said", "lost", "cut", "away", "late"}).Draw(rt, "fate") {
	case "said":
		r.say(a)
	case "lost": // stored, and nobody is told
		_, _ = r.log.Append(a.Guard, a.Expected, es, r.now)
		r.core.Appended(a, service.Result{}, service.ErrUnclear, r.now)
	case "cut":
		res, _ := r.log.Append(a.Guard, a.Expected, es[:rapid.IntRange(1, len(es)).Draw(rt, "cut")], r.now)
		r.core.Appended(a, res, service.ErrUnclear, r.now)
	case "away":
		r.core.Appended(a, service.Result{}, service.ErrUnavailable, r.now)
	case "late": // stored after the loop was told that it is unclear, or refused
		r.core.Appended(a, service.Result{}, service.ErrUnclear, r.now)
		r.now = r.now.Add(time.Second)
		r.hear()
		for _, again := range r.next().Appends {
			r.say(again)
		}
		_, _ = r.log.Append(a.Guard, a.Expected, es, r.now)
	}
}

func checkAll(rt *rapid.T, r *rig) {
	m := r.core.Machines()[0]
	for _, key := range m.Keys() {
		if err := m.Check(key); err != nil {
			rt.Fatalf("%s: %v", key, err)
		}
	}
}
