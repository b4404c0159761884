package service

import (
	"fmt"
	"time"

	"slipway.dev/events"
)

// Waits between tries under one guard: doubling, so that an outage costs little.
const (
	backoffMin   = 100 * time.Millisecond
	backoffMax   = 5 * time.Second
	conflictMax  = 30 * time.Second // a conflict already passed is a finding, not haste
	conflictsBad = 3                // the third in a row is said
)

// guardPromise is that a conflict is always a twin's haste.
const guardPromise = "guard"

// guard is the bookkeeping of one guard: facts of the fold, so the same after a
// restart, and what is in flight now.
type guard struct {
	Seq     uint64 `json:"seq"`     // sequence of the last event under it
	Ordinal uint64 `json:"ordinal"` // ordinal of that event

	// Of the last event that stands under it while it is parked: what is said
	// nevertheless goes on from there.
	TailSeq     uint64 `json:"tailSeq,omitempty"`
	TailOrdinal uint64 `json:"tailOrdinal,omitempty"`

	parked    bool
	inFlight  bool
	blocked   uint64 // sequence that must come back before the key is decided
	retryAt   time.Time
	backoff   time.Duration
	conflicts int
	resting   []keyOf // touched, and not free to be decided
	broken    string  // key of which it was told that conflicts are no twin's haste
}

func (c *Core) guardNamed(name string) *guard {
	g, ok := c.guards[name]
	if !ok {
		g = &guard{}
		c.guards[name] = g
	}
	return g
}

// guardAt is the guard of a key. Its name is spelled once: at each turn all touched
// keys are looked at.
func (c *Core) guardAt(k keyOf) *guard {
	ks, ok := c.keys[k]
	switch {
	case !ok:
		return c.guardNamed(c.guardName(k))
	case ks.guard == nil:
		ks.guard = c.guardNamed(c.guardName(k))
	}
	return ks.guard
}

// judge counts an event under its guard and tells whether to fold it. A replay is
// skipped: it stops nothing. A hole in the ordinals parks the guard for whoever
// reads all of it, because something was lost or forged.
func (c *Core) judge(g *guard, own bool, e events.Event) (fold bool, verdict string) {
	whole := (own || c.svc.Filters == nil) && !c.looksOn
	switch {
	case g.parked:
		g.TailSeq, g.TailOrdinal = e.Pos.Seq, past(g.TailOrdinal, e.Ordinal)
		return false, ""
	case g.Ordinal > 0 && e.Ordinal <= g.Ordinal:
		c.setAside(Aside{Pos: e.Pos, Verdict: verdictReplayed, Reason: fmt.Sprintf("ordinal %d after %d", e.Ordinal, g.Ordinal)})
		g.Seq = e.Pos.Seq // it is the guard's tail all the same: what is said next must expect it
		return false, ""
	case whole && e.Ordinal > g.Ordinal+1:
		return false, fmt.Sprintf("ordinal %d after %d", e.Ordinal, g.Ordinal)
	}
	g.Seq, g.Ordinal = e.Pos.Seq, e.Ordinal
	return c.Hears(e.Kind), ""
}

// past is the last ordinal once an event that is not folded has been seen. One whose
// own cannot be read took the next.
func past(last, ordinal uint64) uint64 {
	if ordinal == 0 {
		return last + 1
	}
	return max(last, ordinal)
}

// free tells whether a key under the guard may be decided now: the guard is not
// parked, or it is the voice's, nothing of it is in flight, all that was said has
// come back, and no back-off runs.
func (c *Core) free(k keyOf, g *guard, now time.Time) bool {
	back := c.pos.Seq >= g.blocked || !c.rules(ruleVoice)
	return (!g.parked || k == c.voice) && !g.inFlight && back && !now.Before(g.retryAt)
}

func (g *guard) backOff(now time.Time, most time.Duration) {
	g.backoff = min(max(2*g.backoff, backoffMin), most)
	g.retryAt = now.Add(g.backoff)
}
