package e2e

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/services/slipway/load"
)

// counted by the gateway, as its samples and records tell it.
type gatewayCounts struct {
	requests, timed   int
	records, failures int
	hole              string // what is wrong with the numbers of the records; empty: nothing
}

// counts reads all that the streams keep.
func (p *Plane) counts() (c gatewayCounts) {
	p.t.Helper()
	last := map[string]float64{}
	err := p.Log.Bus.Telemetry(p.t.Context(), "slipway.telemetry.gateway.>", time.Time{}, false, func(e events.Telemetry) error {
		var s events.Samples
		if err := json.Unmarshal(e.Data, &s); err != nil {
			return err
		}
		for _, f := range s.Families {
			for _, x := range f.Series {
				labels, _ := json.Marshal(x.Labels)
				for _, v := range x.V {
					if !v.IsAbsent() && !v.IsStale() {
						last[f.Name+string(labels)] = float64(v)
					}
				}
				for _, h := range x.H {
					if h.Histogram != nil {
						last[f.Name+string(labels)] = float64(h.Count)
					}
				}
			}
		}
		return s.Check()
	})
	for series, v := range last {
		switch {
		case strings.HasPrefix(series, "slipway_requests_total"):
			c.requests += int(v)
		case strings.HasPrefix(series, "slipway_request_duration_seconds"):
			c.timed += int(v)
		}
	}
	if err == nil {
		err = p.records(&c)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

func (p *Plane) records(c *gatewayCounts) error {
	seen, most := map[uint64]bool{}, uint64(0)
	err := p.Log.Bus.Access(p.t.Context(), "slipway.access.>", time.Time{}, false, func(_ string, b events.AccessBatch) error {
		if b.Dropped > 0 {
			c.hole = "a batch tells of dropped records"
		}
		for _, r := range b.Records {
			if seen[r.N] {
				c.hole = "a number stands twice"
			}
			seen[r.N], most = true, max(most, r.N)
			c.records++
			if r.Status >= 400 {
				c.failures++
			}
		}
		return nil
	})
	if most != uint64(len(seen)) {
		c.hole = "a number is missing"
	}
	return err
}

// dataplane-45: every request is counted, timed and recorded once, by the client's own
// count, though the bus dies with -9 and comes back on the way, and the release is
// switched.
func TestEveryRequestIsCountedAndRecordedOnce(t *testing.T) {
	p := Start(t, Apart())
	p.MustDeploy(Example("web", "v1", "rolling", ""), time.Minute)
	l := p.Load(load.Config{Host: "web.localhost", Rate: 200, Methods: []string{"GET", "POST"}, Body: []byte("hello")})
	more := func(n int) {
		t.Helper()
		sent := l.Counts().Sent
		Await(t, 30*time.Second, "more requests", func() bool { return l.Counts().Sent > sent+n })
	}
	more(200)
	p.Process("bus").Kill()
	more(600)
	p.Process("bus").Start()
	p.MustDeploy(Example("web", "v2", "rolling", ""), time.Minute)
	c := l.Stop()
	Lossless(t, c)
	var got gatewayCounts
	want := gatewayCounts{requests: c.Sent, timed: c.Sent, records: c.Sent}
	Await(t, 30*time.Second, "the last batch", func() bool { got = p.counts(); return got == want || got.requests > want.requests })
	if got != want {
		t.Errorf("the gateway tells %+v, the client sent %d", got, c.Sent)
	}
	t.Run("the stock client shows both as plain JSON", func(t *testing.T) { p.shownByNats(t, c.Sent) })
}

func (p *Plane) shownByNats(t *testing.T, sent int) {
	if _, err := exec.LookPath("nats"); err != nil {
		absent(t, "nats")
	}
	var batch events.AccessBatch
	p.stored(t, "SLIPWAY_ACCESS", "slipway.access.gw1-a", &batch)
	if batch.Last != uint64(sent) || len(batch.Records) == 0 || batch.Records[0].App != "web" || batch.Records[0].ClientIP != "127.0.0.1" {
		t.Errorf("the last batch ends at %d of %d: %+v", batch.Last, sent, batch.Records)
	}
	var e struct{ Type, Subject string }
	p.stored(t, "SLIPWAY_TELEMETRY", "slipway.telemetry.gateway.gw1-a.samples", &e)
	if e.Type != events.TypeSamples || e.Subject != "gateway/gw1-a" {
		t.Errorf("%+v", e)
	}
}

// stored reads the last message of a subject with the nats command line.
func (p *Plane) stored(t *testing.T, stream, subject string, into any) {
	t.Helper()
	r := p.typed("nats --server " + p.NATS + " stream get " + stream + " --last-for " + subject + " --json")
	var m struct{ Data []byte }
	if err := json.Unmarshal([]byte(r.Stdout), &m); err != nil {
		t.Fatalf("%v: %s %s", err, r.Stdout, r.Stderr)
	}
	if err := json.Unmarshal(m.Data, into); err != nil {
		t.Fatalf("%v: %s", err, m.Data)
	}
}
