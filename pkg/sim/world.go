package sim

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// Start is when every simulation begins.
var Start = time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)

// World is one simulation: a seed, a clock, a log, hosts.
type World struct {
	Seed   uint64
	Log    *Log
	Faults Faults
	Err    error // the first broken promise

	// Began is called with each loop a host begins, before it hears anything; nil: none.
	Began func(*service.Core)

	rng     *rand.Rand
	now     time.Time
	queue   taskHeap
	n       uint64
	hosts   []*Host
	wishes  []events.Event
	leases  map[string]lease // last of each subject
	observe []func(events.Event) error
}

// leaseKept is how long the stream keeps a lease.
const leaseKept = time.Minute

type lease struct {
	service.Heard
	at time.Time
}

// Faults are how often things go wrong, per thousand occasions, and how long things
// take at most.
type Faults struct {
	LostAnswer int           // an append whose answer never comes
	Cut        int           // a decision of which only a prefix is stored
	Duplicate  int           // an append sent twice
	LostLease  int           // a lease nobody hears
	Latency    time.Duration // of a delivery, an append, a lease: up to this
	Slow       int           // a delivery that takes a hundred times as long
}

// Mild are the faults of every day.
var Mild = Faults{LostAnswer: 20, Cut: 20, Duplicate: 20, LostLease: 20, Latency: 4 * time.Millisecond, Slow: 5}

// New makes an empty world.
func New(seed uint64, f Faults) *World {
	return &World{
		Seed: seed, Log: NewLog(), Faults: f, rng: rand.New(rand.NewPCG(seed, 0x51195)), //nolint:gosec // a simulation
		now: Start, leases: map[string]lease{},
	}
}

// Now is the world's clock.
func (w *World) Now() time.Time { return w.now }

// Rand is the world's one source of chance.
func (w *World) Rand() *rand.Rand { return w.rng }

// Observe calls f with every event as it is stored; an error is a broken promise.
func (w *World) Observe(f func(events.Event) error) { w.observe = append(w.observe, f) }

// Fail notes the first broken promise; the run stops there.
func (w *World) Fail(format string, args ...any) {
	if w.Err == nil {
		w.Err = fmt.Errorf("seed %d at %s, #%d: %w", w.Seed, w.now.Sub(Start), w.Log.Len(), fmt.Errorf(format, args...))
	}
}

// After runs f a while from now.
func (w *World) After(d time.Duration, f func()) {
	w.n++
	heap.Push(&w.queue, task{w.now.Add(d), w.n, f})
}

// Run lets the world go on for a while, or until a promise breaks.
func (w *World) Run(d time.Duration) {
	until := w.now.Add(d)
	for w.Err == nil && len(w.queue) > 0 && !w.queue[0].at.After(until) {
		t := heap.Pop(&w.queue).(task)
		w.now = t.at
		t.do()
	}
	if w.Err == nil {
		w.now = until
	}
}

// RunUntil lets the world go on until f holds, for d at most; it tells whether it
// holds. f is asked after each task.
func (w *World) RunUntil(d time.Duration, f func() bool) bool {
	until := w.now.Add(d)
	for w.Err == nil && len(w.queue) > 0 && !w.queue[0].at.After(until) {
		t := heap.Pop(&w.queue).(task)
		w.now = t.at
		t.do()
		if w.Err == nil && f() {
			return true
		}
	}
	return w.Err == nil && f()
}

// Heal ends all faults: hosts that are down come back, nothing is lost any more.
func (w *World) Heal() {
	w.Faults = Faults{Latency: w.Faults.Latency}
	for _, h := range w.hosts {
		h.reconnect()
		if !h.up() {
			h.boot()
		}
	}
}

// Wish publishes a wish; it is delivered to whoever listens.
func (w *World) Wish(actor string, p events.Payload) events.Event {
	e := events.NewWish(actor, p, w.now, fmt.Sprintf("wish-%d-%d", w.Seed, len(w.wishes)+1))
	e.Pos, e.Stored = events.Position{Era: era, Seq: uint64(len(w.wishes) + 1)}, w.now
	w.wishes = append(w.wishes, e)
	for _, h := range w.hosts {
		w.After(w.latency(), h.hearWishes)
	}
	return e
}

// Lease publishes a lease.
func (w *World) Lease(kind, holder string, b events.LeaseBody) {
	if w.chance(w.Faults.LostLease) {
		return
	}
	heard := service.Heard{Kind: kind, Holder: holder, Body: b}
	w.leases[kind+"."+holder] = lease{heard, w.now}
	for _, h := range w.hosts {
		if len(h.svc.Leases) > 0 {
			incarnation := h.incarnation
			w.After(w.latency(), func() { h.hearsay(incarnation, service.Signal{Data: heard}) })
		}
	}
}

// Measure publishes samples or a load window at once; who listens hears them after the
// latency, unless it is cut off.
func (w *World) Measure(subject string, m service.Measured) {
	for _, h := range w.hosts {
		if matchesAny(h.svc.Telemetry, subject) {
			incarnation := h.incarnation
			w.After(w.latency(), func() { h.hearsay(incarnation, service.Signal{Data: m}) })
		}
	}
}

// stored tells observers and hosts what has been added to the log.
func (w *World) stored(from uint64) {
	for seq := from + 1; seq <= w.Log.Len(); seq++ {
		for _, f := range w.observe {
			if err := f(w.Log.At(seq)); err != nil {
				w.Fail("%w", err)
			}
		}
	}
	for _, h := range w.hosts {
		h.wake(w.latency())
	}
}

func (w *World) latency() time.Duration {
	if w.Faults.Latency <= 0 {
		return 0
	}
	d := time.Duration(w.rng.Int64N(int64(w.Faults.Latency)) + 1)
	if w.chance(w.Faults.Slow) {
		d *= 100
	}
	return d
}

func (w *World) chance(perThousand int) bool {
	return perThousand > 0 && w.rng.IntN(1000) < perThousand
}

type task struct {
	at time.Time
	n  uint64
	do func()
}

type taskHeap []task

func (h taskHeap) Len() int { return len(h) }
func (h taskHeap) Less(i, j int) bool {
	if !h[i].at.Equal(h[j].at) {
		return h[i].at.Before(h[j].at)
	}
	return h[i].n < h[j].n
}
func (h taskHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *taskHeap) Push(x any)   { *h = append(*h, x.(task)) }
func (h *taskHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

// Say states a fact of somebody who is not simulated.
func (w *World) Say(fail func(string, ...any), guard string, e events.Event) {
	before := w.Log.Len()
	if _, err := w.Log.Append(guard, w.Log.Tail(guard), []events.Event{e}, w.now); err != nil {
		fail("say %s: %v", e.StreamSubject(), err)
	}
	w.stored(before)
}
