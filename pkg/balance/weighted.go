package balance

import "time"

// Weighted gives every member its exact share: slot n goes, among those that are
// behind their share, to the one whose next unit is due first. Each unit of a member
// then fits between the slots in which it may and must be served (the P-fair windows
// of Baruah et al. 1996), so that no member is ever a whole request away from its
// share. The usual smooth rule undershoots by more than one from four weights on.
type Weighted struct {
	ledger *Ledger
	seats  []seat
	units  []int64 // given to each in this turn
	total  int64   // of the weights: a turn's slots
	slot   int64   // of the turn
}

func newWeighted(l *Ledger, members []Member) *Weighted {
	b := &Weighted{ledger: l, seats: l.seat(members), units: make([]int64, len(members))}
	var divisor int64
	for _, s := range b.seats {
		divisor = gcd(divisor, s.weight)
	}
	for i := range b.seats {
		b.seats[i].weight /= max(divisor, 1)
		b.total += b.seats[i].weight
	}
	return b
}

// Pick is Balancer's.
func (b *Weighted) Pick(_ uint64, _ time.Time, skip func(int) bool) (int, bool) {
	b.ledger.mu.Lock()
	defer b.ledger.mu.Unlock()
	best, behind := -1, false
	for i := range b.seats {
		w := b.seats[i].weight
		if w == 0 {
			continue
		}
		if skip != nil && skip(i) {
			// what is skipped does not save up for later: a burst would meet it
			b.units[i] = max(b.units[i], (b.slot+1)*w/b.total)
			continue
		}
		eligible := b.units[i]*b.total < (b.slot+1)*w
		if best < 0 || eligible && !behind || eligible == behind && b.deadline(i) < b.deadline(best) {
			best, behind = i, eligible
		}
	}
	if best < 0 {
		return 0, false
	}
	// nor is what it takes for those that are skipped held against it later
	due := ((b.slot+1)*b.seats[best].weight + b.total - 1) / b.total
	b.units[best] = min(b.units[best]+1, due)
	if b.slot++; b.slot == b.total {
		b.slot = 0
		clear(b.units)
	}
	*b.seats[best].load++
	return best, true
}

// deadline is the slot by which a member's next unit is due, rounded up.
func (b *Weighted) deadline(i int) int64 {
	w := b.seats[i].weight
	return ((b.units[i]+1)*b.total + w - 1) / w
}

// Done is Balancer's.
func (b *Weighted) Done(i int) { b.ledger.done(&b.seats[i]) }

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
