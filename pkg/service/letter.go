package service

import "slipway.dev/events"

// Reread is a stored event that is read once more. Kind, app, place and position
// stand in it even if it cannot be read; its ordinal if the envelope can.
type Reread struct {
	Event events.Event
	Why   string // it cannot be read; empty: it can

	message Message
}

// Freed hears the fact that frees a parked event, letter.requeued or letter.dropped,
// and folds what was noted since. noted is what the log holds under the parked
// guards from that event up to the fact, in order.
func (c *Core) Freed(e events.Event, noted []Reread) {
	if !e.Pos.After(c.pos) {
		return
	}
	c.Hear(e)
	at, dropped, _ := freeing(e)
	for _, p := range c.release(at) {
		c.refold(p, dropped, noted)
	}
}

// freeing tells which letter a fact frees, and whether it is let go.
func freeing(e events.Event) (at string, dropped, ok bool) {
	switch d := e.Data.(type) {
	case events.LetterRequeued:
		return d.Position, false, true
	case events.LetterDropped:
		return d.Position, true, true
	}
	return "", false, false
}

// ParkedAt are the guards that stand still because of the event at a position.
func (c *Core) ParkedAt(at string) (guards []string) {
	for _, p := range c.parked {
		if p.Pos.String() == at {
			guards = append(guards, p.Guard)
		}
	}
	return guards
}

// release lets the guards go on that an event parked.
func (c *Core) release(at string) (freed []Park) {
	var kept []Park
	for _, p := range c.parked {
		if p.Pos.String() != at {
			kept = append(kept, p)
			continue
		}
		g := c.guardNamed(p.Guard)
		g.parked, g.TailSeq, g.TailOrdinal = false, 0, 0
		freed = append(freed, p)
	}
	if len(freed) == 0 {
		return nil
	}
	c.parked, c.held = kept, map[string]bool{}
	for _, p := range kept {
		for _, k := range p.Keys {
			c.held[k] = true
		}
	}
	c.standing()
	c.touchAll()
	return freed
}

// refold folds what was noted under a guard. What still cannot be folded parks it
// again, and the rest stays noted.
func (c *Core) refold(p Park, dropped bool, noted []Reread) {
	g := c.guardNamed(p.Guard)
	for _, n := range noted {
		e, first := n.Event, n.Event.Pos == p.Pos
		switch {
		case e.Guard() != p.Guard, first && p.Decided:
		case first && dropped:
			g.Seq, g.Ordinal = e.Pos.Seq, past(g.Ordinal, e.Ordinal)
		case first && p.Verdict == "panic": // only another version folds it otherwise
			g.TailSeq, g.TailOrdinal = e.Pos.Seq, e.Ordinal
			c.park(p)
		case n.Why != "":
			c.unreadable(e, n.Why)
		case c.ownLetter(e): // the voice has heard it
			c.admit(g, e)
		default:
			c.hear(g, e)
		}
	}
}

// ownLetter tells whether a fact is the participant's own word about a letter: it is
// heard even while the participant's own guard stands still.
func (c *Core) ownLetter(e events.Event) bool {
	return e.Kind.Entity == "letter" && e.Guard() == c.guardName(c.voice)
}

// lettersOnly keeps what may be said under a guard that stands still.
func lettersOnly(facts []Say) (kept []Say) {
	for _, f := range facts {
		if events.KindOf(f.Data).Entity == "letter" {
			kept = append(kept, f)
		}
	}
	return kept
}
