package window_test

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/samples"
	"slipway.dev/services/metrics/window"
)

// A window tells what is in flight, what waits, and which instances use what; what is
// unknown is left out.
func TestLevelsAndUse(t *testing.T) {
	f, g := window.New(), newGateway("gw1-a")
	n := samples.NewRecorder(samples.Speaker{Kind: window.KindNode, Name: "n1", Period: 5 * time.Second}, 0)
	node := &gateway{name: "n1", set: samples.NewSet(), recorder: n}
	one, two, waiting, cpu, memory := 3.0, 4.0, 9.0, 100.0, float64(30<<20)
	st := standing([]string{"gw1-a"}, "web")
	g.gauge("slipway_inflight", row{app: "web", release: "7", endpoint: "a1"}, &one)
	g.gauge("slipway_inflight", row{app: "web", release: "7", endpoint: "a2"}, &two)
	g.gauge("slipway_held", row{app: "web"}, &waiting)
	for i := range 3 {
		labels := []string{"app", "web", "release", "7", "instance", fmt.Sprintf("web-7-a%d", i)}
		node.set.Rising(samples.Metric{Name: "slipway_instance_cpu_seconds_total"}, func() (float64, bool) { return cpu, true }, labels...)
		node.set.Gauge(samples.Metric{Name: "slipway_instance_memory_bytes"}, func() (float64, bool) { return memory, true }, labels...)
	}
	f.Close(at, st)
	tell := func(s float64, useful bool) {
		g.tell(t, f, after(s))
		if useful {
			for _, b := range node.tick(t, after(s)) {
				f.Samples(window.KindNode, "n1", b, after(s))
			}
		}
	}
	tell(0, true)
	for s := 1; s <= 4; s++ {
		if one++; s == 4 {
			two = 0
		}
		tell(float64(s), false)
	}
	cpu += 1
	tell(5, true)
	l := of(f.Close(after(5), st), 7)
	got := l[len(l)-1]
	want := events.LoadRange{Mean: (8 + 9 + 10 + 7 + 7) / 5.0, Max: 10}
	if span(got) != "0-5" || got.InFlight == nil || math.Abs(got.InFlight.Mean-want.Mean) > 1e-9 || got.InFlight.Max != want.Max || got.Held != 9 {
		t.Fatalf("%s: %+v, held %d", span(got), got.InFlight, got.Held)
	}
	if got.CPU == nil || *got.CPU != (events.LoadCPU{UsedMillicores: 600, LimitMillicores: 1500, At: after(5)}) {
		t.Errorf("cpu %+v", got.CPU)
	}
	if got.Memory == nil || *got.Memory != (events.LoadMemory{UsedBytes: 90 << 20, LimitBytes: 300 << 20, At: after(5)}) {
		t.Errorf("memory %+v", got.Memory)
	}
	for s := 6; s <= 20; s++ {
		tell(float64(s), false)
	}
	l = of(f.Close(after(20), st), 7)
	if got = l[len(l)-1]; got.CPU != nil || got.Memory != nil || !slices.Equal(got.Unknown, []string{"cpu", "memory"}) || !got.Complete {
		t.Errorf("a node that is silent: %+v", got)
	}
}

