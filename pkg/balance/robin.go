package balance

import "time"

// RoundRobin picks the next member in turn; weights other than 0 do not count.
type RoundRobin struct {
	ledger *Ledger
	seats  []seat
	last   int
}

// Pick is Balancer's.
func (b *RoundRobin) Pick(_ uint64, _ time.Time, skip func(int) bool) (int, bool) {
	b.ledger.mu.Lock()
	defer b.ledger.mu.Unlock()
	i := b.last
	for range b.seats {
		if i++; i == len(b.seats) {
			i = 0
		}
		if b.seats[i].weight == 0 || skip != nil && skip(i) {
			continue
		}
		b.last = i
		*b.seats[i].load++
		return i, true
	}
	return 0, false
}

// Done is Balancer's.
func (b *RoundRobin) Done(i int) { b.ledger.done(&b.seats[i]) }
