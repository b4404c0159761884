package metrics

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/samples"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/sim"
)

// stream is SLIPWAY_TELEMETRY: it keeps one of those that have the same id.
type stream struct {
	w       *sim.World
	ids     map[string]events.Load
	windows []kept // in order
	samples []keptSamples
}

type kept struct {
	at     time.Time
	window events.Load
}

type keptSamples struct {
	at   time.Time
	told Told
}

// keep stores a window and tells every copy. The same id with other numbers is a fault
// where both call themselves complete.
func (s *stream) keep(l events.Load) {
	id := ID(l)
	if was, there := s.ids[id]; there {
		if was.Complete && l.Complete && !reflect.DeepEqual(was, l) {
			s.w.Fail("two copies closed %s otherwise: %+v, %+v", id, was, l)
		}
		return
	}
	s.ids[id] = l
	s.windows = append(s.windows, kept{s.w.Now(), l})
	s.w.Measure(events.LoadSubject(l.App), service.Measured{Source: "/slipway/metrics", Time: s.w.Now(), Data: l})
}

// hands are a copy's.
type hands struct{ s *stream }

func (h *hands) Boot(host *sim.Host) {
	h.recall(host)
	incarnation := host.Incarnation()
	h.s.w.After(2*time.Second, func() {
		if host.Incarnation() == incarnation {
			h.recall(host)
		}
	})
}

func (h *hands) recall(host *sim.Host) {
	since := h.s.w.Now().Add(-124 * time.Second)
	for _, k := range h.s.windows {
		if k.at.After(since) {
			host.Sense(host.Incarnation(), Stored{k.window})
		}
	}
	for _, k := range h.s.samples {
		if k.at.After(since) {
			host.Sense(host.Incarnation(), k.told)
		}
	}
}

// Do has the stream keep windows one by one, so that a crash cuts a batch anywhere.
func (h *hands) Do(host *sim.Host, a service.Act) {
	windows, incarnation := a.Data.(Publish).Windows, host.Incarnation()
	var next func(i int)
	next = func(i int) {
		switch {
		case host.Incarnation() != incarnation || host.Core() == nil:
		case i == len(windows):
			host.Sense(incarnation, Published{a.ID})
			host.Done(incarnation, a.ID)
		default:
			h.s.keep(windows[i])
			h.s.w.After(time.Millisecond, func() { next(i + 1) })
		}
	}
	h.s.w.After(time.Millisecond, func() { next(0) })
}

func (h *hands) Cancel(*sim.Host, string) {}
func (h *hands) Crash(*sim.Host)          {}

// gateways count and tell each second, as long as they are not cut off.
type gateways struct {
	s       *stream
	names   []string
	sets    []*samples.Set
	tellers []*samples.Recorder
	counts  []*samples.Counter
	truth   map[int64]int64 // requests by second
}

func (s *stream) gateways(n int) *gateways {
	g := &gateways{s: s, truth: map[int64]int64{}}
	for i := range n {
		name := fmt.Sprintf("gw%d-a", i+1)
		set, c := samples.NewSet(), samples.NewCounter()
		set.Counter(samples.Metric{Name: "slipway_requests_total"}, c, "app", "web", "release", "7", "endpoint", "web-7-a1", "class", "2xx", "cause", "backend")
		g.names, g.sets, g.counts = append(g.names, name), append(g.sets, set), append(g.counts, c)
		g.tellers = append(g.tellers, samples.NewRecorder(samples.Speaker{Kind: "gateway", Name: name, Period: time.Second}, 0))
	}
	return g
}

func (g *gateways) tick(busy bool) {
	w := g.s.w
	for i, name := range g.names {
		if busy {
			n := w.Rand().Uint64N(5)
			g.counts[i].Add(n)
			g.truth[w.Now().Unix()-1] += int64(n)
		}
		g.tellers[i].Record(w.Now(), g.sets[i].Take(w.Now()))
		for {
			subject, _, body, ok := g.tellers[i].Next()
			if !ok {
				break
			}
			t, _ := events.ParseTelemetry(body)
			data, err := t.Decode()
			if err != nil {
				w.Fail("%s: %w", name, err)
				return
			}
			g.s.samples = append(g.s.samples, keptSamples{w.Now(), Told{t.Source, data.(events.Samples)}})
			w.Measure(subject, service.Measured{Source: t.Source, Time: t.Time, Data: data})
		}
	}
}

// rule is a reader's: a window that begins before the last one's end is dropped.
func (s *stream) read() (rows []events.Load) {
	var to time.Time
	for _, k := range s.windows {
		if !k.window.From.Before(to) {
			rows, to = append(rows, k.window), k.window.To
		}
	}
	return rows
}

// Two copies, killed again and again, keep each window once: what a reader reads is a row
// without overlap, and each complete window tells what was counted.
func TestCopiesKeepEachWindowOnce(t *testing.T) {
	for seed := range uint64(20) {
		w := sim.New(seed+1, sim.Mild)
		s := &stream{w: w, ids: map[string]events.Load{}}
		g := s.gateways(2)
		ordinals := map[string]uint64{}
		say := func(p events.Payload) {
			k, about := events.KindOf(p), p.About()
			guard := events.Guard(k.Owner, about.App, about.Place)
			ordinals[guard]++
			n := ordinals[guard]
			w.Say(t.Fatalf, guard, sim.Fact(p, n, w.Now()))
		}
		for _, name := range g.names {
			say(events.GatewayJoined{OfGateway: events.OfGateway{Gateway: name, Incarnation: 1}})
		}
		say(events.PoolChanged{OfGeneration: events.OfGeneration{App: "web", Generation: 1}, Endpoints: []events.PoolEndpoint{{Endpoint: "web-7-a1", Release: 7, Ready: true}}})
		var hosts []*sim.Host
		for i := range 2 {
			hosts = append(hosts, w.Add(fmt.Sprint("metrics-", i), func() service.Service { return Service(nil) }, &hands{s}))
		}
		for second := range 200 {
			w.Run(sim.Start.Add(time.Duration(second+1) * time.Second).Sub(w.Now()))
			g.tick(second%100 < 20)
			if second%17 == 5 {
				hosts[second%2].Crash(time.Duration(w.Rand().IntN(20)+1) * time.Second)
			}
		}
		w.Run(5 * time.Second)
		rows, complete := s.read(), 0
		for i, l := range rows {
			if i > 0 && !l.From.Equal(rows[i-1].To) {
				w.Fail("a hole from %s to %s", rows[i-1].To.Sub(sim.Start), l.From.Sub(sim.Start))
			}
			want := int64(0)
			for at := l.From.Unix(); at < l.To.Unix(); at++ {
				want += g.truth[at]
			}
			if complete++; !l.Complete {
				complete--
			} else if l.Requests != want {
				w.Fail("%s tells %d requests, counted %d", ID(l), l.Requests, want)
			}
		}
		t.Logf("%d windows, %d complete", len(rows), complete)
		if w.Err != nil || len(rows) < 100 || complete < len(rows)/2 {
			t.Errorf("seed %d: %d windows, %d complete: %v", seed+1, len(rows), complete, w.Err)
		}
	}
}
