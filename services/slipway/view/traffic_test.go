package view

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/samples"
)

// told is a gateway that counts; every call of beat is one second.
type told struct {
	t        *testing.T
	recorder *samples.Recorder
	set      *samples.Set
	counters map[string]*samples.Counter
	now      time.Time
}

func newTold(t *testing.T, name string, at time.Time) *told {
	return &told{
		t: t, set: samples.NewSet(), counters: map[string]*samples.Counter{}, now: at,
		recorder: samples.NewRecorder(samples.Speaker{Kind: "gateway", Name: name, Period: time.Second}, 0),
	}
}

func (g *told) add(family string, n uint64, labels ...string) {
	key := fmt.Sprint(family, labels)
	if g.counters[key] == nil {
		g.counters[key] = samples.NewCounter()
		g.set.Counter(samples.Metric{Name: family}, g.counters[key], labels...)
	}
	g.counters[key].Add(n)
}

func (g *told) answers(endpoint, release string, n uint64, class, cause string) {
	g.add("slipway_requests_total", n, "app", "shop", "endpoint", endpoint, "release", release, "class", class, "cause", cause)
}

func (g *told) split(release, generation string, all, canary uint64) {
	g.add("slipway_split_requests_total", all, "app", "shop", "release", release, "generation", generation)
	g.add("slipway_canary_admitted_total", canary, "app", "shop", "release", release, "generation", generation)
}

// beat tells a meter what one second brought.
func (g *told) beat(m *Meter) {
	g.t.Helper()
	g.now = g.now.Add(time.Second)
	g.recorder.Record(g.now, g.set.Take(g.now))
	for {
		_, _, body, ok := g.recorder.Next()
		if !ok {
			return
		}
		e, err := events.ParseTelemetry(body)
		if err != nil {
			g.t.Fatal(err)
		}
		m.Hear(e)
	}
}

func (s *story) traffic(m *Meter, window time.Duration, now time.Time) Traffic {
	s.t.Helper()
	t, ok := s.log.Traffic("shop", m, window, now)
	if !ok {
		s.t.Fatal("there is no shop")
	}
	return t
}

func TestTrafficIsWhatTheGatewaysCounted(t *testing.T) {
	s := newStory(t)
	s.serve()
	m, a, b := NewMeter(), newTold(t, "gw1-a", s.now), newTold(t, "gw2-a", s.now)
	took := samples.NewHistogram()
	a.set.Histogram(samples.Metric{Name: "slipway_request_duration_seconds"}, took, "app", "shop", "endpoint", "shop-1-a1", "release", "1")
	a.set.Gauge(samples.Metric{Name: "slipway_breaker_state"}, func() (float64, bool) { return 2, true }, "app", "shop", "endpoint", "shop-1-a1", "release", "1")
	a.set.Gauge(samples.Metric{Name: "slipway_route_generation"}, func() (float64, bool) { return 7, true }, "app", "shop")
	for range 90 {
		a.answers("shop-1-a1", "1", 10, "2xx", "backend")
		a.answers("shop-1-a1", "1", 1, "5xx", "backend")
		a.answers("", "1", 1, "5xx", "gateway")
		a.answers("", "1", 1, "4xx", "client")
		b.answers("shop-1-a1", "1", 2, "2xx", "backend")
		a.add("slipway_retries_total", 1, "app", "shop", "reason", "dial")
		a.add("slipway_requests_total", 100, "app", "other", "class", "2xx", "cause", "backend")
		took.Observe(10 * time.Millisecond)
		a.beat(m)
		b.beat(m)
	}
	x := s.traffic(m, 10*time.Second, a.now)
	if x.Requests != 150 || x.Failed != 20 || x.RPS != 15 || x.WindowMs != 10_000 || x.ErrorShare != 20.0/150 {
		t.Errorf("window: %+v", x)
	}
	if x.Totals != (TrafficTotals{Requests: 1350, Failed: 180, Retried: 90}) {
		t.Errorf("totals: %+v", x.Totals)
	}
	if len(x.Backends) != 1 || x.Backends[0].Requests != 130 || x.Backends[0].Breaker != "open" || x.Backends[0].Node != "n1" || x.Backends[0].State != "ready" {
		t.Errorf("backends: %+v", x.Backends)
	}
	if p := x.Backends[0].P99Ms; p < 10 || p > 11 {
		t.Errorf("p99 %g ms", p)
	}
	if len(x.Splits) != 1 || x.Splits[0].Want != 1 || x.Splits[0].Measured != 1 || x.Splits[0].Requests != 150 {
		t.Errorf("splits: %+v", x.Splits)
	}
	if len(x.Gateways) != 1 || x.Gateways[0].Applied != 7 || !x.Gateways[0].SeenAt.Equal(a.now) {
		t.Errorf("gateways: %+v", x.Gateways)
	}
	app, _ := s.log.Status("shop", a.now)
	s.log.Measure(&app, m, 10*time.Second, a.now)
	if r := app.Releases[0]; *r.Measured != 1 || *r.ErrorShare != 20.0/150 || *r.P99Ms != x.Backends[0].P99Ms {
		t.Errorf("status: %+v", r)
	}
	m.Forget(a.now.Add(-30 * time.Second))
	if y := s.traffic(m, 10*time.Second, a.now); y.Requests != x.Requests || y.Totals != x.Totals {
		t.Errorf("after forgetting: %+v", y)
	}
}

