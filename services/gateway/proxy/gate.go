package proxy

import (
	"math"
	"sync"
	"sync/atomic"
)

// Gate counts who is inside and lets nobody in once closed.
//
// After Close no Enter succeeds, and done means that nobody is inside for
// ever: closing adds MinInt64, so every later Enter sees a negative count,
// and the count returns to MinInt64 only when all who entered have left. A
// refused Enter adds and takes back one, so that value may be seen more than
// once: hence the Once. A gate is never opened again; a returning endpoint
// gets a new one.
type Gate struct {
	n    atomic.Int64
	_    [56]byte // n is hot: a cache line of its own
	once sync.Once
	done chan struct{}
}

// NewGate returns an open gate.
func NewGate() *Gate { return &Gate{done: make(chan struct{})} }

// Enter reports whether the caller is inside, and then must Exit.
func (g *Gate) Enter() bool {
	if g.n.Add(1) < 0 {
		g.Exit()
		return false
	}
	return true
}

// Exit leaves the gate.
func (g *Gate) Exit() {
	if g.n.Add(-1) == math.MinInt64 {
		g.once.Do(func() { close(g.done) })
	}
}

// Close shuts the gate; call it exactly once.
func (g *Gate) Close() {
	if g.n.Add(math.MinInt64) == math.MinInt64 {
		g.once.Do(func() { close(g.done) })
	}
}

// Done is closed when the gate is closed and the last one has left.
func (g *Gate) Done() <-chan struct{} { return g.done }

// Inside returns how many are inside.
func (g *Gate) Inside() int64 {
	n := g.n.Load()
	if n < 0 {
		n -= math.MinInt64
	}
	return n
}
