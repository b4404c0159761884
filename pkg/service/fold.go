package service

import (
	"fmt"
	"time"

	"slipway.dev/events"
)

// Hear folds one fact. Facts come in order; one at or below the position is
// skipped. The event's Data must be decoded if its kind is heard.
func (c *Core) Hear(e events.Event) { c.hearUnder(e.Guard(), e) }

// hearUnder is Hear of an event whose guard has been spelled already.
func (c *Core) hearUnder(guard string, e events.Event) {
	if !e.Pos.After(c.pos) {
		return
	}
	c.pos = e.Pos
	c.hear(c.guardNamed(guard), e)
}

func (c *Core) hear(g *guard, e events.Event) {
	still := g.parked
	if c.admit(g, e) {
		for i, m := range c.machines {
			c.fold(i, m, e)
		}
	} else if still && c.ownLetter(e) {
		c.fold(c.voice.machine, c.machines[c.voice.machine], e)
	}
}

// admit counts an event under its guard and tells whether to fold it.
func (c *Core) admit(g *guard, e events.Event) (fold bool) {
	fold, gap := c.judge(g, c.owners[e.Kind.Owner], e)
	if gap != "" {
		g.TailSeq, g.TailOrdinal = e.Pos.Seq, e.Ordinal
		c.park(Park{Pos: e.Pos, Guard: e.Guard(), Verdict: "gap", Reason: gap, Keys: c.concerned(e)})
	}
	return fold
}

// Unreadable tells that an event could not be read: its guard stands still. Kind,
// app, place and position are known from where it stands, its ordinal if the
// envelope could be read, else 0.
func (c *Core) Unreadable(e events.Event, why string) {
	if e.Pos.After(c.pos) {
		c.pos = e.Pos
		c.unreadable(e, why)
	}
}

func (c *Core) unreadable(e events.Event, why string) {
	g := c.guardNamed(e.Guard())
	if g.parked {
		g.TailSeq, g.TailOrdinal = e.Pos.Seq, past(g.TailOrdinal, e.Ordinal)
		return
	}
	concerned := []string{All} // nobody can tell what it is about
	if e.App != "" {
		concerned[0] = e.App
	}
	g.TailSeq, g.TailOrdinal = e.Pos.Seq, past(g.Ordinal, e.Ordinal)
	c.park(Park{Pos: e.Pos, Guard: e.Guard(), Verdict: "unreadable", Reason: why, Keys: concerned})
}

// Overlook passes an event that cannot be read and takes its ordinal as seen: for
// readers who only look on, say nothing and park nothing.
func (c *Core) Overlook(e events.Event) {
	if !e.Pos.After(c.pos) {
		return
	}
	c.pos = e.Pos
	g := c.guardNamed(e.Guard())
	g.Seq, g.Ordinal = e.Pos.Seq, past(g.Ordinal, e.Ordinal)
}

// LooksOn says that the reader only looks on, at the whole log or at a part of it: a
// hole in the ordinals means nothing to it, and an event that cannot be folded changes
// nothing, so that it never stands still where a participant went on long ago.
func (c *Core) LooksOn() { c.looksOn = true }

// Skip moves the position over an event nobody here hears.
func (c *Core) Skip(pos events.Position) {
	if pos.After(c.pos) {
		c.pos = pos
	}
}

func (c *Core) fold(i int, m Machine, e events.Event) {
	defer func() {
		if p := recover(); p != nil && !c.looksOn {
			g := c.guardNamed(e.Guard())
			g.TailSeq, g.TailOrdinal = e.Pos.Seq, e.Ordinal
			c.park(Park{Pos: e.Pos, Guard: e.Guard(), Verdict: "panic", Reason: fmt.Sprint(p), Keys: c.concerned(e)})
		}
	}()
	keys := m.Fold(e)
	for _, k := range keys {
		c.touch(keyOf{i, k})
		if c.checks {
			c.check(keyOf{i, k})
		}
	}
	if !c.rules(ruleForget) {
		return
	}
	for _, k := range m.Forget(keys) {
		c.forget(keyOf{i, k})
	}
}

// CheckEachFold runs Check of each touched key after each fold, not only at rest, so
// that every prefix of a decision is seen: for simulations.
func (c *Core) CheckEachFold() { c.checks = true }

// concerned are the keys to which an event that is not folded could matter.
func (c *Core) concerned(e events.Event) (keys []string) {
	defer func() {
		if recover() != nil {
			keys = []string{All}
		}
	}()
	if e.App != "" {
		keys = append(keys, e.App)
	}
	for _, m := range c.machines[:c.voice.machine] {
		if m.Apart() && e.App != "" {
			continue
		}
		for _, k := range m.Touched(e) {
			if k != e.App {
				keys = append(keys, k)
			}
		}
	}
	return keys
}

// forget drops what the loop keeps of a key; acts still running are ended first.
func (c *Core) forget(k keyOf) {
	delete(c.touched, k)
	delete(c.patience, k)
	c.unrest(k)
	c.due.set(k, time.Time{})
	ks, ok := c.keys[k]
	switch {
	case ok && len(ks.acts) > 0:
		c.touch(k)
		ks.gone = true
	case ok:
		delete(c.keys, k)
	}
}
