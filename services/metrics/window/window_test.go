package window_test

import (
	"slices"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/samples"
	"slipway.dev/services/metrics/window"
)

var served = row{"web", "7", "web-7-a1", "2xx", "backend"}

// observability-15 an idle app has windows of five seconds without a request, then one
// asks: seconds without overlap or hole, until a minute after the last request.
func TestARequestInsideALongWindow(t *testing.T) {
	f, g, st := window.New(), newGateway("gw1-a"), standing([]string{"gw1-a"}, "web")
	var all []events.Load
	f.Close(at, st)
	for s := 1; s <= 100; s++ {
		if s == 14 {
			g.count(served, 1, time.Millisecond)
		}
		g.tell(t, f, after(float64(s)))
		all = append(all, f.Close(after(float64(s)), st)...)
	}
	inRow(t, all)
	got := spans(of(all, 7))
	for _, want := range []string{"0-5", "5-10", "10-11", "12-13", "13-14", "73-74", "74-75", "75-80", "95-100"} {
		if !slices.Contains(got, want) {
			t.Errorf("no window %s in %v", want, got)
		}
	}
	if i := slices.Index(got, "13-14"); i < 0 || of(all, 7)[i].Requests != 1 || !of(all, 7)[i].Complete {
		t.Errorf("window %d: %+v", i, of(all, 7))
	}
}

// observability-15 of two gateways one is cut off: each window is closed at its end and
// patience, names it, and is complete again once its lease has lapsed.
func TestAGatewayThatIsCutOffIsNamed(t *testing.T) {
	f, here, away := window.New(), newGateway("gw1-a"), newGateway("gw2-a")
	both, one := standing([]string{"gw1-a", "gw2-a"}, "web"), standing([]string{"gw1-a"}, "web")
	tick := func(s int, away *gateway) {
		here.count(served, 2, time.Millisecond)
		here.tell(t, f, after(float64(s)))
		if away != nil {
			away.tell(t, f, after(float64(s)))
		}
	}
	f.Close(at, both)
	tick(1, away)
	if l := of(f.Close(after(1), both), 7); len(l) == 0 || !l[len(l)-1].Complete {
		t.Fatalf("at once: %+v", l)
	}
	tick(2, nil)
	if l := f.Close(after(3.49), both); len(l) > 0 {
		t.Fatalf("closed %s before patience ran out", span(l[0]))
	}
	l := of(f.Close(after(3.5), both), 7)
	if len(l) != 1 || l[0].Complete || span(l[0]) != "1-2" || l[0].Requests != 2 || l[0].Gateways != (events.LoadGateways{Live: 2, Heard: 1}) || l[0].Unknown[0] != "gateway gw2-a" {
		t.Fatalf("%+v", l)
	}
	if due := f.Due(); !due.Equal(after(4.5)) {
		t.Errorf("due at %s", due.Sub(at))
	}
	tick(3, nil)
	if l = of(f.Close(after(3.6), one), 7); len(l) != 1 || !l[0].Complete || l[0].Gateways.Live != 1 {
		t.Fatalf("lapsed: %+v", l)
	}
	none := standing(nil, "web")
	if l = of(f.Close(after(6), none), 7); len(l) != 1 || l[0].Complete || l[0].Unknown[0] != "gateway" {
		t.Fatalf("nobody is left: %+v", l)
	}
}

// What comes after a window was closed never opens it again: up to a second late it
// counts for the next, later it is counted as late.
func TestLateDataIsCountedOnce(t *testing.T) {
	f, g, st := window.New(), newGateway("gw1-a"), standing([]string{"gw1-a"}, "web")
	f.Close(at, st)
	g.count(served, 1, time.Millisecond)
	g.tell(t, f, after(1))
	f.Close(after(1), st)
	g.count(served, 5, time.Millisecond)
	g.tell(t, f, after(1.3)) // its last words
	if l := of(f.Close(after(3.5), st), 7); len(l) != 1 || l[0].Requests != 5 || l[0].Complete {
		t.Fatalf("%+v", l)
	}
	f.Close(after(10), st)
	g.count(served, 3, time.Millisecond)
	for _, s := range g.tick(t, after(6)) {
		f.Samples(window.KindGateway, g.name, s, after(10))
	}
	g.count(served, 4, time.Millisecond)
	g.tell(t, f, after(10))
	if l := of(f.Close(after(10.1), st), 7); len(l) != 2 || l[1].Requests != 4 || f.Late() != 3 {
		t.Fatalf("late %d, %+v", f.Late(), l)
	}
}

