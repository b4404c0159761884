package balance

import (
	"slices"
	"time"
)

// LeastRequest picks the member with the smallest (load+1)/weight; ties go
// to the first one after the last pick. A pick scans all members: 1,000, the
// most an app may have, take about a microsecond.
type LeastRequest struct {
	ledger *Ledger
	seats  []seat
	last   int
}

// Pick is Balancer's.
func (b *LeastRequest) Pick(_ uint64, now time.Time, skip func(int) bool) (int, bool) {
	b.ledger.mu.Lock()
	defer b.ledger.mu.Unlock()
	first := b.least(skip, nil)
	if first < 0 {
		return 0, false
	}
	best := first
	var early []int // new ones, whose turn it is not yet
	for best >= 0 && !b.seats[best].admits(now) {
		early = append(early, best)
		best = b.least(skip, early)
	}
	if best < 0 { // all are new
		best = first
	}
	b.last = best
	*b.seats[best].load++
	return best, true
}

// least is the least loaded member but those named; -1 if there is none.
func (b *LeastRequest) least(skip func(int) bool, but []int) int {
	best, i := -1, b.last
	for range b.seats {
		if i++; i == len(b.seats) {
			i = 0
		}
		if b.seats[i].weight == 0 || skip != nil && skip(i) || slices.Contains(but, i) {
			continue
		}
		if best < 0 || b.seats[i].lighter(b.seats[best]) {
			best = i
		}
	}
	return best
}

// Done is Balancer's.
func (b *LeastRequest) Done(i int) { b.ledger.done(&b.seats[i]) }

// lighter compares (load+1)/weight without dividing.
func (s seat) lighter(o seat) bool { return (*s.load+1)*o.weight < (*o.load+1)*s.weight }
