package edge

import (
	"encoding/json"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/ship"
	"slipway.dev/services/gateway/proxy"
)

// keeper is a bus that keeps hearsay, or is away.
type keeper struct {
	mu     sync.Mutex
	away   bool
	bodies map[string][][]byte // by subject
}

func (k *keeper) Hearsay(subject, _ string, body []byte, done func(ship.Outcome)) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.away {
		return false
	}
	if k.bodies == nil {
		k.bodies = map[string][][]byte{}
	}
	k.bodies[subject] = append(k.bodies[subject], body)
	go done(ship.Kept)
	return true
}

func (k *keeper) leave(away bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.away = away
}

// all are the bodies that were kept of a subject.
func (k *keeper) all(subject string) [][]byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([][]byte(nil), k.bodies[subject]...)
}

// samples are the batches that were kept, each checked.
func (k *keeper) samples(t testing.TB) (all []events.Samples) {
	t.Helper()
	for _, body := range k.all(events.SamplesSubject("gateway", "gw1-a")) {
		e, err := events.ParseTelemetry(body)
		if err != nil {
			t.Fatal(err)
		}
		var s events.Samples
		if err := json.Unmarshal(e.Data, &s); err != nil {
			t.Fatal(err)
		}
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	return all
}

// last is the newest value of each series of a family, by its labels as JSON; of a
// histogram the count.
func last(all []events.Samples, family string) map[string]float64 {
	values := map[string]float64{}
	for _, b := range all {
		for _, f := range b.Families {
			if f.Name != family {
				continue
			}
			for _, s := range f.Series {
				labels, _ := json.Marshal(s.Labels)
				for _, v := range s.V {
					if !v.IsAbsent() {
						values[string(labels)] = float64(v)
					}
				}
				for _, h := range s.H {
					if h.Histogram != nil {
						values[string(labels)] = float64(h.Count)
					}
				}
			}
		}
	}
	return values
}

func total(values map[string]float64) (n int) {
	for _, v := range values {
		n += int(v)
	}
	return n
}

// access are the batches of records that were kept.
func (k *keeper) access(t testing.TB) (all []events.AccessBatch) {
	t.Helper()
	for _, body := range k.all("slipway.access.gw1-a") {
		var b events.AccessBatch
		if err := json.Unmarshal(body, &b); err != nil {
			t.Fatalf("%v: %s", err, body)
		}
		if len(b.Records) == 0 || len(b.Records) > events.MaxAccessRecords || len(body) > events.MaxAccessBytes ||
			b.First != b.Records[0].N || b.Last != b.Records[len(b.Records)-1].N {
			t.Fatalf("batch %d to %d of %d records, %d bytes", b.First, b.Last, len(b.Records), len(body))
		}
		all = append(all, b)
	}
	return all
}

// numbered: the records and what was dropped are all there ever were, without a hole
// but where the loss is told.
func numbered(t testing.TB, all []events.AccessBatch) (records, dropped int) {
	t.Helper()
	n := uint64(0)
	for _, b := range all {
		n += b.Dropped
		dropped += int(b.Dropped)
		for _, r := range b.Records {
			if n++; r.N != n {
				t.Fatalf("record %d where %d is due", r.N, n)
			}
			records++
		}
	}
	return records, dropped
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func answer(status int, code string) proxy.Record {
	return proxy.Record{
		App: "web", Endpoint: "web-7-a1", Release: 7, Generation: 3, RequestID: "0af7651916cd43dd8448eb211c80319c",
		Status: status, Code: code, Failed: status >= 500, Method: "GET", Host: "shop.example.com", Path: "/", Proto: "HTTP/1.1",
		Client: netip.MustParseAddr("10.0.0.9"), Start: noon, Duration: 3 * time.Millisecond, FirstByte: 2 * time.Millisecond, BytesOut: 10, Attempts: 1,
	}
}

func loadsOf(endpoints ...string) func() []proxy.Load {
	l := proxy.Load{App: "web", Held: 2}
	for _, e := range endpoints {
		l.Endpoints = append(l.Endpoints, proxy.EndpointLoad{ID: e, Release: 7, InFlight: 1})
	}
	return func() []proxy.Load { return []proxy.Load{l} }
}

func TestWhoseDoingAnAnswerWas(t *testing.T) {
	for _, c := range []struct {
		status  int
		code    string
		failed  bool
		verdict string
	}{
		{200, "", false, "2xx backend"}, {404, "", false, "4xx backend"}, {500, "", true, "5xx backend"}, {101, "", false, "1xx backend"},
		{503, "no-endpoint", true, "5xx gateway"}, {404, "no-route", false, "4xx client"}, {413, "body-too-large", false, "4xx client"},
		{0, "client-gone", false, "4xx client"}, {200, "client-gone", false, "2xx client"}, {200, "reset", true, "2xx gateway"},
		{101, "drain-deadline", false, "1xx backend"}, {200, "", true, "2xx backend"},
	} {
		class, cause := verdict(&proxy.Record{Status: c.status, Code: c.code, Failed: c.failed})
		if got := classNames[class] + " " + causeNames[cause]; got != c.verdict {
			t.Errorf("%d %q: %s, want %s", c.status, c.code, got, c.verdict)
		}
	}
}

func TestSeriesEndWithTheirEndpoint(t *testing.T) {
	k := &keeper{}
	s := newTeller("gw1-a", k, 0)
	s.loads = loadsOf("web-7-a1")
	s.Answered(answer(200, ""))
	s.Attempted(proxy.Attempt{App: "web", Endpoint: "web-7-a1", Release: 7, Outcome: proxy.OutcomeDial})
	s.tick(noon)
	s.loads = loadsOf()
	for i := range 63 {
		s.tick(noon.Add(time.Duration(i+1) * time.Second))
	}
	stale := 0
	for _, b := range k.samples(t) {
		for _, f := range b.Families {
			for _, x := range f.Series {
				if len(x.V) > 0 && x.V[0].IsStale() && x.Labels["endpoint"] == "web-7-a1" {
					stale++
				}
			}
		}
	}
	if stale != 7 { // requests, failed connects, bytes in and out, in flight, streams, breaker
		t.Errorf("%d series ended", stale)
	}
	if n := len(*s.meters.accounts.Load()); n != 0 {
		t.Errorf("%d accounts are kept", n)
	}
}

// dataplane-45: the bus is away for ten minutes. Rings stay bounded; on its return it is
// told how much was dropped, and what the counters say is exact.
func TestTheBusIsAwayForTenMinutes(t *testing.T) {
	const ring, each, away = 64 << 10, 20, 600
	k := &keeper{away: true}
	s := newTeller("gw1-a", k, ring)
	s.access.incarnation.Store(17)
	s.loads = loadsOf("web-7-a1")
	for second := range away {
		for range each {
			s.Answered(answer(200, ""))
		}
		s.tick(noon.Add(time.Duration(second) * time.Second))
		if waiting := s.recorder.Waiting(); waiting > ring || s.access.bytes > ring {
			t.Fatalf("%d bytes of samples and %d of records wait", waiting, s.access.bytes)
		}
	}
	k.leave(false)
	s.tick(noon.Add(away * time.Second))
	eventually(t, "all is kept", func() bool { return s.shippers[0].Idle() && s.shippers[1].Idle() })
	batches := k.access(t)
	records, dropped := numbered(t, batches)
	if dropped == 0 || records == 0 || records+dropped != each*away || batches[1].Dropped != uint64(dropped) || batches[1].Incarnation != 17 {
		t.Errorf("%d records and %d dropped of %d; the first batch after the one that met no bus tells %d", records, dropped, each*away, batches[1].Dropped)
	}
	all := k.samples(t)
	if lost := all[1].Lost; lost == nil || lost.Batches == 0 || !lost.To.Before(all[1].Base) {
		t.Errorf("lost: %+v", lost)
	}
	if n, h := total(last(all, "slipway_requests_total")), total(last(all, "slipway_request_duration_seconds")); n != each*away || h != n {
		t.Errorf("counted %d, timed %d, of %d", n, h, each*away)
	}
}

// dataplane-45: a bus that is away has no effect on requests; under the load of many at
// once nothing is counted twice or not at all.
func TestManyAnswersAreEachCountedAndRecordedOnce(t *testing.T) {
	const clients, each = 8, 500
	k := &keeper{away: true}
	bus := newMemory(t)
	g := runTold(t, bus, k)
	p := &plane{memory: bus}
	b := newBackend(t, 1)
	p.list(b)
	p.whole(1)
	bus.awaitApplied(1, 1)
	url := g.url()
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			for i := range each {
				if i == each/2 {
					k.leave(false)
				}
				if _, err := get(url, "/?token=planted"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	counted := func() int { return total(last(k.samples(t), "slipway_requests_total")) }
	eventually(t, "every request counted", func() bool { return counted() == clients*each })
	if n := total(last(k.samples(t), "slipway_request_duration_seconds")); n != clients*each {
		t.Errorf("timed %d of %d", n, clients*each)
	}
	eventually(t, "every request recorded", func() bool { n, _ := numbered(t, k.access(t)); return n == clients*each })
	for _, b := range k.all("slipway.access.gw1-a") {
		if strings.Contains(string(b), "planted") {
			t.Fatal("a record holds the query")
		}
	}
}

// What telemetry and records cost a request: on its way, and in all with the writing of
// its record (which the gateway does beside it).
func BenchmarkAnswered(b *testing.B) {
	for name, policy := range map[string]bool{"counted and recorded": false, "counted alone": true} {
		b.Run(name, func(b *testing.B) {
			s := newTeller("gw1-a", &keeper{away: true}, 1<<20)
			s.loads = loadsOf("web-7-a1")
			r := answer(200, "")
			r.Thinned = policy
			b.ReportAllocs()
			for i := 1; b.Loop(); i++ {
				s.Answered(r)
				if i%events.MaxAccessRecords == 0 {
					s.access.write()
				}
			}
		})
	}
}
