package proxy

import (
	"context"
	"sync/atomic"
	"time"
)

const (
	holdWaitDefault = 30 * time.Second
	holdHeldDefault = 1000
)

// Barrier is where an app's requests wait while it is held.
type Barrier struct {
	hold   Hold
	lifted chan struct{}
	held   atomic.Int64
}

// newBarrier makes the channel in the constructor, so a barrier restored
// after a restart can be lifted like any other.
func newBarrier(h Hold) *Barrier {
	if h.MaxWait <= 0 {
		h.MaxWait = holdWaitDefault
	}
	if h.MaxHeld <= 0 {
		h.MaxHeld = holdHeldDefault
	}
	return &Barrier{hold: h, lifted: make(chan struct{})}
}

// lift lets all who wait load the table again; the runtime wakes them in the
// order of their arrival.
func (b *Barrier) lift() { close(b.lifted) }

// wait returns nil when the barrier is lifted, and else what to answer.
func (b *Barrier) wait(ctx context.Context) *fault {
	if b.hold.Kind == HoldStop {
		return stopped(b.hold.Message)
	}
	defer b.held.Add(-1)
	if b.held.Add(1) > int64(b.hold.MaxHeld) {
		return heldFull
	}
	late := time.NewTimer(b.hold.MaxWait)
	defer late.Stop()
	select {
	case <-b.lifted:
		return nil
	case <-late.C:
		return holdTimeout
	case <-ctx.Done():
		return clientGone
	}
}
