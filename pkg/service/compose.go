package service

import (
	"time"

	"slipway.dev/events"
)

// compose makes the events of a decision: kind, guard, ordinals and ids come from
// the catalogue and the fold, never from where the decision stands in the stream.
func (c *Core) compose(k keyOf, g *guard, says Says, now time.Time) Append {
	name, owner := c.guardName(k), c.machines[k.machine].Owner()
	facts := says.Facts
	if len(facts) > events.MaxAppendEvents {
		facts = facts[:events.MaxAppendEvents]
	}
	seq, ordinal := g.Seq, g.Ordinal
	if g.parked {
		seq, ordinal = g.TailSeq, g.TailOrdinal
	}
	a := Append{Guard: name, Expected: seq, key: k, at: c.pos.Seq}
	for i, f := range facts {
		a.Events = append(a.Events, c.event(name, owner, ordinal+uint64(i)+1, f, now))
	}
	return a
}

func (c *Core) event(guard, owner string, ordinal uint64, f Say, now time.Time) events.Event {
	kind, about := events.KindOf(f.Data), f.Data.About()
	if kind.Owner == events.OwnerParticipant {
		kind.Owner = owner
	}
	if !c.said[kind] {
		panic("service " + c.svc.Name + " does not declare that it says " + kind.Name())
	}
	e := events.Event{
		ID: events.ID(guard, ordinal), Source: events.Source(owner, about.Place), Kind: kind,
		App: about.App, Place: about.Place, Subject: about.Subject, Time: now.UTC(),
		Cause: f.Cause.ID, Correlation: f.Cause.Correlation, Actor: f.Cause.Actor,
		Reason: f.Reason, Ordinal: ordinal, Data: f.Data,
	}
	if f.Cause.Wish != "" {
		e.Wish, _ = events.ParsePosition(f.Cause.Wish)
	}
	if e.Actor == "" {
		e.Actor = events.Actor(owner, about.Place)
	}
	if e.Correlation == "" {
		e.Correlation = e.ID
		if e.Cause != "" {
			e.Correlation = e.Cause
		}
	}
	return e
}
