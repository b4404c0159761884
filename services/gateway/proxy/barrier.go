package proxy

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	holdWaitDefault = 30 * time.Second
	holdHeldDefault = 1000
)

// Barrier is where an app's requests wait while it is held. Once it is lifted they are
// let in in the order of their arrival, each when the one before it has made way; what
// they do then they do at the same time.
type Barrier struct {
	hold Hold
	held atomic.Int64

	mu    sync.Mutex
	queue []chan struct{} // of those who wait, in the order of their arrival
	open  bool
}

func newBarrier(h Hold) *Barrier {
	if h.MaxWait <= 0 {
		h.MaxWait = holdWaitDefault
	}
	if h.MaxHeld <= 0 {
		h.MaxHeld = holdHeldDefault
	}
	return &Barrier{hold: h}
}

// lift lets the first of those who wait in.
func (b *Barrier) lift() {
	b.mu.Lock()
	b.open = true
	b.mu.Unlock()
	b.makeWay()
}

// makeWay lets the next one in. Whoever was let in calls it once.
func (b *Barrier) makeWay() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.queue) > 0 {
		close(b.queue[0])
		b.queue = b.queue[1:]
	}
}

// arrive is a place in the queue, counted as soon as it stands there; nil: there is no
// queue any more, or a fault, that it is full.
func (b *Barrier) arrive() (chan struct{}, *fault) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open && len(b.queue) == 0 {
		return nil, nil
	}
	if b.held.Load() >= int64(b.hold.MaxHeld) {
		return nil, heldFull
	}
	b.held.Add(1)
	turn := make(chan struct{})
	b.queue = append(b.queue, turn)
	return turn, nil
}

// leave gives up a place. It is false where that one has its turn by now.
func (b *Barrier) leave(turn chan struct{}) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.Index(b.queue, turn)
	if i < 0 {
		return false
	}
	b.queue = slices.Delete(b.queue, i, i+1)
	return true
}

// wait returns when the caller may go on, or with what to answer. Whoever had to wait
// for a turn is to make way for the next.
func (b *Barrier) wait(ctx context.Context) (turn bool, f *fault) {
	if b.hold.Kind == HoldStop {
		return false, stopped(b.hold.Message)
	}
	mine, f := b.arrive()
	if mine == nil {
		return false, f
	}
	defer b.held.Add(-1)
	late := time.NewTimer(b.hold.MaxWait)
	defer late.Stop()
	select {
	case <-mine:
		return true, nil
	case <-late.C:
		f = holdTimeout
	case <-ctx.Done():
		f = clientGone
	}
	if b.leave(mine) {
		return false, f
	}
	return true, nil
}
