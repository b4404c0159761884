package split

import "sync/atomic"

// Whole is the number of basis points in one.
const Whole = 10000

// Splitter decides request by request; safe for concurrent use.
type Splitter struct {
	share uint64
	n     atomic.Uint64
}

// New returns a splitter that gives shareBp basis points (0..10000, clamped)
// to the canary.
func New(shareBp int) *Splitter {
	return &Splitter{share: uint64(min(max(shareBp, 0), Whole))}
}

// ShareBp returns the canary's share in basis points.
func (s *Splitter) ShareBp() int { return int(s.share) }

// Next counts one request and reports whether it is the canary's: request n
// is iff ⌊n·share⌋ ≠ ⌊(n−1)·share⌋, which is the same as (n·a mod b) < a.
// Reducing n first keeps the product small.
func (s *Splitter) Next() bool {
	n := s.n.Add(1) % Whole
	return n*s.share%Whole < s.share
}

// Seen returns the number of requests counted so far.
func (s *Splitter) Seen() uint64 { return s.n.Load() }
