package window_test

import (
	"slices"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/samples"
	"slipway.dev/services/metrics/window"
)

// A tick that comes in several batches has been told when the last of them has come.
func TestHalfATickIsNoWord(t *testing.T) {
	f, g, st := window.New(), newGateway("gw1-a"), standing([]string{"gw1-a"}, "web")
	f.Close(at, st)
	g.count(served, 1, time.Millisecond)
	g.tell(t, f, after(1))
	f.Close(after(1), st)
	g.count(served, 3, time.Millisecond)
	last := g.tick(t, after(2))[0]
	first := last
	first.Families, first.More = nil, true
	last.Seq++
	f.Samples(window.KindGateway, g.name, first, after(2))
	if l := f.Close(after(2.1), st); len(l) > 0 {
		t.Fatalf("%s is closed with half of it: %+v", span(l[0]), l[0])
	}
	f.Samples(window.KindGateway, g.name, last, after(2.2))
	if l := of(f.Close(after(2.2), st), 7); len(l) != 1 || !l[0].Complete || l[0].Requests != 3 {
		t.Errorf("%+v", l)
	}
}

// A gateway whose clock is ahead closes nothing before its time.
func TestAClockThatIsAheadClosesNothingEarly(t *testing.T) {
	f, g, st := window.New(), newGateway("gw1-a"), standing([]string{"gw1-a"}, "web")
	f.Close(at, st)
	for s := 1; s <= 3; s++ {
		g.count(served, 1, time.Millisecond)
		for _, b := range g.tick(t, after(float64(s+30))) {
			f.Samples(window.KindGateway, g.name, b, after(float64(s)))
		}
	}
	for _, l := range f.Close(after(3), st) {
		if l.To.After(after(3)) {
			t.Errorf("%s is closed at second 3", span(l))
		}
	}
}

// What fewer instances than are ready use is not what the release uses.
func TestUseOfSomeInstancesIsUnknown(t *testing.T) {
	f, g, st := window.New(), newGateway("gw1-a"), standing([]string{"gw1-a"}, "web")
	node := &gateway{name: "n1", set: samples.NewSet(), recorder: samples.NewRecorder(samples.Speaker{Kind: window.KindNode, Name: "n1", Period: 5 * time.Second}, 0)}
	cpu, memory := 100.0, float64(30<<20)
	for _, instance := range []string{"web-7-a1", "web-7-a2"} { // of three
		labels := []string{"app", "web", "release", "7", "instance", instance}
		node.set.Rising(samples.Metric{Name: "slipway_instance_cpu_seconds_total"}, func() (float64, bool) { return cpu, true }, labels...)
		node.set.Gauge(samples.Metric{Name: "slipway_instance_memory_bytes"}, func() (float64, bool) { return memory, true }, labels...)
	}
	f.Close(at, st)
	var all []events.Load
	for s := 1; s <= 10; s++ {
		g.tell(t, f, after(float64(s)))
		if s%5 == 0 {
			cpu++
			for _, b := range node.tick(t, after(float64(s))) {
				f.Samples(window.KindNode, "n1", b, after(float64(s)))
			}
		}
		all = append(all, of(f.Close(after(float64(s)), st), 7)...)
	}
	if l := all[len(all)-1]; l.CPU != nil || l.Memory != nil || !slices.Equal(l.Unknown, []string{"cpu", "memory"}) {
		t.Errorf("%s: cpu %+v, memory %+v, unknown %v", span(l), l.CPU, l.Memory, l.Unknown)
	}
}
