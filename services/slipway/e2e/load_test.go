package e2e

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/slipway/load"
)

// windows reads all load windows of an app that the stream keeps, in order. Each is kept
// once, under an id of its own.
func (p *Plane) windows(app string) (all []events.Load) {
	p.t.Helper()
	seen := map[string]bool{}
	err := p.Log.Bus.Telemetry(p.t.Context(), events.LoadSubject(app), time.Time{}, false, func(e events.Telemetry) error {
		data, err := e.Decode()
		if l, ok := data.(events.Load); ok {
			all = append(all, l)
		}
		if seen[e.ID] {
			p.t.Errorf("%s is kept twice", e.ID)
		}
		seen[e.ID] = true
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return all
}

// totals are what windows come to, read as any reader reads them: one that begins before
// the last one's end is dropped.
type totals struct {
	windows, incomplete     int
	requests, errors, timed int64
	holes                   int
	first, last             time.Time
	unknown                 []string // of those that are not complete
}

func sum(all []events.Load) (t totals) {
	for _, l := range all {
		switch {
		case t.first.IsZero():
			t.first = l.From
		case l.From.Before(t.last):
			continue
		case l.From.After(t.last):
			t.holes++
		}
		t.last = l.To
		t.windows++
		t.requests, t.errors, t.timed = t.requests+l.Requests, t.errors+l.Errors, t.timed+int64(l.Latency.Count)
		if !l.Complete {
			t.incomplete++
			t.unknown = append(t.unknown, l.Unknown...)
		}
	}
	return t
}

// Two copies of metrics, killed with -9 on the way, at last both at once: each window is
// kept once, no second is missing, and all of them together tell what the client counted.
// A gateway that is killed is named until its lease has lapsed.
func TestLoadWindowsTellWhatTheClientCounted(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := Start(t, Apart(), Copies("twin"))
	p.MustDeploy(Example("web", "v1", "rolling", ""), 30*time.Second)
	l := p.Load(load.Config{Host: "web.localhost", Rate: 100, Methods: []string{"GET", "POST"}, Body: []byte("hello")})
	await := func(what string, done func(totals) bool) {
		t.Helper()
		Await(t, 30*time.Second, what, func() bool { return done(sum(p.windows("web"))) })
	}
	await("windows", func(s totals) bool { return s.requests > 150 })
	p.Process("control").Kill()
	at := time.Now()
	await("windows of the copy that is left", func(s totals) bool { return s.last.After(at.Add(2 * time.Second)) })
	p.Process("twin").Kill()
	sent := l.Counts().Sent
	Await(t, 20*time.Second, "requests that no copy hears of", func() bool { return l.Counts().Sent > sent+150 })
	p.Process("control").Start()
	p.Process("twin").Start()
	at = time.Now()
	await("windows of both", func(s totals) bool { return s.last.After(at.Add(time.Second)) })
	c := l.Stop()
	Lossless(t, c)
	at = time.Now()
	await("the last requests' windows", func(s totals) bool { return s.last.After(at) })
	all := sum(p.windows("web"))
	if all.requests != int64(c.Sent) || all.timed != all.requests || all.errors != 0 || all.holes != 0 {
		t.Errorf("%+v, the client sent %d", all, c.Sent)
	}
	t.Logf("%d windows from %s to %s, %d incomplete: %d requests, sent %d", all.windows, all.first, all.last, all.incomplete, all.requests, c.Sent)
	t.Run("observability-15 a gateway that is killed is named until its lease lapses", func(t *testing.T) { p.named(t) })
}

func (p *Plane) named(t *testing.T) {
	second := p.Add("gw2", "run", "gateway", "--nats", p.NATS, "--id", "gw2-a", "--listen", "127.0.0.1:0", "--data", p.Dir+"/gw2", "--log-level", "info")
	second.Start()
	since := time.Now()
	await := func(what string, is func(events.Load) bool) {
		t.Helper()
		Await(t, 20*time.Second, what, func() bool {
			after := slices.DeleteFunc(p.windows("web"), func(l events.Load) bool { return l.To.Before(since) })
			return slices.ContainsFunc(after, is)
		})
	}
	both := events.LoadGateways{Live: 2, Heard: 2}
	await("both gateways to be heard", func(l events.Load) bool { return l.Complete && l.Gateways == both })
	p.heard(t, "gw2-a")
	second.Kill() // so early that patience with its next tick ends before its lease
	since = time.Now()
	await("a window that names it", func(l events.Load) bool {
		return !l.Complete && l.Gateways == events.LoadGateways{Live: 2, Heard: 1} && slices.Contains(l.Unknown, "gateway gw2-a")
	})
	p.Log.Await(events.Position{}, 20*time.Second, "the lease to lapse", func(e events.Event) bool {
		lapsed, is := e.Data.(events.LeaseLapsed)
		return is && lapsed.Name == "gw2-a"
	})
	since = time.Now()
	await("a complete window without it", func(l events.Load) bool { return l.Complete && l.Gateways == events.LoadGateways{Live: 1, Heard: 1} })
}

// heard waits for a gateway's next lease.
func (p *Plane) heard(t *testing.T, gateway string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	since, next := time.Now(), errors.New("it was heard")
	err := p.Log.Bus.Leases(ctx, events.LeaseSubject("gateway", gateway), service.Reader{Deliver: func(m service.Message) error {
		if m.Stored.After(since) {
			return next
		}
		return nil
	}})
	if !errors.Is(err, next) {
		t.Fatal(err)
	}
}
