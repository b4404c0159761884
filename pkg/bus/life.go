package bus

import (
	"context"
	"sync"
)

// life is one unbroken stretch of the connection. What reads by it is ended with
// it, so that nobody waits for an answer that cannot come.
type life struct {
	mu     sync.Mutex
	alive  bool
	ended  chan struct{} // closed when this life ends
	reborn chan struct{} // closed when the next one begins
}

func newLife() *life { return &life{alive: true, ended: make(chan struct{})} }

func (l *life) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.alive {
		return
	}
	l.alive = false
	l.reborn = make(chan struct{})
	close(l.ended)
}

func (l *life) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.alive {
		return
	}
	l.alive = true
	l.ended = make(chan struct{})
	close(l.reborn)
}

// join waits for a life and returns a context that ends with it or with ctx. The
// caller must call the function returned.
func (l *life) join(ctx context.Context) (context.Context, context.CancelFunc, error) {
	for {
		l.mu.Lock()
		alive, ended, reborn := l.alive, l.ended, l.reborn
		l.mu.Unlock()
		if alive {
			joined, cancel := context.WithCancel(ctx)
			go func() {
				select {
				case <-ended:
					cancel()
				case <-joined.Done():
				}
			}()
			return joined, cancel, nil
		}
		select {
		case <-reborn:
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	}
}
