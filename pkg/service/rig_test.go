package service_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/sim"
)

// rig drives one loop by hand on a simulated log, which twins may share.
type rig struct {
	t       testing.TB
	log     *sim.Log
	svc     service.Service
	core    *service.Core
	without service.Rule
	now     time.Time
	started []string
	ended   []string
	failed  error // of the last append
}

func newRig(t testing.TB, svc service.Service, log *sim.Log, off service.Rule) *rig {
	return &rig{t: t, log: log, svc: svc, core: service.NewCore(svc).Without(off), without: off, now: sim.Start}
}

// twins are loops of one service on one log.
func twins(t testing.TB, n int, svc func() service.Service, off service.Rule) (all []*rig) {
	log := sim.NewLog()
	for range n {
		all = append(all, newRig(t, svc(), log, off))
	}
	return all
}

// ready tells a loop that it has caught up with everything.
func (r *rig) ready() *rig {
	r.hear()
	r.core.CaughtUp(r.now)
	r.core.SignalsCaughtUp(r.now)
	r.core.HandsReady(r.now)
	return r
}

// restart begins a new life, from a snapshot or from the first event.
func (r *rig) restart(snapshot []byte) *rig {
	r.t.Helper()
	r.core = service.NewCore(r.svc).Without(r.without)
	if snapshot != nil {
		if err := r.core.Import(snapshot, "rig"); err != nil {
			r.t.Fatal(err)
		}
	}
	return r.ready()
}

func (r *rig) snapshot() []byte {
	r.t.Helper()
	b, err := r.core.Export("rig")
	if err != nil {
		r.t.Fatal(err)
	}
	return b
}

func (r *rig) hear() {
	for seq := r.core.Position().Seq + 1; seq <= r.log.Len(); seq++ {
		r.core.Hear(r.log.At(seq))
	}
}

// next asks the loop without hearing anything first.
func (r *rig) next() service.Step {
	step := r.core.Next(r.now)
	for _, a := range step.Start {
		r.started = append(r.started, a.ID)
	}
	r.ended = append(r.ended, step.Cancel...)
	return step
}

// say appends a decision and tells the loop what came of it.
func (r *rig) say(a service.Append) {
	var res service.Result
	res, r.failed = r.log.Append(a.Guard, a.Expected, a.Events, r.now)
	r.core.Appended(a, res, r.failed, r.now)
}

// settle turns the loop until it has nothing more to say.
func (r *rig) settle() {
	r.t.Helper()
	for range 1000 {
		r.hear()
		step := r.next()
		for _, a := range step.Appends {
			r.say(a)
		}
		if len(step.Appends) == 0 && r.core.Position().Seq == r.log.Len() {
			return
		}
	}
	r.t.Fatalf("no rest after 1000 turns, #%d", r.log.Len())
}

// elsewhere lets another participant say facts.
func elsewhere(t testing.TB, log *sim.Log, facts ...events.Payload) {
	t.Helper()
	for _, p := range facts {
		e := eventOf(p, tailOf(log, p)+1)
		if _, err := log.Append(e.Guard(), log.Tail(e.Guard()), []events.Event{e}, sim.Start); err != nil {
			t.Fatalf("say %s: %v", e.StreamSubject(), err)
		}
	}
}

func tailOf(log *sim.Log, p events.Payload) uint64 {
	if seq := log.Tail(eventOf(p, 1).Guard()); seq > 0 {
		return log.At(seq).Ordinal
	}
	return 0
}

func eventOf(p events.Payload, ordinal uint64) events.Event {
	k, about := events.KindOf(p), p.About()
	guard := events.Guard(k.Owner, about.App, about.Place)
	return events.Event{
		ID: events.ID(guard, ordinal), Source: events.Source(k.Owner, about.Place), Kind: k, App: about.App,
		Place: about.Place, Subject: about.Subject, Time: sim.Start, Ordinal: ordinal, Data: p,
		Actor: events.Actor(k.Owner, about.Place), Correlation: "test",
	}
}

// facts are the names of what stands in a log, of one owner.
func facts(log *sim.Log, owner string) (names []string) {
	for seq := uint64(1); seq <= log.Len(); seq++ {
		if e := log.At(seq); e.Kind.Owner == owner {
			names = append(names, e.Kind.Name()+" "+e.Subject)
		}
	}
	return names
}

// once tells of a fact that was said twice, of those whose names begin so.
func once(names []string, prefix string) error {
	seen := map[string]bool{}
	for _, name := range names {
		if strings.HasPrefix(name, prefix) && seen[name] {
			return fmt.Errorf("%s stands there twice", name)
		}
		seen[name] = true
	}
	return nil
}

// prevents plays a scenario with a rule and without it, by one copy and with a twin:
// with the rule no harm is done, without it some is, or the rule is for nothing.
func prevents(t *testing.T, rule service.Rule, harm func(t *testing.T, copies int, off service.Rule) error) {
	t.Helper()
	for copies := 1; copies <= 2; copies++ {
		if err := harm(t, copies, 0); err != nil {
			t.Errorf("%d copies: %v", copies, err)
		}
		if err := harm(t, copies, rule); err == nil {
			t.Errorf("%d copies: nothing happens without the rule", copies)
		}
	}
}
