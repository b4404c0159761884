package samples_test

import (
	"encoding/json"
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/samples"
)

var (
	at       = time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	requests = samples.Metric{Name: "requests_total", Help: "Requests."}
	duration = samples.Metric{Name: "duration_seconds"}
	speaker  = samples.Speaker{Kind: "gateway", Name: "gw1-a", Labels: map[string]string{"gateway": "gw1-a"}, Period: time.Second}
)

// drain takes all batches and checks each against the limits.
func drain(t *testing.T, r *samples.Recorder) (all []events.Samples) {
	t.Helper()
	for {
		subject, id, body, ok := r.Next()
		if !ok {
			return all
		}
		e, err := events.ParseTelemetry(body)
		if err != nil {
			t.Fatal(err)
		}
		var s events.Samples
		if err := json.Unmarshal(e.Data, &s); err != nil {
			t.Fatal(err)
		}
		if err := s.Check(); err != nil || len(body) > events.MaxSampleBytes {
			t.Fatalf("batch of %d bytes: %v", len(body), err)
		}
		if want := fmt.Sprintf("gateway/gw1-a/%s/%d", r.Boot(), s.Seq); id != want || e.ID != want || subject != "slipway.telemetry.gateway.gw1-a.samples" {
			t.Fatalf("%s %s, want %s", subject, id, want)
		}
		all = append(all, s)
	}
}

func TestCountsOfManyAtOnceAddUp(t *testing.T) {
	c, h := samples.NewCounter(), samples.NewHistogram()
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for i := range 1000 {
				c.Add(2)
				h.Observe(time.Duration(g*1000+i) * time.Microsecond)
			}
		})
	}
	all.Wait()
	v := h.Value()
	if c.Value() != 16_000 || v.Count != 8000 || v.ZeroCount != 1 {
		t.Fatalf("counter %d, histogram %d, zero %d", c.Value(), v.Count, v.ZeroCount)
	}
	if want := 7999.0 * 8000 / 2 / 1e6; math.Abs(v.Sum-want) > 1e-9 {
		t.Fatalf("sum %g, want %g", v.Sum, want)
	}
}

// A duration lies in the bucket that the language's own index says.
func TestBucketsAreTheLanguages(t *testing.T) {
	for _, d := range []time.Duration{62 * time.Microsecond, time.Millisecond, 3 * time.Millisecond, time.Second, 7 * time.Second, 500 * time.Second} {
		h := samples.NewHistogram()
		h.Observe(d)
		counts, ok := h.Value().Positive.Counts()
		if i := events.Bucket(d.Seconds()); !ok || counts[i] != 1 {
			t.Errorf("%s: %v, want bucket %d", d, counts, i)
		}
	}
	h := samples.NewHistogram()
	h.Observe(time.Nanosecond)
	h.Observe(time.Hour)
	counts, _ := h.Value().Positive.Counts()
	if counts[-111] != 1 || counts[72] != 1 {
		t.Errorf("edges: %v", counts)
	}
}

func TestATakeHoldsWhatChangedAndEveryMinuteAll(t *testing.T) {
	set, c, d := samples.NewSet(), samples.NewCounter(), samples.NewCounter()
	set.Counter(requests, c, "app", "web")
	row := set.Counter(requests, d, "app", "api")
	count := func(after time.Duration) int { return len(set.Take(at.Add(after))) }
	c.Add(1)
	if n := count(0); n != 2 {
		t.Fatalf("first take: %d series", n)
	}
	c.Add(1)
	if n := count(time.Second); n != 1 {
		t.Fatalf("one has changed: %d series", n)
	}
	if n := count(2 * time.Second); n != 0 {
		t.Fatalf("nothing has changed: %d series", n)
	}
	if n := count(time.Minute); n != 2 {
		t.Fatalf("after a minute: %d series", n)
	}
	d.Add(5)
	set.End(row)
	r := samples.NewRecorder(speaker, 0)
	r.Record(at, set.Take(at.Add(61*time.Second)))
	r.Record(at.Add(time.Second), set.Take(at.Add(62*time.Second)))
	s := drain(t, r)[0].Families[0].Series
	if len(s) != 1 || s[0].V[0] != 5 || !s[0].V[1].IsStale() {
		t.Fatalf("the end: %+v", s)
	}
	if n := count(2 * time.Minute); n != 1 {
		t.Fatalf("what ended is told of: %d series", n)
	}
}

// An idle speaker tells that it has counted nothing.
func TestATickWithoutAChangeIsTold(t *testing.T) {
	r := samples.NewRecorder(speaker, 0)
	for i := range 2 {
		r.Record(at.Add(time.Duration(i)*time.Second), nil)
		s := drain(t, r)
		if len(s) != 1 || s[0].Seq != uint64(i+1) || len(s[0].Families) != 0 || len(s[0].Times()) != 1 {
			t.Fatalf("%+v", s)
		}
	}
}