// Whoever begins to listen late knows all that was counted before within the lookback.
func TestALateListenerCountsTheSame(t *testing.T) {
	s := newStory(t)
	s.serve()
	m, g := NewMeter(), newTold(t, "gw1-a", s.now)
	g.answers("shop-1-a1", "1", 1000, "2xx", "backend")
	early := NewMeter()
	for range 200 {
		g.beat(early)
	}
	g.answers("shop-1-a1", "1", 5, "2xx", "backend")
	for range int(Lookback / time.Second) {
		g.beat(m)
	}
	if x := s.traffic(m, 4*time.Second, g.now); x.Requests != 0 || x.Totals.Requests != 1005 {
		t.Errorf("%+v", x)
	}
	g.answers("shop-1-a1", "1", 3, "2xx", "backend")
	g.beat(m)
	if x := s.traffic(m, 4*time.Second, g.now); x.Requests != 3 {
		t.Errorf("%d requests in the window", x.Requests)
	}
}

// interface-21: the share measured is that of the requests split since the canary got
// it, whatever the window holds; it differs by less than one request for each gateway.
func TestACanarysShareIsCountedFromItsRouteOn(t *testing.T) {
	s := newStory(t)
	s.serve()
	s.declare(2, 2, "v2")
	s.plan(2, 2, 1, "v2")
	s.shift(9, events.RouteShare{Release: 1, ShareBp: 9500}, events.RouteShare{Release: 2, ShareBp: 500})
	m, a, b := NewMeter(), newTold(t, "gw1-a", s.now), newTold(t, "gw2-a", s.now)
	a.answers("shop-1-a1", "1", 5000, "2xx", "backend") // before there was a canary
	a.split("2", "8", 100, 1)                           // its first share, 1 %
	a.beat(m)
	a.split("2", "9", 1019, 50)
	b.split("2", "9", 1999, 99)
	a.beat(m)
	b.beat(m)
	x := s.traffic(m, time.Minute, a.now)
	if len(x.Splits) != 2 {
		t.Fatalf("%+v", x.Splits)
	}
	for _, p := range x.Splits {
		got, want := p.Measured*3018, p.Want*3018
		if p.Requests != map[int]int64{1: 2869, 2: 149}[p.Release] || got-want > 2 || want-got > 2 {
			t.Errorf("release %d: %d requests, measured %g of %g", p.Release, p.Requests, p.Measured, p.Want)
		}
	}
	text, err := json.Marshal(x)
	if err != nil || len(text) == 0 {
		t.Error(err)
	}
}

// After a flip the shares are those since then, though the window still holds what the
// release before it was sent.
func TestSharesAreCountedSinceTheLastRoute(t *testing.T) {
	s := newStory(t)
	s.serve()
	s.declare(2, 2, "v2")
	s.plan(2, 2, 1, "v2")
	m, g := NewMeter(), newTold(t, "gw1-a", s.now)
	for range 20 {
		g.answers("shop-1-a1", "1", 30, "2xx", "backend")
		g.beat(m)
	}
	s.now = g.now
	s.shift(9, events.RouteShare{Release: 2, ShareBp: 10_000})
	if x := s.traffic(m, time.Minute, g.now); len(x.Splits) != 1 || x.Splits[0].Requests != 0 || x.Requests != 600 {
		t.Errorf("at the flip: %d requests, %+v", x.Requests, x.Splits)
	}
	g.answers("shop-1-a1", "1", 3, "2xx", "backend") // still in flight
	for range 10 {
		g.answers("shop-2-a1", "2", 10, "2xx", "backend")
		g.beat(m)
	}
	x := s.traffic(m, time.Minute, g.now)
	if x.Requests != 703 || len(x.Splits) != 1 || x.Splits[0].Release != 2 || x.Splits[0].Measured != 1 || x.Splits[0].Requests != 90 {
		t.Errorf("%d requests in the window, shares %+v", x.Requests, x.Splits)
	}
	if want := s.now.Add(time.Second); x.SplitSince.Before(s.now) || x.SplitSince.After(want) {
		t.Errorf("counted since %s, the flip was at %s", x.SplitSince, s.now)
	}
}
