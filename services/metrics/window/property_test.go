package window_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"slipway.dev/events"
	"slipway.dev/services/metrics/window"
)

// answers are the rows that gateways count in properties.
var answers = []row{
	{"web", "7", "web-7-a1", "2xx", "backend"},
	{"web", "7", "web-7-a2", "5xx", "backend"},
	{"web", "8", "web-8-a1", "2xx", "client"},
	{"web", "8", "web-8-a1", "5xx", "gateway"},
	{"web", "", "", "5xx", "gateway"},
}

// sum is what is counted of a release.
type sum struct{ requests, errors, aborted, timed int64 }

func (s *sum) add(o sum) {
	s.requests += o.requests
	s.errors += o.errors
	s.aborted += o.aborted
	s.timed += o.timed
}

func sumOf(l events.Load) sum {
	inBuckets := l.Latency.Zero
	for _, n := range l.Latency.Buckets {
		inBuckets += n
	}
	if inBuckets != l.Latency.Count {
		return sum{timed: -1}
	}
	return sum{l.Requests, l.Errors, l.Aborted, int64(l.Latency.Count)}
}

// truth is what was counted: by release, second by second.
type truth map[int]map[int64]sum

func (w truth) count(second int64, r row, n int64) {
	release := map[string]int{"7": 7, "8": 8, "": 7}[r.release]
	if w[release] == nil {
		w[release] = map[int64]sum{}
	}
	s := sum{requests: n, timed: n}
	switch {
	case r.cause == "gateway", r.class == "5xx":
		s.errors = n
	case r.cause == "client":
		s.aborted = n
	}
	now := w[release][second]
	now.add(s)
	w[release][second] = now
}

// between sums the seconds of a window.
func (w truth) between(release int, from, to int64) (all sum) {
	for s := from; s < to; s++ {
		all.add(w[release][s])
	}
	return all
}

// delivery is a batch on its way.
type delivery struct {
	due     time.Time
	gateway string
	samples events.Samples
}

// play draws what some gateways count in bursts and how long each batch takes.
type play struct {
	t       *rapid.T
	rng     *rand.Rand // seeded by t: what is drawn thousands of times
	seconds int
	names   []string
	truth   truth
	batches [][]events.Samples // by gateway
	at      [][]time.Time
}

func newPlay(t *rapid.T) *play {
	p := &play{t: t, seconds: rapid.IntRange(10, 150).Draw(t, "seconds"), truth: truth{}}
	p.rng = rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	for i := range rapid.IntRange(1, 3).Draw(t, "gateways") {
		p.names = append(p.names, fmt.Sprintf("gw%d-a", i+1))
	}
	busy := map[int]bool{}
	for range rapid.IntRange(0, 4).Draw(t, "bursts") {
		from := rapid.IntRange(0, p.seconds).Draw(t, "from")
		for s := range rapid.IntRange(1, 8).Draw(t, "long") {
			busy[from+s] = true
		}
	}
	for _, name := range p.names {
		p.run(newGateway(name), busy)
	}
	return p
}

// run lets a gateway count; every tick is up to a third of a second late.
func (p *play) run(g *gateway, busy map[int]bool) {
	var batches []events.Samples
	var times []time.Time
	for s := range p.seconds {
		for i, r := range answers {
			if !busy[s] {
				break
			}
			n := p.rng.Uint64N(4)
			g.count(r, n, time.Duration(i)*time.Millisecond)
			p.truth.count(at.Unix()+int64(s), r, int64(n))
		}
		now := after(float64(s + 1)).Add(time.Duration(p.rng.IntN(300)) * time.Millisecond)
		for _, b := range g.tick(p.t, now) {
			batches, times = append(batches, b), append(times, now)
		}
	}
	p.batches, p.at = append(p.batches, batches), append(p.at, times)
}