// A life that begins in the middle tells differences only; nothing is complete before
// all its series have been told.
func TestWhatWasCountedBeforeIsNoDifference(t *testing.T) {
	f, g, st := window.New(), newGateway("gw1-a"), standing([]string{"gw1-a"}, "web")
	g.count(served, 1000, time.Millisecond)
	g.tick(t, at) // nobody hears it
	sum, complete := int64(0), -1
	for s := 1; s <= 70; s++ {
		g.count(served, 2, time.Millisecond)
		g.tell(t, f, after(float64(s)))
		for _, l := range of(f.Close(after(float64(s)+1.5), st), 7) {
			sum += l.Requests
			if l.Complete && complete < 0 {
				complete = int(l.From.Sub(at).Seconds())
			}
		}
	}
	if sum != 2*69 || complete != 1+window.Whole {
		t.Errorf("%d requests in all windows, complete from second %d", sum, complete)
	}
}

// observability-4 a process that starts anew counts from zero. What its earlier life
// counted after its last word is unknown, and said to be.
func TestANewLifeCountsFromZero(t *testing.T) {
	f, st := window.New(), standing([]string{"gw1-a"}, "web")
	old, anew := newGateway("gw1-a"), newGateway("gw1-a")
	f.Close(at, st)
	old.count(served, 7, time.Millisecond)
	old.tell(t, f, after(1))
	all := f.Close(after(1), st)
	anew.count(served, 4, time.Millisecond)
	anew.tell(t, f, after(5))
	anew.tell(t, f, after(6))
	all = of(append(all, f.Close(after(7.5), st)...), 7)
	sum, incomplete := int64(0), []string(nil)
	for _, l := range all {
		if sum += l.Requests; !l.Complete {
			incomplete = append(incomplete, span(l))
		}
	}
	if want := []string{"-1-0", "1-2", "2-3", "3-4"}; sum != 11 || !slices.Equal(incomplete[len(incomplete)-3:], want[1:]) {
		t.Errorf("%d requests, incomplete %v of %v", sum, incomplete, spans(all))
	}
}

// A batch that comes late, behind windows that were closed without it, is counted by no
// later one: what came after it has been counted already.
func TestABatchBehindAClosedWindowMovesNothingBack(t *testing.T) {
	f, g, st := window.New(), newGateway("gw1-a"), standing([]string{"gw1-a"}, "web")
	f.Close(at, st)
	sum := int64(0)
	var late []events.Samples
	for s := 1; s <= 8; s++ {
		g.count(served, 10, time.Millisecond)
		if batches := g.tick(t, after(float64(s))); s == 2 {
			late = batches
		} else {
			for _, b := range batches {
				f.Samples(window.KindGateway, g.name, b, after(float64(s)))
			}
		}
		if s == 6 {
			for _, b := range late {
				f.Samples(window.KindGateway, g.name, b, after(6))
			}
		}
		for _, l := range of(f.Close(after(float64(s)+1.5), st), 7) {
			sum += l.Requests
		}
	}
	if sum != 80 {
		t.Errorf("%d requests in all windows, 80 were counted", sum)
	}
}

// A gateway that is heard in the middle of its life tells all there is within a minute:
// what shows first after that has begun since, and counts from its first request.
func TestASeriesThatBeginsLaterCountsFromItsFirst(t *testing.T) {
	f, g, st := window.New(), newGateway("gw1-a"), standing([]string{"gw1-a"}, "web")
	g.count(served, 1000, time.Millisecond)
	g.tick(t, at) // nobody hears it
	canary, sum := served, int64(0)
	canary.release, canary.endpoint = "8", "web-8-a1"
	for s := 1; s <= 80; s++ {
		g.count(served, 1, time.Millisecond)
		if s == 70 {
			g.count(canary, 3, time.Millisecond)
		}
		g.tell(t, f, after(float64(s)))
		for _, l := range of(f.Close(after(float64(s)+1.5), st), 8) {
			sum += l.Requests
		}
	}
	if sum != 3 {
		t.Errorf("%d requests of the one that began later, want 3", sum)
	}
}

