package balance

import "sync"

// Ledger counts the requests in flight of each endpoint of one pool. It
// outlives the balancers over it. The zero value is ready.
type Ledger struct {
	mu    sync.Mutex
	loads map[string]*int64
}

// seat is a member with its place in the ledger; load is guarded by the
// ledger's lock.
type seat struct {
	weight int64
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
		seats[i] = seat{weight: int64(m.Weight), load: n}
	}
	l.loads = kept
	return seats
}

func (l *Ledger) done(s seat) {
	l.mu.Lock()
	*s.load--
	l.mu.Unlock()
}