func TestABacklogIsPackedByFifteenTimes(t *testing.T) {
	set, c, late, h := samples.NewSet(), samples.NewCounter(), samples.NewCounter(), samples.NewHistogram()
	set.Counter(requests, c, "app", "web")
	set.Histogram(duration, h, "app", "web")
	r := samples.NewRecorder(speaker, 0)
	for i := range 40 {
		if i == 3 {
			set.Counter(requests, late, "app", "late")
		}
		c.Add(1)
		h.Observe(time.Millisecond)
		now := at.Add(time.Duration(i) * time.Second)
		r.Record(now, set.Take(now))
	}
	all := drain(t, r)
	if len(all) != 3 || len(all[0].OffsetsMs) != 15 || len(all[2].OffsetsMs) != 10 || all[2].Seq != 3 {
		t.Fatalf("%d batches", len(all))
	}
	for _, f := range all[0].Families {
		for _, s := range f.Series {
			switch {
			case f.Type == events.FamilyNative && s.H[14].Count != 15, f.Type == events.FamilyCounter && s.Labels["app"] == "web" && s.V[14] != 15:
				t.Errorf("%s: %+v", f.Name, s)
			case s.Labels["app"] == "late" && (!s.V[2].IsAbsent() || s.V[3] != 0 || !s.V[4].IsAbsent()):
				t.Errorf("one that came later: %v", s.V)
			}
		}
	}
}

func TestNoBatchIsLargerThanTheLimits(t *testing.T) {
	set := samples.NewSet()
	for i := range 1203 {
		h := samples.NewHistogram()
		for d := time.Duration(1); d < 500*time.Second; d = d*11/10 + 1 {
			h.Observe(d)
		}
		set.Histogram(duration, h, "endpoint", fmt.Sprint("web-7-a", i))
	}
	r := samples.NewRecorder(speaker, 1<<30)
	r.Record(at, set.Take(at))
	n, all := 0, drain(t, r)
	for i, s := range all {
		if s.Seq != uint64(i+1) || s.More != (i < len(all)-1) {
			t.Fatalf("batch %d of %d has seq %d, more %t", i, len(all), s.Seq, s.More)
		}
		for _, f := range s.Families {
			n += len(f.Series)
		}
	}
	if n != 1203 {
		t.Fatalf("%d series in all", n)
	}
}

// Ten minutes without a bus: the ring stays within its bound, what was dropped is told
// once, by the next batch, and the sums are as if nothing had been.
func TestARingDropsTheOldestAndTells(t *testing.T) {
	const ring, away = 10_000, 600
	set, r := samples.NewSet(), samples.NewRecorder(speaker, ring)
	counters := make([]*samples.Counter, 20)
	for i := range counters {
		counters[i] = samples.NewCounter()
		set.Counter(requests, counters[i], "app", fmt.Sprint(i))
	}
	for i := range away {
		for _, c := range counters {
			c.Add(1)
		}
		now := at.Add(time.Duration(i) * time.Second)
		r.Record(now, set.Take(now))
		if r.Waiting() > ring {
			t.Fatalf("%d bytes wait", r.Waiting())
		}
	}
	all := drain(t, r)
	lost, times := all[0].Lost, 0
	for i, s := range all {
		times += len(s.OffsetsMs)
		if i > 0 && s.Lost != nil {
			t.Errorf("told again in batch %d", i)
		}
	}
	if lost == nil || lost.Batches+times != away || !lost.From.Equal(at) || !lost.To.Before(all[0].Base) {
		t.Fatalf("lost %+v, %d times told of %d", lost, times, away)
	}
	last := all[len(all)-1]
	for _, s := range last.Families[0].Series {
		if v := s.V[len(s.V)-1]; v != away {
			t.Errorf("%v: %v, want %d", s.Labels, v, away)
		}
	}
}

// A clock that is set back begins another batch: in each the times rise.
func TestAClockThatIsSetBack(t *testing.T) {
	set, c, r := samples.NewSet(), samples.NewCounter(), samples.NewRecorder(speaker, 0)
	set.Counter(requests, c)
	for _, s := range []int{0, 1, 1, -3600, -3599} {
		c.Add(1)
		r.Record(at.Add(time.Duration(s)*time.Second), set.Take(at))
	}
	all := drain(t, r)
	if len(all) != 2 || len(all[0].OffsetsMs) != 3 || all[0].OffsetsMs[2] != 1001 || all[1].OffsetsMs[1] != 1000 {
		t.Fatalf("%+v", all)
	}
}

func BenchmarkCounter(b *testing.B) {
	c := samples.NewCounter()
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			c.Add(1)
		}
	})
}

func BenchmarkHistogram(b *testing.B) {
	h := samples.NewHistogram()
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for d := time.Duration(0); p.Next(); d += 1000 {
			h.Observe(d)
		}
	})
}
