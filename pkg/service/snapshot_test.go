package service_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/sim"
)

// Lesson 6.
func TestSnapshotsCarryTheGuards(t *testing.T) {
	t.Run("bus-30 right after a restart the next append expects the right word", func(t *testing.T) { prevents(t, service.RuleGuards, appendAfterRestart) })
	t.Run("bus-30 what has ended is not in it", func(t *testing.T) { prevents(t, service.RuleForget, snapshotOfTheEnded) })
}

func appendAfterRestart(t *testing.T, copies int, off service.Rule) error {
	all := twins(t, copies, pausing, off)
	elsewhere(t, all[0].log, registered("web"), registered("web"))
	for _, r := range all {
		r.ready().settle()
	}
	for i, r := range all {
		r.restart(r.snapshot())
		elsewhere(t, r.log, registered("web"))
		r.hear()
		for _, a := range r.next().Appends {
			want := uint64(3 + i)
			if seq := r.log.Tail(a.Guard); a.Expected != seq || a.Events[0].Ordinal != want {
				return fmt.Errorf("after a restart it expects %d and says ordinal %d, want %d and %d", a.Expected, a.Events[0].Ordinal, seq, want)
			}
			if r.say(a); r.failed != nil {
				return r.failed
			}
		}
		r.settle()
	}
	if n := len(facts(all[0].log, "deployer")); n != 2+copies {
		return fmt.Errorf("%d facts, want %d", n, 2+copies)
	}
	return nil
}

func snapshotOfTheEnded(t *testing.T, copies int, off service.Rule) error {
	const ended = 10_000
	few, many := newRig(t, members(), sim.NewLog(), off), newRig(t, members(), sim.NewLog(), off)
	for range copies {
		fold(few.core, 2, 0)
		fold(many.core, ended+2, ended)
	}
	if a, b := len(few.snapshot()), len(many.snapshot()); b > 2*a {
		return fmt.Errorf("%d bytes with %d ended, %d with none", b, ended, a)
	}
	return nil
}

// members keeps one key per instance of node n1, all under the node's guard.
func members() service.Service {
	type member struct{ Started, Stopped bool }
	return service.Service{
		Name: "node", Place: "n1", Version: 1,
		Says: []events.Kind{events.K[events.InstanceStarting](), events.K[events.InstanceStopped]()},
		New: func() []service.Machine {
			return []service.Machine{service.Of(service.Decider[member, struct{}]{
				Owner: "node",
				New:   func(string) *member { return &member{} },
				Guard: func(string) string { return events.Guard("node", "", "n1") },
				Keys:  func(e events.Event) []string { return []string{e.Subject} },
				Evolve: func(_ string, s *member, _ *struct{}, e events.Event) {
					s.Started = true
					s.Stopped = e.Kind.Happened == "stopped"
				},
				Gone: func(s *member) bool { return s.Stopped },
			})}
		},
	}
}

// fold lets instances start and the first of them stop.
func fold(c *service.Core, started, stopped int) {
	n := uint64(0)
	hear := func(p events.Payload) {
		n++
		e := eventOf(p, n)
		e.Pos = events.Position{Era: 1, Seq: n}
		c.Hear(e)
	}
	for i := range started {
		hear(events.InstanceStarting{OfInstance: instance(fmt.Sprint("web-1-a", i)), Try: 1, Boot: 1})
	}
	for i := range stopped {
		hear(events.InstanceStopped{OfInstance: instance(fmt.Sprint("web-1-a", i))})
	}
}

// Lesson 6: a conflict that stood there when deciding.
func TestAConflictThatHadPassedBacksOff(t *testing.T) {
	t.Run("bus-30 it backs off, and the third is said", func(t *testing.T) {
		prevents(t, service.RulePassed, func(t *testing.T, copies int, off service.Rule) error {
			for _, r := range twins(t, copies, pausing, off) {
				elsewhere(t, r.log, registered("web"))
				if err := hopeless(r.ready()); err != nil {
					return err
				}
			}
			return nil
		})
	})
	t.Run("a twin faster than the answer is no finding", func(t *testing.T) {
		all := twins(t, 2, pausing, 0)
		first, second := all[0].ready(), all[1].ready()
		for range 5 {
			elsewhere(t, first.log, registered("web"))
			first.hear()
			second.hear()
			second.now = second.now.Add(time.Second) // its words differ by their time
			quick, slow := first.next().Appends[0], second.next().Appends[0]
			first.say(quick)
			res, err := second.log.Append(slow.Guard, slow.Expected, slow.Events, second.now)
			second.hear() // the twin's word comes in before the answer
			second.core.Appended(slow, res, err, second.now)
			if says := second.next(); len(says.Appends) > 0 || !says.Due.IsZero() {
				t.Fatalf("after %v: %+v", err, says)
			}
			first.settle()
		}
		if names := facts(all[0].log, "deployer"); len(names) != 5 {
			t.Errorf("said %v", names)
		}
	})
}

// hopeless refuses every append under a guard for ten seconds, by a fact that has
// long been folded.
func hopeless(r *rig) error {
	tries := 0
	for range 1000 {
		r.hear()
		for _, a := range r.next().Appends {
			if a.Events[0].Kind.Name() == "guarantee.violated" {
				r.say(a)
				continue
			}
			tries++
			r.core.Appended(a, service.Result{}, &service.ErrConflict{Guard: a.Guard, Seen: r.core.Position().Seq}, r.now)
		}
		r.now = r.now.Add(10 * time.Millisecond)
	}
	violated := slices.Contains(facts(r.log, "deployer"), "guarantee.violated deployer/guard/web")
	if tries < 4 || tries > 10 || !violated {
		return fmt.Errorf("%d tries in 10 s, violated said: %t", tries, violated)
	}
	return nil
}

func TestImport(t *testing.T) {
	t.Run("bus-8 one of another fold version or stream is refused and nothing changes", func(t *testing.T) {
		r := newRig(t, pausing(), sim.NewLog(), 0)
		elsewhere(t, r.log, registered("web"))
		r.ready().settle()
		b := r.snapshot()
		newer := pausing()
		newer.Version = 2
		for name, err := range map[string]error{
			"another version": service.NewCore(newer).Import(b, "rig"),
			"another stream":  service.NewCore(pausing()).Import(b, "other"),
			"torn":            service.NewCore(pausing()).Import(b[:len(b)/2], "rig"),
		} {
			if err == nil {
				t.Errorf("%s was taken", name)
			}
		}
		c := service.NewCore(newer)
		_ = c.Import(b, "rig")
		if got := c.Position(); !got.IsZero() {
			t.Errorf("a refused snapshot moved the position to %s", got)
		}
	})
	t.Run("bus-20 the fold up to any position is the same live, from a snapshot and from the first event", func(t *testing.T) {
		r := newRig(t, pausing(), sim.NewLog(), 0)
		for i := range 100 {
			elsewhere(t, r.log, registered(fmt.Sprint("app", i%7)))
			if i%3 == 0 { // hearsay, of which nothing may be seen
				r.core.Sense(service.Signal{Data: service.Gap{}}, r.now)
			}
			r.ready().settle()
			again := newRig(t, pausing(), r.log, 0)
			again.hear()
			half := newRig(t, pausing(), r.log, 0)
			half.restart(r.snapshot())
			if want := again.snapshot(); !bytes.Equal(r.snapshot(), want) || !bytes.Equal(half.snapshot(), want) {
				t.Fatalf("at %s live is\n%s\nfrom its snapshot\n%s\nfrom the first event\n%s", r.core.Position(), r.snapshot(), half.snapshot(), want)
			}
		}
	})
}
