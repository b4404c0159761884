package balance

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func weights(list ...int) (m []Member) {
	for i, w := range list {
		m = append(m, Member{ID: fmt.Sprint(i), Weight: w})
	}
	return m
}

func TestEveryMemberStaysWithinOneOfItsShare(t *testing.T) {
	t.Run("dataplane-32 the weights that break the smooth rule, ten turns", func(t *testing.T) {
		list := []int{115, 3, 21, 111, 111, 19, 3, 119, 3, 3}
		withinOne(t, list, 10)
	})
	t.Run("any weights", rapid.MakeCheck(func(rt *rapid.T) {
		list := rapid.SliceOfN(rapid.IntRange(0, 40), 1, 12).Draw(rt, "weights")
		list[0]++ // somebody has a share
		withinOne(rt, list, 2)
	}))
}

type failer interface {
	Fatalf(string, ...any)
}

func withinOne(t failer, list []int, turns int) {
	var l Ledger
	b, err := New(WeightedName, &l, weights(list...))
	if err != nil {
		t.Fatalf("%v", err)
	}
	total, given := 0, make([]int, len(list))
	for _, w := range list {
		total += w
	}
	for n := 1; n <= turns*total; n++ {
		i, ok := b.Pick(0, time.Time{}, nil)
		if !ok {
			t.Fatalf("slot %d: nobody", n)
		}
		b.Done(i)
		given[i]++
		for j, c := range given {
			if off := c*total - n*list[j]; off >= total || off <= -total {
				t.Fatalf("weights %v slot %d: member %d has %d of %d/%d", list, n, j, c, n*list[j], total)
			}
		}
	}
}

func TestASkippedMemberDoesNotSaveUp(t *testing.T) {
	var l Ledger
	b := build(t, WeightedName, &l, weights(97, 100))
	for range 90 { // within one turn of 197
		pick(t, b, func(i int) bool { return i == 0 })
	}
	had := 0
	for range 20 {
		if pick(t, b, nil) == 0 {
			had++
		}
	}
	if had < 8 || had > 12 {
		t.Fatalf("back from 90 slots it had %d of the next 20, its share is half", had)
	}
}

func TestHashKeepsToTheCap(t *testing.T) {
	t.Run("dataplane-33 a key whose member is at the cap goes to the next in its order", func(t *testing.T) {
		var l Ledger
		b := build(t, HashName, &l, members(4))
		first, _ := b.Pick(7, time.Time{}, nil)
		second, _ := b.Pick(7, time.Time{}, nil) // cap is ⌈1.25·2/4⌉ = 1
		if first == second {
			t.Fatalf("both at %d", first)
		}
		b.Done(first)
		b.Done(second)
		if again, _ := b.Pick(7, time.Time{}, nil); again != first {
			t.Fatalf("%d then %d", first, again)
		}
		var without Ledger
		c := build(t, HashName, &without, members(4))
		if next, _ := c.Pick(7, time.Time{}, func(i int) bool { return i == first }); next != second {
			t.Fatalf("without %d the next is %d, at the cap it was %d", first, next, second)
		}
	})
	t.Run("dataplane-33 the load is never above the cap", rapid.MakeCheck(func(rt *rapid.T) {
		var l Ledger
		n := rapid.IntRange(1, 9).Draw(rt, "members")
		b, _ := New(HashName, &l, members(n))
		loads, flying := make([]int64, n), []int(nil)
		for range rapid.IntRange(1, 200).Draw(rt, "steps") {
			if len(flying) > 0 && rapid.Bool().Draw(rt, "done") {
				i := flying[0]
				flying = flying[1:]
				loads[i]--
				b.Done(i)
				continue
			}
			i, _ := b.Pick(rapid.Uint64Range(0, 3).Draw(rt, "key"), time.Time{}, nil)
			loads[i]++
			flying = append(flying, i)
			if limit := capOf(int64(len(flying)), int64(n)); loads[i] > limit {
				rt.Fatalf("%d has %d of %d, the cap is %d", i, loads[i], len(flying), limit)
			}
		}
	}))
	t.Run("dataplane-33 one key for all fills a member up to a quarter above the mean, and no further", func(t *testing.T) {
		for n := 2; n <= 9; n++ {
			var l Ledger
			b := build(t, HashName, &l, members(n))
			loads := make([]int, n)
			for sent := 1; sent <= 200; sent++ {
				i, _ := b.Pick(7, time.Time{}, nil)
				loads[i]++
				quarterAbove := (125*sent + 100*n - 1) / (100 * n)
				if most := slices.Max(loads); most != quarterAbove {
					t.Fatalf("%d members, %d in flight: %d at one, a quarter above the mean is %d", n, sent, most, quarterAbove)
				}
			}
		}
	})
	t.Run("a member that leaves moves its own keys only", func(t *testing.T) {
		moved := 0
		for key := range uint64(1000) {
			var with, without Ledger
			a, _ := build(t, HashName, &with, members(5)).Pick(mix(key), time.Time{}, nil)
			b, _ := build(t, HashName, &without, members(4)).Pick(mix(key), time.Time{}, nil)
			if a != 4 && a != b {
				t.Fatalf("key %d moved from %d to %d", key, a, b)
			}
			if a == 4 {
				moved++
			}
		}
		if moved < 150 || moved > 250 {
			t.Fatalf("%d of 1000 keys were the fifth's", moved)
		}
	})
}

