package service

import (
	"hash/fnv"
	"time"
)

// A copy that has heard a twin leaves it up to this long to speak first: longer than a
// word takes to be stored and heard, shorter than anybody minds. Who waits how long
// hangs on copy and key, so twins share the keys and seldom speak at once.
const twinWait = 30 * time.Millisecond

// twinBeats is how many renewals of a twin's lease may fail to come before it counts
// as gone: then nobody is waited for.
const twinBeats = 3

// patience is the wait of one key.
type patience struct {
	until time.Time
	seq   uint64 // the guard's tail when it began: a twin's new word begins it anew
}

// Named tells the loop the name of its copy, which no twin shares.
func (c *Core) Named(name string) { c.name = name }

// Twin says that another copy of the service lives, to be believed until a moment.
func (c *Core) Twin(until time.Time) {
	if until.After(c.twin) {
		c.twin = until
	}
}

// patient tells whether a key is still left to a twin.
func (c *Core) patient(k keyOf, g *guard, now time.Time) bool {
	if !c.twin.After(now) || !c.rules(ruleTwin) {
		return false
	}
	p, begun := c.patience[k]
	if !begun || p.seq != g.Seq {
		p = patience{now.Add(c.wait(k)), g.Seq}
		c.patience[k] = p
	}
	return p.until.After(now)
}

// wait is how long this copy waits before it decides a key.
func (c *Core) wait(k keyOf) time.Duration {
	h := fnv.New64a()
	h.Write([]byte(c.name + "\x00" + c.machines[k.machine].Owner() + "\x00" + k.key))
	return time.Duration(h.Sum64() % uint64(twinWait))
}
