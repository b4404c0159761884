package window_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/samples"
	"slipway.dev/services/metrics/window"
)

// at is when every test begins; its seconds are a multiple of five.
var at = time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)

// after is a while into a test.
func after(seconds float64) time.Time { return at.Add(time.Duration(seconds * float64(time.Second))) }

// fatal is what a test and a property have in common.
type fatal interface {
	Helper()
	Fatalf(format string, args ...any)
}

// row names what a gateway counts.
type row struct{ app, release, endpoint, class, cause string }

// gateway is a real recorder that counts by hand.
type gateway struct {
	name     string
	set      *samples.Set
	recorder *samples.Recorder
	counters map[row]*samples.Counter
	times    map[row]*samples.Histogram
}

func newGateway(name string) *gateway {
	return &gateway{
		name: name, set: samples.NewSet(), counters: map[row]*samples.Counter{}, times: map[row]*samples.Histogram{},
		recorder: samples.NewRecorder(samples.Speaker{Kind: window.KindGateway, Name: name, Labels: map[string]string{"gateway": name}, Period: time.Second}, 0),
	}
}

// count answers n requests, each in so long.
func (g *gateway) count(r row, n uint64, took time.Duration) {
	if g.counters[r] == nil {
		g.counters[r] = samples.NewCounter()
		g.set.Counter(samples.Metric{Name: "slipway_requests_total"}, g.counters[r], "app", r.app, "release", r.release, "endpoint", r.endpoint, "class", r.class, "cause", r.cause)
	}
	who := row{app: r.app, release: r.release, endpoint: r.endpoint}
	if g.times[who] == nil {
		g.times[who] = samples.NewHistogram()
		g.set.Histogram(samples.Metric{Name: "slipway_request_duration_seconds"}, g.times[who], "app", r.app, "release", r.release, "endpoint", r.endpoint)
	}
	g.counters[r].Add(n)
	for range n {
		g.times[who].Observe(took)
	}
}

func (g *gateway) gauge(name string, r row, value *float64) {
	g.set.Gauge(samples.Metric{Name: name}, func() (float64, bool) { return *value, true }, "app", r.app, "release", r.release, "endpoint", r.endpoint)
}

// tick takes what changed and returns its batches as they come off the bus.
func (g *gateway) tick(t fatal, now time.Time) (all []events.Samples) {
	t.Helper()
	g.recorder.Record(now, g.set.Take(now))
	for {
		_, _, body, ok := g.recorder.Next()
		if !ok {
			return all
		}
		e, err := events.ParseTelemetry(body)
		if err != nil {
			t.Fatalf("%v", err)
		}
		s, err := e.Decode()
		if err != nil {
			t.Fatalf("%v", err)
		}
		all = append(all, s.(events.Samples))
	}
}

// tell hands a tick to a fold at once.
func (g *gateway) tell(t fatal, f *window.Fold, now time.Time) {
	t.Helper()
	for _, s := range g.tick(t, now) {
		f.Samples(window.KindGateway, g.name, s, now)
	}
}

// standing is of apps that each have the releases 7 and 8, three ready of 7.
func standing(live []string, apps ...string) window.Standing {
	st := window.Standing{Live: live, Apps: map[string]*window.App{}}
	for _, name := range apps {
		st.Apps[name] = &window.App{Main: 7, Releases: map[int]*window.Release{
			7: {Listed: true, Ready: 3, CPUMilli: 500, MemoryBytes: 100 << 20}, 8: {Listed: true},
		}}
	}
	return st
}

// span writes a window's times in seconds of the test.
func span(l events.Load) string {
	return fmt.Sprintf("%d-%d", int(l.From.Sub(at).Seconds()), int(l.To.Sub(at).Seconds()))
}

// of are the windows of one release.
func of(all []events.Load, release int) (list []events.Load) {
	for _, l := range all {
		if l.Release == release {
			list = append(list, l)
		}
	}
	return list
}

func spans(all []events.Load) (list []string) {
	for _, l := range all {
		list = append(list, span(l))
	}
	return list
}

// same compares what windows tell.
func same(t *testing.T, got, want any) {
	t.Helper()
	g, _ := json.Marshal(got)
	w, _ := json.Marshal(want)
	if !slices.Equal(g, w) {
		t.Errorf("got  %s\nwant %s", g, w)
	}
}
