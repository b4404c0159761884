package service

import (
	"context"
	"sync/atomic"
	"time"
)

const (
	copyMax    = 64              // copies wait; more, and the loop waits
	copyFinish = 2 * time.Second // at a clean stop, for those that wait: the bus may be away
)

// copied is an event set aside, with its bytes as they were said.
type copied struct {
	Aside
	message Message
}

// copier keeps what was set aside, outside of the loop. A snapshot is taken only while
// it owes nothing: whoever begins at one never reads again what lies before it.
type copier struct {
	queue chan copied
	owed  atomic.Int64  // set aside and not kept
	ended chan struct{} // closed when it keeps nothing more
}

func newCopier() *copier {
	return &copier{queue: make(chan copied, copyMax), ended: make(chan struct{})}
}

// take is given an event by the loop. Where it cannot be queued any more it stays owed.
func (c *copier) take(ctx context.Context, one copied) {
	c.owed.Add(1)
	select {
	case c.queue <- one:
	case <-c.ended:
	case <-ctx.Done():
	}
}

// run keeps copies until the queue is closed or ctx ends. A failure ends the service's
// run, which reads the event again in its next life.
func (c *copier) run(ctx context.Context, keep func(context.Context, copied) error) error {
	defer close(c.ended)
	for {
		select {
		case one, more := <-c.queue:
			if !more {
				return nil
			}
			if err := keep(ctx, one); err != nil {
				return err
			}
			c.owed.Add(-1)
		case <-ctx.Done():
			return nil
		}
	}
}

// finish lets what waits be kept, within its bound; nothing is set aside any more.
func (c *copier) finish() {
	close(c.queue)
	t := time.NewTimer(copyFinish)
	defer t.Stop()
	select {
	case <-c.ended:
	case <-t.C:
	}
}

// copying has what is set aside while f runs copied; it is one of the messages.
func (r *runner) copying(ctx context.Context, f func(), messages ...Message) {
	r.core.Aside = func(a Aside) {
		for _, m := range messages {
			if m.Pos == a.Pos {
				r.copies.take(ctx, copied{a, m})
				return
			}
		}
	}
	f()
	r.core.Aside = nil
}

// copy keeps one with the dead letters.
func (r *runner) copy(ctx context.Context, c copied) error {
	return r.bus.Dead(ctx, r.svc.Participant(), c.message, c.Verdict, c.Reason)
}