// A series that ends and comes back counts from zero again.
func TestASeriesThatComesBackCountsFromZero(t *testing.T) {
	f, g, st := window.New(), newGateway("gw1-a"), standing([]string{"gw1-a"}, "web")
	f.Close(at, st)
	total := int64(0)
	for i, n := range []uint64{7, 9, 2} {
		g.counters, g.times = map[row]*samples.Counter{}, map[row]*samples.Histogram{}
		g.count(served, n, time.Millisecond)
		g.tell(t, f, after(float64(i+1)))
		for _, l := range of(f.Close(after(float64(i+1)), st), 7) {
			total += l.Requests
		}
		if i == 0 {
			c := samples.NewCounter()
			r := g.set.Counter(samples.Metric{Name: "slipway_requests_total"}, c, "app", "web", "release", "7", "endpoint", "web-7-a1", "class", "2xx", "cause", "backend")
			g.set.End(r)
			g.tell(t, f, after(1.1))
			g.tell(t, f, after(1.2))
		}
	}
	if total != 18 {
		t.Errorf("%d requests, counted 18", total)
	}
}

// After a standstill the last minute is closed and no more; what was told before is late.
func TestAStandstillClosesTheLastMinute(t *testing.T) {
	f, g, st := window.New(), newGateway("gw1-a"), standing([]string{"gw1-a"}, "web")
	f.Close(at, st)
	for s := 1; s <= 3600; s++ {
		g.count(served, 1, time.Millisecond)
		for _, b := range g.tick(t, after(float64(s))) {
			f.Samples(window.KindGateway, g.name, b, after(3600))
		}
	}
	all := of(f.Close(after(3600), st), 7)
	requests := int64(0)
	for _, l := range all {
		requests += l.Requests
	}
	if n := len(all); n != 60 || span(all[0]) != "3540-3541" || requests != 60 {
		t.Errorf("%d windows from %s, %d requests, %d late", n, span(all[0]), requests, f.Late())
	}
}

// A batch that a speaker says it dropped makes what follows unknown until everything
// has been told again.
func TestWhatASpeakerDroppedIsUnknown(t *testing.T) {
	f, g, st := window.New(), newGateway("gw1-a"), standing([]string{"gw1-a"}, "web")
	f.Close(at, st)
	for s := 1; s <= 80; s++ {
		batches := g.tick(t, after(float64(s)))
		if s == 5 {
			batches[0].Lost = &events.LostSamples{From: after(3), To: after(4), Batches: 2}
		}
		for _, b := range batches {
			f.Samples(window.KindGateway, g.name, b, after(float64(s)))
		}
	}
	for _, l := range of(f.Close(after(81.5), st), 7) {
		from := int(l.From.Sub(at).Seconds())
		if doubt := l.To.After(after(2)) && from < 5+window.Whole; from >= 0 && from < 80 && l.Complete == doubt {
			t.Errorf("%s: complete %t", span(l), l.Complete)
		}
	}
}

// Windows that the stream has are not closed again, whoever stored them.
func TestWhatIsStoredIsNotClosedAgain(t *testing.T) {
	f, g, st := window.New(), newGateway("gw1-a"), standing([]string{"gw1-a"}, "web")
	for s := 1; s <= 30; s++ {
		g.count(served, 1, time.Millisecond)
		g.tell(t, f, after(float64(s)))
	}
	f.Stored(events.Load{App: "web", Release: 7, From: after(19), To: after(20)})
	f.Stored(events.Load{App: "web", Release: 8, From: after(18), To: after(19)})
	all := f.Close(after(30), st)
	if got := spans(of(all, 7)); len(got) != 10 || got[0] != "20-21" {
		t.Errorf("%v", got)
	}
	if got := spans(of(all, 8)); len(got) != 11 || got[0] != "19-20" {
		t.Errorf("%v", got)
	}
}