// Ten thousand apps cost memory for what there is, not for what there was.
func TestMemoryIsBounded(t *testing.T) {
	const apps = 10_000
	names := make([]string, apps)
	for i := range names {
		names[i] = fmt.Sprint("app", i)
	}
	f, st := window.New(), standing([]string{"gw1-a"}, names...)
	for _, a := range st.Apps {
		clear(a.Releases) // no windows: they are handed on, not kept
	}
	f.Close(at, st)
	second, seq := 0, uint64(0)
	minutes := func(n int, release string) uint64 {
		for range n {
			for i := 0; i < apps; i += 100 {
				seq++
				s := events.Samples{Boot: "b", Seq: seq, Base: after(float64(second + 60)), OffsetsMs: []int64{0}, More: i+100 < apps}
				fam := events.Family{Name: "slipway_inflight", Type: events.FamilyGauge}
				for _, name := range names[i : i+100] {
					fam.Series = append(fam.Series, events.Series{
						Labels: map[string]string{"app": name, "release": release, "endpoint": "e" + release}, V: []events.Value{1},
					})
				}
				s.Families = []events.Family{fam}
				f.Samples(window.KindGateway, "gw1-a", s, after(float64(second+60)))
			}
			second += 60
			f.Close(after(float64(second)), st)
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	first := minutes(2, "7")
	for release := range 4 {
		minutes(4, fmt.Sprint(10+release))
	}
	if last := minutes(1, "7"); last > 2*first || last > 200<<20 {
		t.Errorf("%d MiB after two minutes, %d MiB after %d", first>>20, last>>20, second/60)
	}
}

// BenchmarkSecond is what a second of ten thousand apps costs that all have requests.
func BenchmarkSecond(b *testing.B) {
	const apps, series = 10_000, 250
	names := make([]string, apps)
	for i := range names {
		names[i] = fmt.Sprint("app", i)
	}
	f, st := window.New(), standing([]string{"gw1-a"}, names...)
	for _, a := range st.Apps {
		delete(a.Releases, 8)
	}
	f.Close(at, st)
	windows, seq := 0, uint64(0)
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		now := after(float64(n + 1))
		for i := 0; i < apps; i += series {
			seq++
			fam := events.Family{Name: "slipway_requests_total", Type: events.FamilyCounter}
			for _, name := range names[i : i+series] {
				fam.Series = append(fam.Series, events.Series{
					Labels: map[string]string{"app": name, "release": "7", "endpoint": "e", "class": "2xx", "cause": "backend"}, V: []events.Value{events.Value(n + 1)},
				})
			}
			s := events.Samples{Boot: "b", Seq: seq, Base: now, OffsetsMs: []int64{0}, More: i+series < apps, Families: []events.Family{fam}}
			f.Samples(window.KindGateway, "gw1-a", s, now)
		}
		windows += len(f.Close(now, st))
	}
	b.ReportMetric(float64(windows)/float64(b.N), "windows/op")
}

// What a gateway had in flight when it died is in flight no more: only its newest life
// tells.
func TestAnEarlierLifeHasNothingInFlight(t *testing.T) {
	f, st := window.New(), standing([]string{"gw1-a"}, "web")
	old, anew := newGateway("gw1-a"), newGateway("gw1-a")
	was, is := 5.0, 2.0
	old.gauge("slipway_inflight", row{app: "web", release: "7", endpoint: "a1"}, &was)
	anew.gauge("slipway_inflight", row{app: "web", release: "7", endpoint: "a1"}, &is)
	f.Close(at, st)
	old.tell(t, f, after(1))
	var all []events.Load
	for s := 2; s <= 15; s++ {
		anew.count(served, 1, time.Millisecond)
		anew.tell(t, f, after(float64(s)))
		all = append(all, of(f.Close(after(float64(s)+1.5), st), 7)...)
	}
	if l := all[len(all)-1]; l.InFlight == nil || l.InFlight.Max != 2 {
		t.Errorf("%s: in flight %+v, want 2", span(l), l.InFlight)
	}
}

// An instance that rests uses nothing from the next tick on: its node does not tell again
// what has not changed.
func TestAnInstanceThatRestsUsesNothing(t *testing.T) {
	f, g, st := window.New(), newGateway("gw1-a"), standing([]string{"gw1-a"}, "web")
	st.Apps["web"].Releases[7].Ready = 1
	node := &gateway{name: "n1", set: samples.NewSet(), recorder: samples.NewRecorder(samples.Speaker{Kind: window.KindNode, Name: "n1", Period: 5 * time.Second}, 0)}
	cpu := 100.0
	node.set.Rising(samples.Metric{Name: "slipway_instance_cpu_seconds_total"}, func() (float64, bool) { return cpu, true }, "app", "web", "release", "7", "instance", "web-7-a1")
	f.Close(at, st)
	used := map[int]int64{}
	for s := 1; s <= 15; s++ {
		g.tell(t, f, after(float64(s)))
		if s%5 == 0 {
			if s == 10 {
				cpu++
			}
			for _, b := range node.tick(t, after(float64(s))) {
				f.Samples(window.KindNode, "n1", b, after(float64(s)))
			}
		}
		for _, l := range of(f.Close(after(float64(s)), st), 7) {
			if l.CPU != nil {
				used[int(l.To.Sub(at).Seconds())] = l.CPU.UsedMillicores
			}
		}
	}
	if used[10] != 200 || used[15] != 0 {
		t.Errorf("used %v: want 200 at 10 s and nothing at 15 s", used)
	}
}