// deliver hands the batches to a fold, each within a second and some twice, in the order
// in which they arrive; lost tells which never do. It returns what was closed.
func (p *play) deliver(lost func(gateway, batch int) bool) (closed []events.Load) {
	var all []delivery
	for g, batches := range p.batches {
		for i, b := range batches {
			if lost(g, i) {
				continue
			}
			due := p.at[g][i].Add(time.Duration(p.rng.IntN(900)) * time.Millisecond)
			all = append(all, delivery{due, p.names[g], b})
			if p.rng.IntN(10) == 0 {
				all = append(all, delivery{due.Add(700 * time.Millisecond), p.names[g], b})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b delivery) int { return a.due.Compare(b.due) })
	f, st := window.New(), standing(p.names, "web")
	closed = f.Close(at, st)
	for _, d := range all {
		f.Samples(window.KindGateway, d.gateway, d.samples, d.due)
		closed = append(closed, f.Close(d.due, st)...)
	}
	end := after(float64(p.seconds + 10))
	closed = append(closed, f.Close(end, st)...)
	if f.Late() > 0 {
		p.t.Fatalf("%d requests came too late", f.Late())
	}
	return closed
}

// inRow fails where the windows of a release overlap or leave a hole.
func inRow(t fatal, all []events.Load) {
	t.Helper()
	last := map[int]time.Time{}
	for _, l := range all {
		length := l.To.Sub(l.From)
		if to, told := last[l.Release]; told && !l.From.Equal(to) {
			t.Fatalf("release %d: %s after one that ends at %s", l.Release, span(l), to.Sub(at))
		}
		if length != time.Second && (length != 5*time.Second || l.From.Unix()%5 != 0 || l.Requests > 0) {
			t.Fatalf("release %d: a window %s with %d requests", l.Release, span(l), l.Requests)
		}
		last[l.Release] = l.To
	}
}

// Whatever order batches of any gateways come in, and however often: each window holds
// what was counted in its time, and another fold that was told the same in another order
// closes the same windows.
func TestWindowsHoldWhatWasCounted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPlay(t)
		none := func(int, int) bool { return false }
		one := p.deliver(none)
		inRow(t, one)
		total := map[int]*sum{7: {}, 8: {}}
		for _, l := range one {
			if !l.Complete && !l.From.Before(at) && !l.To.After(after(float64(p.seconds))) {
				t.Fatalf("%s: not complete: %v", span(l), l.Unknown)
			}
			if want := p.truth.between(l.Release, l.From.Unix(), l.To.Unix()); sumOf(l) != want {
				t.Fatalf("release %d, %s: %+v, counted %+v", l.Release, span(l), sumOf(l), want)
			}
			total[l.Release].add(sumOf(l))
		}
		for release, s := range total {
			if want := p.truth.between(release, at.Unix(), after(1000).Unix()); *s != want {
				t.Fatalf("release %d: all windows %+v, counted %+v", release, *s, want)
			}
		}
		a, b := told(one, p.seconds), told(p.deliver(none), p.seconds)
		for i := range a {
			if len(a) != len(b) || fmt.Sprintf("%+v", a[i]) != fmt.Sprintf("%+v", b[i]) {
				t.Fatalf("%d windows, the twin has %d; they differ at %+v", len(a), len(b), a[i])
			}
		}
	})
}

// told are the windows of the time that gateways told of, in order, without pointers.
func told(all []events.Load, seconds int) (list []events.Load) {
	for _, l := range all {
		if l.InFlight = nil; !l.From.Before(at) && !l.To.After(after(float64(seconds))) {
			list = append(list, l)
		}
	}
	slices.SortFunc(list, func(a, b events.Load) int {
		if c := a.From.Compare(b.From); c != 0 {
			return c
		}
		return a.Release - b.Release
	})
	return list
}

// Batches are lost: a window that calls itself complete holds what was counted, and the
// others name the gateway.
func TestACompleteWindowIsTrue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPlay(t)
		few := rapid.IntRange(2, 40).Draw(t, "one of")
		all := p.deliver(func(int, int) bool { return p.rng.IntN(few) == 0 })
		inRow(t, all)
		for _, l := range all {
			want := p.truth.between(l.Release, l.From.Unix(), l.To.Unix())
			if l.Complete && sumOf(l) != want {
				t.Fatalf("release %d, %s: complete with %+v, counted %+v", l.Release, span(l), sumOf(l), want)
			}
			if !l.Complete && !slices.ContainsFunc(l.Unknown, func(u string) bool { return len(u) > 8 && u[:8] == "gateway " }) {
				t.Fatalf("%s: not complete, and names nobody: %v", span(l), l.Unknown)
			}
		}
	})
}
