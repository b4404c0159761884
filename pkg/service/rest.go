package service

import (
	"container/heap"
	"slices"
	"time"
)

// A touched key that may not be decided yet rests with its guard, so that the others
// need not walk over it at each turn: many do where many things happen at once. It is
// touched again when what it waits for may have come: the outcome of what is in
// flight, the last word said, the end of a back-off, the release of a parked guard.

// rest lets a touched key wait for its guard.
func (c *Core) rest(k keyOf, g *guard) {
	delete(c.touched, k)
	if !slices.Contains(g.resting, k) {
		g.resting = append(g.resting, k)
	}
	switch {
	case g.inFlight, g.parked && k != c.voice: // Appended and release tell
	case c.pos.Seq < g.blocked:
		heap.Push(&c.awaited, awaited{g.blocked, k})
	default:
		c.later.set(k, g.retryAt)
	}
}

// wake touches all that rest with a guard.
func (c *Core) wake(g *guard) {
	for _, k := range g.resting {
		c.touched[k] = true
	}
	c.widest = max(c.widest, len(c.touched))
	g.resting = g.resting[:0]
}

// wakeDue touches those whose word has come back or whose back-off is over.
func (c *Core) wakeDue(now time.Time) {
	for len(c.awaited) > 0 && c.awaited[0].seq <= c.pos.Seq {
		c.wake(c.guardAt(heap.Pop(&c.awaited).(awaited).key))
	}
	for _, k := range c.later.take(now) {
		c.wake(c.guardAt(k))
	}
}

// unrest forgets that a key rests.
func (c *Core) unrest(k keyOf) {
	c.later.set(k, time.Time{})
	if g, ok := c.guards[c.guardName(k)]; ok {
		g.resting = slices.DeleteFunc(g.resting, func(o keyOf) bool { return o == k })
	}
}

// awaited is a sequence of the log that a key waits for.
type awaited struct {
	seq uint64
	key keyOf
}

type awaitedHeap []awaited

func (h awaitedHeap) Len() int           { return len(h) }
func (h awaitedHeap) Less(i, j int) bool { return h[i].seq < h[j].seq }
func (h awaitedHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *awaitedHeap) Push(x any)        { *h = append(*h, x.(awaited)) }

func (h *awaitedHeap) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	*h = (*h)[:last]
	return x
}
