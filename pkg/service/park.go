package service

import (
	"strings"
	"time"
)

// Parked are the events that could not be folded.
func (c *Core) Parked() []Park { return c.parked }

func (c *Core) park(p Park) {
	for i, other := range c.parked { // two machines cannot fold the same event
		if other.Pos == p.Pos && other.Guard == p.Guard {
			c.parked[i].Keys = append(other.Keys[:len(other.Keys):len(other.Keys)], p.Keys...)
			c.hold(c.parked[i])
			return
		}
	}
	c.guardNamed(p.Guard).parked = true
	c.parked = append(c.parked, p)
	c.hold(p)
}

// hold keeps those from deciding to whom a parked event could matter, and tells the
// participant's own voice.
func (c *Core) hold(p Park) {
	for _, k := range p.Keys {
		c.held[k] = true
	}
	c.senseOwn(p)
	c.standing()
}

// standing tells those whose keys hold many apps which of these stand still.
func (c *Core) standing() {
	for i, m := range c.machines {
		if !m.Apart() {
			continue
		}
		for _, k := range c.sense(i, m, Signal{Data: Standing{Apps: Sorted(c.held)}}, time.Time{}) {
			c.touch(keyOf{i, k})
		}
	}
}

// broken tells the participant's own voice and whoever listens of a promise that
// does not hold.
func (c *Core) broken(b Broken) {
	if c.Found != nil {
		c.Found(b)
	}
	c.senseOwn(b)
}

func (c *Core) senseOwn(data any) { c.Sense(Signal{Data: data}, time.Time{}) }

// check asks the promise of a key; one that does not hold stops the hands.
func (c *Core) check(k keyOf) bool {
	err := c.machines[k.machine].Check(k.key)
	ks := c.state(k)
	switch {
	case err != nil && !ks.held:
		c.broken(Broken{Name: c.machines[k.machine].Owner(), Key: k.key, Detail: err.Error(), At: c.pos})
	case err == nil && ks.held:
		c.senseOwn(Mended{Name: c.machines[k.machine].Owner(), Key: k.key})
	}
	ks.held = err != nil
	return err == nil
}

// recall finds the promises said to be broken in an earlier life, so that they are
// said to hold again when they do.
func (c *Core) recall() {
	said, _ := StateOf[voiceState, struct{}](c.machines[c.voice.machine], voiceKey)
	if said == nil {
		return
	}
	for _, of := range Sorted(said.Broken) {
		name, key, _ := strings.Cut(of, "/")
		if name == sensePromise && c.deaf == 0 { // whether it holds now is told when it does not
			c.senseOwn(Mended{Name: name, Key: key})
		}
		for i, m := range c.machines {
			if m.Owner() == name {
				c.state(keyOf{i, key}).held = true
			}
		}
	}
}
