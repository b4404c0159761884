package service

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"
	"time"

	"slipway.dev/events"
)

// Append is a decision to be said: the events of one key, under its guard.
type Append struct {
	Guard    string
	Expected uint64
	Events   []events.Event

	key keyOf
	at  uint64 // sequence folded when it was decided
}

// Step is what the loop wants done now.
type Step struct {
	Appends []Append
	Start   []Act     // acts to begin
	Cancel  []string  // ids of acts to end
	Due     time.Time // when to be asked again unprompted; zero is never
}

// Next decides every touched or due key and tells what to say and do. It is empty
// until everything has been caught up once and while the reader is behind.
func (c *Core) Next(now time.Time) Step {
	var step Step
	if !c.Ready() || c.behind && c.rules(ruleBehind) {
		return step
	}
	for _, k := range c.due.take(now) {
		c.touch(k)
	}
	c.wakeDue(now)
	for _, k := range c.sortedTouched(now) {
		if k != c.voice {
			c.next(k, now, &step)
		}
	}
	if c.touched[c.voice] { // last, since what it says may have been found just now
		c.next(c.voice, now, &step)
	}
	step.Due = First(time.Time{}, c.due.first(), c.later.first())
	for _, p := range c.patience {
		step.Due = First(now, step.Due, p.until)
	}
	return step
}

func (c *Core) next(k keyOf, now time.Time, step *Step) {
	g, m := c.guardAt(k), c.machines[k.machine]
	if !c.rules(ruleRest) {
		c.reconcile(k, c.state(k), m.Acts(k.key), step)
	}
	if !c.free(k, g, now) || c.poisoned(k) {
		return
	}
	defer func() {
		if p := recover(); p != nil {
			g.TailSeq, g.TailOrdinal = g.Seq, g.Ordinal
			c.park(Park{Pos: c.panicAt(c.guardName(k)), Guard: c.guardName(k), Verdict: verdictPanic, Reason: fmt.Sprint(p), Keys: []string{k.key}, Decided: true})
		}
	}()
	if ks, ok := c.keys[k]; ok && ks.gone {
		c.bury(k, ks, step)
		return
	}
	if c.patient(k, g, now) {
		return
	}
	delete(c.patience, k)
	says, joined := m.Decide(k.key, now), c.joined(k)
	ks := c.state(k)
	ks.waits = says.Waiting
	if !joined {
		says.Facts = joinedOnly(says.Facts)
	}
	if g.parked {
		says.Facts = lettersOnly(says.Facts)
	}
	if !says.Empty() {
		a := c.compose(k, g, says, now)
		g.inFlight = c.rules(ruleVoice)
		step.Appends = append(step.Appends, a)
		return
	}
	delete(c.touched, k)
	c.due.set(k, m.Due(k.key, now))
	if c.check(k) && joined {
		c.reconcile(k, ks, m.Acts(k.key), step)
	}
}

// joined tells whether a key may speak: an agent's own joined has come back. Its
// voice, which speaks under the same guard, waits for the same.
func (c *Core) joined(k keyOf) bool {
	if !c.rules(ruleJoined) {
		return true
	}
	if k != c.voice {
		return c.machines[k.machine].Joined(k.key)
	}
	for _, m := range c.machines[:c.voice.machine] {
		if m.Joined("") { // no agent
			continue
		}
		if keys := m.Keys(); len(keys) == 0 || !m.Joined(keys[0]) {
			return false
		}
	}
	return true
}

// joinedOnly keeps what an agent may say before its own joined has come back.
func joinedOnly(facts []Say) (kept []Say) {
	for _, f := range facts {
		if events.KindOf(f.Data).Happened == "joined" {
			kept = append(kept, f)
		}
	}
	return kept
}

// Appended takes the outcome of an append.
func (c *Core) Appended(a Append, r Result, err error, now time.Time) {
	g := c.guardNamed(a.Guard)
	g.inFlight = false
	c.wake(g)
	c.touch(a.key)
	var conflict *ErrConflict
	switch {
	case err == nil:
		if g.conflicts >= conflictsBad {
			c.senseOwn(Mended{Name: guardPromise, Key: g.broken})
		}
		g.blocked, g.backoff, g.conflicts, g.retryAt = r.Last.Seq, 0, 0, time.Time{}
	case errors.As(err, &conflict) && (conflict.Seen > a.at || !c.rules(rulePassed)):
		g.blocked = conflict.Seen // a twin said it first: read on
	case errors.As(err, &conflict):
		g.conflicts++ // already passed when deciding: our bookkeeping is wrong, or somebody writes unguarded
		g.backOff(now, conflictMax)
		if g.conflicts == conflictsBad {
			g.broken = a.key.key
			c.broken(Broken{Name: guardPromise, Key: a.key.key, Detail: err.Error(), At: c.pos})
		}
	default:
		g.blocked = max(g.blocked, r.Last.Seq) // what of it is known to be stored comes back first
		g.backOff(now, backoffMax)
	}
}

// poisoned tells whether a parked event could matter to a key. The participant's own
// voice goes on: it tells of the event.
func (c *Core) poisoned(k keyOf) bool {
	return k != c.voice && (c.held[k.key] || c.held[All])
}

func (c *Core) guardName(k keyOf) string { return c.machines[k.machine].Guard(k.key) }

// shrinkAt is how many keys more than now may have been touched before the room they
// left is given back.
const shrinkAt = 64

// shrink makes the touched keys anew: walking a map takes as long as it ever was.
func (c *Core) shrink(keys []keyOf) {
	c.touched, c.widest = make(map[keyOf]bool, len(keys)), len(keys)
	for _, k := range keys {
		c.touched[k] = true
	}
}

// sortedTouched are the touched keys that may be decided now, in order. The others
// rest.
func (c *Core) sortedTouched(now time.Time) []keyOf {
	if c.widest > shrinkAt+2*len(c.touched) {
		c.shrink(slices.Collect(maps.Keys(c.touched)))
	}
	keys := make([]keyOf, 0, min(len(c.touched), shrinkAt))
	for k := range c.touched {
		if g := c.guardAt(k); c.rules(ruleRest) && !c.free(k, g, now) {
			c.rest(k, g)
			continue
		}
		keys = append(keys, k)
	}
	if !c.rules(ruleSorted) {
		return keys
	}
	sort.Slice(keys, func(i, j int) bool {
		if keys[i].machine != keys[j].machine {
			return keys[i].machine < keys[j].machine
		}
		return keys[i].key < keys[j].key
	})
	return keys
}