func TestANewEndpointBeginsSlowly(t *testing.T) {
	t.Run("dataplane-33 weight 10 % at 0 s, 55 % at 15 s, 100 % at 30 s", func(t *testing.T) {
		came := time.Unix(1000, 0)
		for after, want := range map[time.Duration]int64{0: 100, 15 * time.Second: 550, 30 * time.Second: 1000, time.Hour: 1000} {
			if got := ramp(came, came.Add(after)); got != want {
				t.Errorf("after %s %d ‰, want %d", after, got, want)
			}
		}
	})
	t.Run("with one request at a time it has its part, too", func(t *testing.T) {
		came := time.Unix(1000, 0)
		var l Ledger
		b := build(t, "", &l, []Member{{ID: "old", Weight: 100}, {ID: "new", Weight: 100, Since: came}})
		news := 0
		for range 1000 {
			i, _ := b.Pick(0, came, nil)
			b.Done(i)
			news += i
		}
		if news < 50 || news > 110 {
			t.Errorf("the new one has %d of 1000", news)
		}
	})
	t.Run("where all are new nobody waits", func(t *testing.T) {
		came := time.Unix(1000, 0)
		var l Ledger
		b := build(t, "", &l, []Member{{ID: "a", Weight: 100, Since: came}, {ID: "b", Weight: 100, Since: came}})
		counts := [2]int{}
		for range 100 {
			i, ok := b.Pick(0, came, nil)
			if !ok {
				t.Fatal("nobody")
			}
			counts[i]++
		}
		if counts[0] < 40 || counts[1] < 40 {
			t.Errorf("%v", counts)
		}
	})
	t.Run("least-request follows it", func(t *testing.T) {
		came := time.Unix(1000, 0)
		for after, want := range map[time.Duration]int{0: 10, 30 * time.Second: 50} {
			var l Ledger
			b := build(t, "", &l, []Member{{ID: "old", Weight: 100}, {ID: "new", Weight: 100, Since: came}})
			news := 0
			for range 100 {
				i, _ := b.Pick(0, came.Add(after), nil)
				news += i
			}
			if news < want-1 || news > want+1 {
				t.Errorf("after %s the new one has %d of 100, want %d", after, news, want)
			}
		}
	})
}

func TestTwoChoicesIsFairAndRepeatable(t *testing.T) {
	run := func(seed uint64) string {
		l := Ledger{Seed: seed}
		b, picks := build(t, TwoChoicesName, &l, members(8)), ""
		for range 640 {
			picks += fmt.Sprint(pick(t, b, nil))
		}
		for i := range 8 {
			if n := l.Load(fmt.Sprint(i)); n < 76 || n > 84 {
				t.Errorf("seed %d: member %d has %d of 640", seed, i, n)
			}
		}
		return picks
	}
	if run(1) != run(1) {
		t.Error("one seed, two orders")
	}
	if run(1) == run(2) {
		t.Error("two seeds, one order")
	}
}

// The rules of the table, measured as it says: exponential service, 2.8 requests in
// flight each, and the gap between the most and the least loaded at each arrival.
func TestLeastRequestHasTheSmallestGap(t *testing.T) {
	mean := map[string]float64{}
	for _, name := range []string{LeastRequestName, TwoChoicesName, RoundRobinName} {
		mean[name] = gap(t, name, 8, 20_000)
	}
	t.Logf("mean gap of 8 members: %v", mean)
	if mean[LeastRequestName] >= mean[TwoChoicesName] || mean[TwoChoicesName] >= mean[RoundRobinName] {
		t.Errorf("not in order: %v", mean)
	}
}

func gap(t *testing.T, name string, n, arrivals int) float64 {
	r := rand.New(rand.NewPCG(1, 2))
	var l Ledger
	b, loads, sum := build(t, name, &l, members(n)), make([]int, n), 0
	var ends []struct {
		at float64
		i  int
	}
	now := 0.0
	for range arrivals {
		now += r.ExpFloat64() / (2.8 * float64(n))
		kept := ends[:0]
		for _, e := range ends {
			if e.at <= now {
				loads[e.i]--
				b.Done(e.i)
				continue
			}
			kept = append(kept, e)
		}
		ends = kept
		i := pick(t, b, nil)
		loads[i]++
		ends = append(ends, struct {
			at float64
			i  int
		}{now + r.ExpFloat64(), i})
		lo, hi := loads[0], loads[0]
		for _, x := range loads {
			lo, hi = min(lo, x), max(hi, x)
		}
		sum += hi - lo
	}
	return float64(sum) / float64(arrivals)
}
