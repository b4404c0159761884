package split

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"sync"
)

// Sticky decides by user: the same users are the canary's as long as its share holds
// them, and more of them as it grows. Whom the share cannot hold at the moment goes to
// stable. Safe for concurrent use.
type Sticky struct {
	share  uint64
	k0, k1 uint64

	mu                     sync.Mutex
	seen, wanted, admitted uint64
	below                  uint64 // a user below this wants the canary
}

// NewSticky gives shareBp basis points (0..10000, clamped) to the canary. The salt
// names app and release, so that no user is always the first to meet what is new.
func NewSticky(shareBp int, salt string) *Sticky {
	sum := sha256.Sum256([]byte(salt))
	s := &Sticky{share: uint64(min(max(shareBp, 0), Whole))}
	s.k0, s.k1 = binary.LittleEndian.Uint64(sum[:]), binary.LittleEndian.Uint64(sum[8:])
	s.below, _ = bits.Div64(min(s.share, Whole-1), 0, Whole) // share·2⁶⁴/Whole, rounded down
	return s
}

// ShareBp returns the canary's share in basis points.
func (s *Sticky) ShareBp() int { return int(s.share) }

// Next counts one request of that user and reports whether it is the canary's.
func (s *Sticky) Next(user string) bool {
	wants := s.share == Whole || sipHash(s.k0, s.k1, user) < s.below
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen++
	if !wants {
		return false
	}
	s.wanted++
	return s.admit()
}

// NextAnyone counts one request without a user: it takes what the users leave of the
// canary's share.
func (s *Sticky) NextAnyone() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen++
	return s.admit()
}

// NextNever counts one request that is not to be the canary's.
func (s *Sticky) NextNever() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen++
	return false
}

// admit takes one of the share's requests, if there is one.
func (s *Sticky) admit() bool {
	hi, lo := bits.Mul64(s.seen, s.share)
	credit, _ := bits.Div64(hi, lo, Whole)
	if s.admitted >= credit {
		return false
	}
	s.admitted++
	return true
}

// Counts are the requests seen, those whose users wanted the canary, and those that
// it was given.
func (s *Sticky) Counts() (seen, wanted, admitted uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen, s.wanted, s.admitted
}
