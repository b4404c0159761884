package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/bus/contract"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/wait"
)

// patience is between two tries of a writer that has to wait.
const patience = 20 * time.Millisecond

// writer says one decision after the other under one guard, as a loop does: what it
// is not sure of it reads back and decides again, in other words.
type writer struct {
	app  string
	size int           // facts of a decision
	rest time.Duration // after each, so that a twin can catch up
	b    *Bus

	mu      sync.Mutex
	acked   map[uint64]string // what was acknowledged, by ordinal: the fact's subject
	waited  int               // decisions that were not taken at once
	longest time.Duration     // that Append kept the writer waiting
	last    time.Time         // of the last acknowledgement
	err     error             // what no writer may be told

	tail uint64 // sequence and ordinal of the last fact known
	n    uint64
}

// run writes until stop is closed; a decision under way is finished.
func (w *writer) run(ctx context.Context, stop <-chan struct{}) {
	for try := 1; ; try++ {
		select {
		case <-stop:
			return
		default:
		}
		es := contract.Decision(w.app, w.n+1, w.size, try)
		began := time.Now()
		r, err := w.b.Append(ctx, contract.Guard(w.app), w.tail, es)
		if !w.note(es, r, err, time.Since(began)) {
			return
		}
		if w.rest > 0 {
			wait.For(ctx, w.rest)
		}
		for err != nil {
			if err = w.readOn(ctx); err != nil && !wait.For(ctx, patience) {
				return
			}
		}
	}
}

// note keeps an outcome; false where no writer may be told such.
func (w *writer) note(es []events.Event, r service.Result, err error, took time.Duration) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.longest = max(w.longest, took)
	var conflict *service.ErrConflict
	switch {
	case err == nil:
		for _, e := range es {
			w.acked[e.Ordinal] = e.Subject
		}
		w.tail, w.n, w.last = r.Last.Seq, w.n+uint64(len(es)), time.Now()
	case errors.As(err, &conflict): // its own earlier try has landed
	case errors.Is(err, service.ErrUnclear), errors.Is(err, service.ErrUnavailable), errors.Is(err, service.ErrBusy):
		w.waited++
	default:
		w.err = err
		return false
	}
	return true
}

// readOn asks the leader for what stands under the guard behind what is known.
func (w *writer) readOn(ctx context.Context) error {
	for {
		m, err := w.b.get(ctx, events.StreamEvents, getRequest{Seq: w.tail + 1, NextFor: contract.Guard(w.app)})
		if isNoMessage(err) {
			return nil
		}
		if err != nil {
			return err
		}
		e, err := events.Parse(m.Subject, m.header, m.Data)
		if err != nil {
			return err
		}
		w.tail, w.n = m.Seq, max(w.n, e.Ordinal) // somebody may have repeated an older one
	}
}

// broken is what it was told that no writer may be told.
func (w *writer) broken() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

func (w *writer) said() (acked int, last time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.acked), w.last
}

// writers are some writers under way, each with a connection of its own.
type writers struct {
	all  []*writer
	stop func()
	done sync.WaitGroup
}

// startWriters starts writers that say singles, chains and batches, each under a
// guard of its own.
func startWriters(t *testing.T, n int, connect func(name string) *Bus) *writers {
	t.Helper()
	var all []*writer
	for i := range n {
		name := fmt.Sprintf("writer-%d", i)
		all = append(all, &writer{app: name, size: []int{1, 3, 20}[i%3], b: connect(name)})
	}
	return start(t, all)
}

// startTwins starts writers of one guard.
func startTwins(t *testing.T, n int, app string, connect func(name string) *Bus) *writers {
	t.Helper()
	var all []*writer
	for i := range n {
		all = append(all, &writer{app: app, size: 1, rest: time.Millisecond, b: connect(fmt.Sprintf("twin-%d", i))})
	}
	return start(t, all)
}

func start(t *testing.T, all []*writer) *writers {
	stop := make(chan struct{})
	ws := &writers{all: all, stop: sync.OnceFunc(func() { close(stop) })}
	for _, w := range all {
		w.acked = map[uint64]string{}
		ws.done.Go(func() { w.run(t.Context(), stop) })
	}
	t.Cleanup(ws.stop)
	return ws
}

// end lets them finish.
func (ws *writers) end(t *testing.T) {
	t.Helper()
	ws.stop()
	ws.done.Wait()
	for _, w := range ws.all {
		if w.err != nil {
			t.Errorf("%s was told %v", w.app, w.err)
		}
	}
}

// allSince tells whether each has been acknowledged a decision after a time.
func (ws *writers) allSince(at time.Time) (all bool) {
	for _, w := range ws.all {
		if _, last := w.said(); !last.After(at) {
			return false
		}
	}
	return true
}

// compare checks that each fact acknowledged stands in the log in the very words,
// once and at its place.
func (ws *writers) compare(t *testing.T, c *chain) (acked int) {
	t.Helper()
	for _, what := range c.findings() {
		t.Errorf("the log: %s", what)
	}
	for _, w := range ws.all {
		for n, subject := range w.acked {
			if got := c.said[contract.Guard(w.app)][n]; got != subject {
				t.Errorf("%s: fact %d was acknowledged as %s, the log holds %q", w.app, n, subject, got)
			}
		}
		acked += len(w.acked)
	}
	return acked
}
