package balance

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"time"
)

func members(n int) []Member {
	list := make([]Member, n)
	for i := range list {
		list[i] = Member{ID: strconv.Itoa(i), Weight: 100}
	}
	return list
}

func build(t *testing.T, name string, l *Ledger, m []Member) Balancer {
	t.Helper()
	b, err := New(name, l, m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func pick(t *testing.T, b Balancer, skip func(int) bool) int {
	t.Helper()
	i, ok := b.Pick(0, time.Time{}, skip)
	if !ok {
		t.Fatal("nobody picked")
	}
	return i
}

func TestEveryPickIsALeastLoadedEndpoint(t *testing.T) {
	t.Run("dataplane-31 loads 2,1,2: the second", func(t *testing.T) {
		var l Ledger
		b := build(t, "", &l, members(3))
		for range 2 {
			for range 3 {
				pick(t, b, nil)
			}
		}
		b.Done(1)
		if i := pick(t, b, nil); i != 1 {
			t.Fatalf("picked %d", i)
		}
	})
	t.Run("dataplane-31 every pick of a random trace is a minimum", func(t *testing.T) {
		seed := uint64(31)
		r := rand.New(rand.NewPCG(seed, seed))
		const n = 8
		var l Ledger
		b, loads, flying := build(t, LeastRequestName, &l, members(n)), [n]int{}, []int(nil)
		for step := range 100_000 {
			if len(flying) > 0 && r.IntN(40) < len(flying) {
				k := r.IntN(len(flying))
				i := flying[k]
				flying[k] = flying[len(flying)-1]
				flying = flying[:len(flying)-1]
				loads[i]--
				b.Done(i)
				continue
			}
			i := pick(t, b, nil)
			for j, load := range loads {
				if load < loads[i] {
					t.Fatalf("seed %d step %d: picked %d with %d in flight, %d has %d", seed, step, i, loads[i], j, load)
				}
			}
			loads[i]++
			flying = append(flying, i)
		}
	})
}

func TestArrivalsAloneKeepLoadsWithinOne(t *testing.T) {
	var l Ledger
	b, loads := build(t, "", &l, members(5)), [5]int{}
	for n := range 1000 {
		loads[pick(t, b, nil)]++
		lo, hi := loads[0], loads[0]
		for _, x := range loads {
			lo, hi = min(lo, x), max(hi, x)
		}
		if hi-lo > 1 {
			t.Fatalf("after %d arrivals: %v", n+1, loads)
		}
	}
}

func TestWeightsAndSkips(t *testing.T) {
	var l Ledger
	b, loads := build(t, "", &l, []Member{{ID: "a", Weight: 300}, {ID: "b", Weight: 100}, {ID: "c"}}), [3]int{}
	for range 400 {
		loads[pick(t, b, nil)]++
	}
	if loads != [3]int{300, 100, 0} {
		t.Fatalf("loads %v", loads)
	}
	if i := pick(t, b, func(i int) bool { return i == 0 }); i != 1 {
		t.Fatalf("skipping 0 picked %d", i)
	}
	if _, ok := b.Pick(0, time.Time{}, func(int) bool { return true }); ok {
		t.Fatal("picked among nobody")
	}
}

func TestANewMembershipGoesOnWithTheTrueLoads(t *testing.T) {
	var l Ledger
	old := build(t, "", &l, members(2))
	first := pick(t, old, nil)
	next := build(t, "", &l, members(3))
	for range 2 {
		if i := pick(t, next, nil); i == first {
			t.Fatalf("picked %d, which still has one in flight", i)
		}
	}
	old.Done(first)
	if i := pick(t, next, nil); i != first {
		t.Fatalf("picked %d, %d is idle", i, first)
	}
	if n := l.Load(strconv.Itoa(first)); n != 1 {
		t.Fatalf("ledger has %d", n)
	}
}

func TestRoundRobinCountsDifferByAtMostOne(t *testing.T) {
	var l Ledger
	b, counts := build(t, RoundRobinName, &l, members(3)), [3]int{}
	for n := range 100 {
		i := pick(t, b, nil)
		counts[i]++
		if n%2 == 0 {
			b.Done(i)
		}
		if max(counts[0], counts[1], counts[2])-min(counts[0], counts[1], counts[2]) > 1 {
			t.Fatalf("after %d: %v", n+1, counts)
		}
	}
}

func TestAnUnknownRuleIsAnError(t *testing.T) {
	if _, err := New("luck", &Ledger{}, nil); err == nil {
		t.Fatal("accepted")
	}
}
