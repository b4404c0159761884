package balance

import "time"

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
	best, i := -1, b.last
	for range b.seats {
		if i++; i == len(b.seats) {
			i = 0
		}
		if b.seats[i].weight == 0 || skip != nil && skip(i) {
			continue
		}
		if best < 0 || b.seats[i].lighter(b.seats[best], now) {
			best = i
		}
	}
	if best < 0 {
		return 0, false
	}
	b.last = best
	*b.seats[best].load++
	return best, true
}

// Done is Balancer's.
func (b *LeastRequest) Done(i int) { b.ledger.done(b.seats[i]) }

// lighter compares (load+1)/weight without dividing.
func (s seat) lighter(o seat, now time.Time) bool {
	return (*s.load+1)*o.weightAt(now) < (*o.load+1)*s.weightAt(now)
}

// weightAt is the weight in thousandths.
func (s seat) weightAt(now time.Time) int64 {
	if s.since.IsZero() {
		return rampWhole * s.weight
	}
	return ramp(s.since, now) * s.weight
}
