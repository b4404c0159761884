package sim

import (
	"context"
	"sync"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// Bus is the simulated log for goroutines: service.Log, as the live loop and the
// contract suite use it. Its faults are those the suite asks for.
type Bus struct {
	mu      sync.Mutex
	log     *Log
	changed chan struct{} // closed and made anew whenever something is stored
	lose    int           // answers still to be lost
	before  int           // writes until the hook is called
	hook    func()
	amid    func() // called within the next batch
}

// NewBus is a bus with an empty log.
func NewBus() *Bus { return &Bus{log: NewLog(), changed: make(chan struct{})} }

// LoseAnswers loses the answers to the next n writes; the writes are stored.
func (b *Bus) LoseAnswers(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lose = n
}

// Before calls f once, right before the nth write from now.
func (b *Bus) Before(n int, f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.before, b.hook = n, f
}

// Amid calls f once, within the next batch: here a batch is stored in one step, so
// that is right before it.
func (b *Bus) Amid(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.amid = f
}

// Tail is the sequence and the ordinal of the last event under a guard.
func (b *Bus) Tail(guard string) (seq, ordinal uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if seq = b.log.Tail(guard); seq > 0 {
		ordinal = b.log.At(seq).Ordinal
	}
	return seq, ordinal
}

// Append says a decision; see service.Log.
func (b *Bus) Append(ctx context.Context, guard string, expected uint64, es []events.Event) (service.Result, error) {
	b.mu.Lock()
	w, err := b.log.begin(guard, expected, es)
	b.mu.Unlock()
	for err == nil && len(w.left) > 0 {
		if ctx.Err() != nil {
			return w.result(), service.ErrUnavailable
		}
		if f := b.reach(w.batch); f != nil {
			f()
		}
		err = b.step(w)
	}
	return w.result(), err
}

// reach counts a write that is about to be sent.
func (b *Bus) reach(batch bool) func() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if f := b.amid; batch && f != nil {
		b.amid = nil
		return f
	}
	b.before--
	if b.before != 0 {
		return nil
	}
	return b.hook
}

func (b *Bus) step(w *write) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	was := *w
	if err := w.step(time.Now()); err != nil {
		return err
	}
	close(b.changed)
	b.changed = make(chan struct{})
	if b.lose > 0 {
		b.lose--
		w.lose(was)
	}
	return nil
}

const wholeLog = "slipway.event.>"

func (b *Bus) message(seq uint64) *service.Message {
	e := b.log.At(seq)
	return &service.Message{Subject: e.StreamSubject(), Pos: e.Pos, Stored: e.Stored, Body: b.log.bodies[seq-1]}
}

// Read delivers what is stored after a position; see service.Log.
func (b *Bus) Read(ctx context.Context, after events.Position, filters []string, r service.Reader) error {
	if len(filters) == 0 {
		filters = []string{wholeLog}
	}
	next, caughtUp := after.Seq+1, false
	_, last, _ := b.see(0, nil)
	for ctx.Err() == nil {
		if !caughtUp && next > last {
			caughtUp = true
			if r.CaughtUp != nil {
				r.CaughtUp()
			}
			continue
		}
		m, end, changed := b.see(next, filters)
		if m == nil {
			next = max(next, end+1)
			if next <= last || !caughtUp {
				continue
			}
			select {
			case <-ctx.Done():
			case <-changed:
			}
			continue
		}
		next = m.Pos.Seq + 1
		if err := r.Deliver(*m); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// see finds the first message from a sequence on that matches, the end of the log,
// and what tells that there is more.
func (b *Bus) see(from uint64, filters []string) (m *service.Message, end uint64, changed <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	end, changed = b.log.Len(), b.changed
	if len(filters) == 1 && filters[0] == wholeLog { // no need to look
		if from <= end {
			m = b.message(from)
			m.Pending = end - from
		}
		return m, end, changed
	}
	for seq := from; seq > 0 && seq <= end; seq++ {
		e := b.log.At(seq)
		switch {
		case !matchesAny(filters, e.StreamSubject()):
		case m == nil:
			m = b.message(seq)
		default:
			m.Pending++
		}
	}
	return m, end, changed
}
