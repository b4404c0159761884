package balance

import (
	"sync"
	"time"
)

// Ledger counts the requests in flight of each endpoint of one pool. It
// outlives the balancers over it. The zero value is ready.
type Ledger struct {
	Seed uint64 // of the chance two choices draw by; set it before the first pick

	mu    sync.Mutex
	drawn uint64
	loads map[string]*int64
}

// seat is a member with its place in the ledger; load is guarded by the
// ledger's lock.
type seat struct {
	weight int64
	since  time.Time // when it came; zero: long ago
	credit int64     // thousandths of a request that a new one has saved up
	load   *int64
}

// Load returns the requests in flight of that endpoint.
func (l *Ledger) Load(id string) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := l.loads[id]; n != nil {
		return *n
	}
	return 0
}

func (l *Ledger) seat(members []Member) []seat {
	l.mu.Lock()
	defer l.mu.Unlock()
	kept := make(map[string]*int64, len(members))
	for id, n := range l.loads {
		if *n > 0 { // still in flight from an older membership
			kept[id] = n
		}
	}
	seats := make([]seat, len(members))
	for i, m := range members {
		n := l.loads[m.ID]
		if n == nil {
			n = new(int64)
		}
		kept[m.ID] = n
		seats[i] = seat{weight: int64(m.Weight), since: m.Since, load: n}
	}
	l.loads = kept
	return seats
}

// chance is the next number of the seeded source (splitmix64).
func (l *Ledger) chance() uint64 {
	const golden = 0x9e3779b97f4a7c15
	l.drawn++
	return mix(l.Seed + l.drawn*golden)
}

func (l *Ledger) done(s *seat) {
	l.mu.Lock()
	*s.load--
	l.mu.Unlock()
}
