package samples

import (
	"math/rand/v2"
	"runtime"
	"sync/atomic"
)

// lanes is into how many parts a number is split, so that processors which count at
// once seldom meet: a power of two, no less than the processors there are.
var lanes = func() int {
	n := 1
	for n < runtime.GOMAXPROCS(0) {
		n *= 2
	}
	return min(n, maxLanes)
}()

// maxLanes bounds the memory of a series on large machines.
const maxLanes = 16

// lane picks one at random: without knowing its processor a goroutine cannot do better,
// and the choice costs less than the contention it avoids.
func lane() int { return int(rand.Uint32()) & (lanes - 1) }

// padded is a number alone on its cache line.
type padded struct {
	n atomic.Uint64
	_ [56]byte
}

// Counter is a number that only rises.
type Counter struct{ lanes []padded }

// NewCounter is a counter at zero that belongs to no Set.
func NewCounter() *Counter { return &Counter{make([]padded, lanes)} }

// Add raises it by n.
func (c *Counter) Add(n uint64) { c.lanes[lane()].n.Add(n) }

// Value is its sum.
func (c *Counter) Value() (sum uint64) {
	for i := range c.lanes {
		sum += c.lanes[i].n.Load()
	}
	return sum
}
