package balance

import "time"

// TwoChoices takes the less loaded of two members drawn by chance. Where many gateways
// each see a part of the load it keeps them from all running to the same member.
type TwoChoices struct {
	ledger *Ledger
	seats  []seat
}

// Pick is Balancer's.
func (b *TwoChoices) Pick(_ uint64, now time.Time, skip func(int) bool) (int, bool) {
	b.ledger.mu.Lock()
	defer b.ledger.mu.Unlock()
	first, ok := b.draw(-1, skip)
	if !ok {
		return 0, false
	}
	if second, ok := b.draw(first, skip); ok {
		if b.seats[second].lighter(b.seats[first]) {
			first, second = second, first
		}
		if !b.seats[first].admits(now) {
			first = second
		}
	}
	*b.seats[first].load++
	return first, true
}

// draw begins at a member drawn by chance and takes the first that may be had.
func (b *TwoChoices) draw(but int, skip func(int) bool) (int, bool) {
	if len(b.seats) == 0 {
		return 0, false
	}
	i := int(b.ledger.chance() % uint64(len(b.seats)))
	for range b.seats {
		if i != but && b.seats[i].weight > 0 && (skip == nil || !skip(i)) {
			return i, true
		}
		if i++; i == len(b.seats) {
			i = 0
		}
	}
	return 0, false
}

// Done is Balancer's.
func (b *TwoChoices) Done(i int) { b.ledger.done(&b.seats[i]) }
