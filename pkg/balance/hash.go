package balance

import (
	"hash/fnv"
	"time"
)

// Hash sends a key to the member that ranks highest for it and whose load is below the
// cap: a quarter above the mean (rendezvous hashing, Thaler and Ravishankar 1996, with
// bounded loads, Mirrokni et al. 2016). A member that leaves moves its own keys only.
type Hash struct {
	ledger *Ledger
	seats  []seat
	names  []uint64
}

func newHash(l *Ledger, members []Member) *Hash {
	b := &Hash{ledger: l, seats: l.seat(members)}
	for _, m := range members {
		h := fnv.New64a()
		h.Write([]byte(m.ID))
		b.names = append(b.names, h.Sum64())
	}
	return b
}

// Pick is Balancer's.
func (b *Hash) Pick(key uint64, _ time.Time, skip func(int) bool) (int, bool) {
	b.ledger.mu.Lock()
	defer b.ledger.mu.Unlock()
	var load, usable int64
	may := make([]bool, len(b.seats))
	for i, s := range b.seats {
		if may[i] = s.weight > 0 && (skip == nil || !skip(i)); may[i] {
			load += *s.load
			usable++
		}
	}
	if usable == 0 {
		return 0, false
	}
	limit := capOf(load+1, usable)
	best, rank := -1, uint64(0)
	for i, s := range b.seats {
		if !may[i] || *s.load+1 > limit {
			continue
		}
		if r := mix(key ^ mix(b.names[i])); best < 0 || r > rank {
			best, rank = i, r
		}
	}
	*b.seats[best].load++ // one is below the cap: else the load were at least usable·cap
	return best, true
}

// capOf is ⌈1.25·load/usable⌉.
func capOf(load, usable int64) int64 { return (5*load + 4*usable - 1) / (4 * usable) }

// Done is Balancer's.
func (b *Hash) Done(i int) { b.ledger.done(&b.seats[i]) }

// mix is the finalizer of splitmix64 (Steele, Lea and Flood 2014).
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
