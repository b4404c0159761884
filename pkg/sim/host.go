package sim

import (
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// Hands are a host's simulated driver. What they sense comes by the host's Sense.
type Hands interface {
	// Boot begins a life of the agent: it tells the world as it is.
	Boot(h *Host)
	// Do begins an act; Cancel ends one that is no longer listed.
	Do(h *Host, a service.Act)
	Cancel(h *Host, id string)
	// Crash ends the agent's life without a word; the world it ran goes on.
	Crash(h *Host)
}

// Host is one copy of a service.
type Host struct {
	Name  string
	World *World

	make        func() service.Service
	svc         service.Service
	core        *service.Core
	hands       Hands
	incarnation int // grows at each boot; what was under way before is not heard
	pos         uint64
	wished      int
	waking      bool
	turning     bool
	due         time.Time
	cutOff      bool // neither hears nor is heard
	late        bool // boots when it is no longer cut off
	snapshot    []byte
}

// Add puts a copy of a service into the world. hands may be nil.
func (w *World) Add(name string, mk func() service.Service, hands Hands) *Host {
	h := &Host{Name: name, World: w, make: mk, svc: mk(), hands: hands}
	w.hosts = append(w.hosts, h)
	w.After(0, h.boot)
	return h
}

// Core is the host's loop, or nil while it is down.
func (h *Host) Core() *service.Core { return h.core }

func (h *Host) up() bool { return h.core != nil }

// Crash ends a host at once; it comes back after a while with a snapshot it may
// have made before, or from the first event.
func (h *Host) Crash(down time.Duration) {
	if !h.up() {
		return
	}
	if h.World.chance(500) {
		h.snapshot, _ = h.core.Export("sim")
	}
	h.core = nil
	h.incarnation++
	if h.hands != nil {
		h.hands.Crash(h)
	}
	h.World.After(down, func() {
		if !h.up() {
			h.boot()
		}
	})
}

// CutOff parts a host from the log for a while: it hears nothing and says nothing.
func (h *Host) CutOff(d time.Duration) {
	h.cutOff = true
	h.World.After(d, h.reconnect)
}

// reconnect ends a parting. What hearsay it missed nobody can tell, so it is told
// that it may have missed some; open wishes and kept leases it hears now.
func (h *Host) reconnect() {
	if !h.cutOff {
		return
	}
	h.cutOff = false
	if h.late {
		h.boot()
	}
	if !h.up() {
		return
	}
	h.core.Sense(service.Signal{Data: service.Gap{}}, h.World.now)
	h.hearLeases()
	h.hearWishes()
}

// Cut tells whether the host is parted from the log.
func (h *Host) Cut() bool { return h.cutOff }

// Service is the host's service, made anew: to fold the log beside it.
func (h *Host) Service() service.Service { return h.make() }

// Reads tells whether an event passes the host's filters.
func (h *Host) Reads(e events.Event) bool {
	return len(h.svc.Filters) == 0 || matchesAny(h.svc.Filters, e.StreamSubject())
}

// Incarnation counts the host's lives.
func (h *Host) Incarnation() int { return h.incarnation }

// bootAgain is when a host that starts while it is parted from the log tries again.
const bootAgain = 500 * time.Millisecond

func (h *Host) boot() {
	if h.late = h.cutOff; h.late {
		return
	}
	if h.up() {
		return
	}
	if h.cutOff {
		h.World.After(bootAgain, h.boot)
		return
	}
	h.svc, h.pos, h.wished, h.waking, h.turning = h.make(), 0, 0, false, false
	h.core = service.NewCore(h.svc)
	h.core.Named(h.Name)
	h.core.CheckEachFold()
	if h.World.Began != nil {
		h.World.Began(h.core)
	}
	h.core.Found = func(b service.Broken) { h.World.Fail("%s: %s %s: %s", h.Name, b.Name, b.Key, b.Detail) }
	if h.snapshot != nil && h.World.chance(700) {
		if err := h.core.Import(h.snapshot, "sim"); err != nil {
			h.World.Fail("%s: snapshot: %w", h.Name, err)
		}
		h.pos = h.core.Position().Seq
	}
	for h.pos < h.World.Log.Len() { // what stands at the start is read in one go
		h.hear()
	}
	now := h.World.now
	h.hearLeases()
	h.hearWishes()
	h.core.SignalsCaughtUp(now)
	h.core.CaughtUp(now)
	if h.hands != nil {
		h.hands.Boot(h)
	}
	h.core.HandsReady(now)
	h.wake(0)
}

// wake schedules a turn of the loop.
func (h *Host) wake(d time.Duration) {
	if h.waking || !h.up() {
		return
	}
	h.waking = true
	incarnation := h.incarnation
	h.World.After(d, func() {
		if h.incarnation == incarnation && h.up() {
			h.waking = false
			h.turn()
		}
	})
}

// turn hears what has been stored, then asks the loop what to do.
func (h *Host) turn() {
	if h.cutOff {
		return
	}
	for h.pos < h.World.Log.Len() && h.World.Err == nil {
		h.hear()
	}
	h.seeTwins()
	step := h.core.Next(h.World.now)
	h.standing()
	for _, a := range step.Appends {
		h.send(a)
	}
	if h.hands != nil {
		for _, id := range step.Cancel {
			h.hands.Cancel(h, id)
		}
		for _, a := range step.Start {
			h.hands.Do(h, a)
		}
	}
	h.alarm(step.Due)
}

func (h *Host) alarm(at time.Time) {
	if at.IsZero() || at.Equal(h.due) {
		return
	}
	h.due = at
	incarnation := h.incarnation
	h.World.After(max(at.Sub(h.World.now), 0), func() {
		if h.incarnation == incarnation && h.up() && h.due.Equal(at) {
			h.due = time.Time{}
			h.wake(0)
		}
	})
}

// send carries a decision to the log and its answer back, or loses one of the two.
func (h *Host) send(a service.Append) {
	w, incarnation := h.World, h.incarnation
	es := a.Events
	cut := len(es) > 1 && len(es) <= events.MaxChain && w.chance(w.Faults.Cut) // a batch is all or nothing
	if cut {
		es = es[:1+w.rng.IntN(len(es)-1)]
	}
	w.After(w.latency(), func() {
		if h.cutOff {
			w.After(events.SayAge, func() { h.answer(incarnation, a, service.Result{}, service.ErrUnavailable) })
			return
		}
		before := w.Log.Len()
		r, err := w.Log.Append(a.Guard, a.Expected, es, w.now)
		if w.chance(w.Faults.Duplicate) {
			r, err = w.Log.Append(a.Guard, a.Expected, es, w.now)
		}
		w.stored(before)
		switch {
		case cut && err == nil:
			err = service.ErrUnclear
		case w.chance(w.Faults.LostAnswer):
			w.After(events.SayAge, func() { h.answer(incarnation, a, service.Result{}, service.ErrUnclear) })
			return
		}
		w.After(w.latency(), func() { h.answer(incarnation, a, r, err) })
	})
}

func (h *Host) answer(incarnation int, a service.Append, r service.Result, err error) {
	if h.incarnation != incarnation || !h.up() {
		return
	}
	if err == service.ErrUnclear { // the tail is read before anything is decided again
		r.Last = events.Position{Era: era, Seq: h.World.Log.Tail(a.Guard)}
	}
	h.core.Appended(a, r, err, h.World.now)
	h.wake(0)
}

// Done tells that an act has ended by itself.
func (h *Host) Done(incarnation int, id string) {
	if h.incarnation == incarnation && h.up() {
		h.core.Done(id)
		h.wake(0)
	}
}
