package split

import (
	"fmt"
	"testing"
)

func TestSipHashIsTheReference(t *testing.T) {
	// the key and the first messages of the reference's own vectors
	const k0, k1 = 0x0706050403020100, 0x0f0e0d0c0b0a0908
	message := ""
	for i, want := range []uint64{0x726fdb47dd0e0e31, 0x74f839c593dc67fd, 0x0d6c8009d9a94f5a, 0x85676696d7fb7e2d} {
		if got := sipHash(k0, k1, message); got != want {
			t.Errorf("%d bytes: %x, want %x", i, got, want)
		}
		message += string(rune(i))
	}
	if got := sipHash(k0, k1, "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e"); got != 0xa129ca6149be45e5 {
		t.Errorf("15 bytes: %x", got)
	}
}

func TestUsersStayUnderTheCap(t *testing.T) {
	t.Run("dataplane-35 all users want the canary at 5 %: still at most ⌊p·n⌋, the rest spill to stable", func(t *testing.T) {
		s := NewSticky(500, "web/7")
		user := ""
		for i := 0; ; i++ { // one whom the hash chose
			if user = fmt.Sprint(i); sipHash(s.k0, s.k1, user) < s.below {
				break
			}
		}
		canary := uint64(0)
		for n := uint64(1); n <= 100_000; n++ {
			if s.Next(user) {
				canary++
			}
			if limit := n * 500 / Whole; canary != limit {
				t.Fatalf("canary had %d of %d, the share is %d", canary, n, limit)
			}
		}
		if seen, wanted, admitted := s.Counts(); seen != 100_000 || wanted != seen || admitted != canary {
			t.Fatalf("counts %d %d %d", seen, wanted, admitted)
		}
	})
	t.Run("a growing share keeps the users it has", func(t *testing.T) {
		small, large := NewSticky(500, "web/7"), NewSticky(2500, "web/7")
		wanted := 0
		for i := range 20_000 {
			h := sipHash(small.k0, small.k1, fmt.Sprintf("user-%d", i))
			if h < small.below {
				wanted++
				if h >= large.below {
					t.Fatalf("user %d falls back", i)
				}
			}
		}
		if wanted < 900 || wanted > 1100 {
			t.Fatalf("%d of 20000 sequential users at 5 %%", wanted)
		}
	})
	t.Run("requests without a user take the plain rule", func(t *testing.T) {
		s, plain := NewSticky(333, "web/7"), New(333)
		for n := range 50_000 {
			if s.NextAnyone() != plain.Next() {
				t.Fatalf("request %d differs", n+1)
			}
		}
	})
	t.Run("requests that are never the canary's count in what it has a share of", func(t *testing.T) {
		s := NewSticky(1000, "web/7")
		for range 90 {
			if s.NextNever() {
				t.Fatal("one of them is the canary's")
			}
		}
		got := 0
		for range 10 {
			if s.NextAnyone() {
				got++
			}
		}
		if seen, _, admitted := s.Counts(); got != 10 || admitted != 10 || seen != 100 {
			t.Errorf("the canary had %d of %d, its share is 10 %%", admitted, seen)
		}
	})
	t.Run("no prefix of a mixture exceeds the share", func(t *testing.T) {
		s, canary := NewSticky(1000, "web/7"), uint64(0)
		for n := uint64(1); n <= 50_000; n++ {
			var is bool
			if n%3 == 0 {
				is = s.NextAnyone()
			} else {
				is = s.Next(fmt.Sprint(n % 17))
			}
			if is {
				canary++
			}
			if canary > n*1000/Whole {
				t.Fatalf("canary had %d of %d", canary, n)
			}
		}
	})
	t.Run("the whole takes everybody", func(t *testing.T) {
		s := NewSticky(Whole, "web/7")
		for n := range 100 {
			if !s.Next(fmt.Sprint(n)) {
				t.Fatal("somebody went to stable")
			}
		}
	})
}
