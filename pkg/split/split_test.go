package split

import (
	"sync"
	"sync/atomic"
	"testing"
)

func TestEveryPrefixHasExactlyItsShare(t *testing.T) {
	for _, bp := range []int{0, 1, 3, 500, 3333, 5000, 9999, 10000} {
		s, canary := New(bp), uint64(0)
		for n := uint64(1); n <= 100_000; n++ { // dataplane-34 states 10⁶; the rule has period 10⁴
			if s.Next() {
				canary++
			}
			if want := n * uint64(bp) / Whole; canary != want {
				t.Fatalf("share %d bp: canary had %d of %d, wanted %d", bp, canary, n, want)
			}
		}
	}
}

func TestConcurrentRequestsShareOneCount(t *testing.T) {
	s, canary, all := New(500), atomic.Uint64{}, sync.WaitGroup{}
	for range 8 {
		all.Go(func() {
			for range 1000 {
				if s.Next() {
					canary.Add(1)
				}
			}
		})
	}
	all.Wait()
	if canary.Load() != 400 || s.Seen() != 8000 {
		t.Fatalf("canary %d of %d", canary.Load(), s.Seen())
	}
}
