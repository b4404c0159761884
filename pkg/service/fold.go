package service

import (
	"fmt"
	"time"

	"slipway.dev/events"
)

// Hear folds one fact. Facts come in order; one at or below the position is
// skipped. The event's Data must be decoded if its kind is heard.
func (c *Core) Hear(e events.Event) {
	if !e.Pos.After(c.pos) {
		return
	}
	g, own := c.guardOf(e)
	fold, gap := c.judge(g, own, e)
	c.pos = e.Pos
	if gap != "" {
		c.park(Park{e.Pos, e.Guard(), "gap", gap, c.concerned(e)})
	}
	if !fold {
		return
	}
	for i, m := range c.machines {
		c.fold(i, m, e)
	}
}

// Unreadable tells that the event at pos could not be read: its guard stands still.
func (c *Core) Unreadable(k events.Kind, app, place string, pos events.Position, why string) {
	if !pos.After(c.pos) {
		return
	}
	c.pos = pos
	concerned := []string{All} // nobody can tell what it is about
	if app != "" {
		concerned[0] = app
	}
	c.park(Park{pos, events.Guard(k.Owner, app, place), "unreadable", why, concerned})
}

// Skip moves the position over an event nobody here hears.
func (c *Core) Skip(pos events.Position) {
	if pos.After(c.pos) {
		c.pos = pos
	}
}

func (c *Core) fold(i int, m Machine, e events.Event) {
	defer func() {
		if p := recover(); p != nil {
			c.park(Park{e.Pos, e.Guard(), "panic", fmt.Sprint(p), c.concerned(e)})
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
