package edge

import (
	"context"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/services/gateway/proxy"
)

// load asks without pause until it is ended, GET and POST in turn.
type load struct {
	sent, failed atomic.Int64
	stop         chan struct{}
	once         sync.Once
	all          sync.WaitGroup
}

func begin(t testing.TB, url string, clients int) *load {
	l := &load{stop: make(chan struct{})}
	for range clients {
		l.all.Go(func() { l.client(t, url) })
	}
	t.Cleanup(l.end)
	return l
}

func (l *load) client(t testing.TB, url string) {
	c := &http.Client{Transport: &http.Transport{}}
	defer c.CloseIdleConnections()
	for i := 0; ; i++ {
		select {
		case <-l.stop:
			return
		default:
		}
		method := []string{http.MethodGet, http.MethodPost}[i%2]
		l.sent.Add(1)
		if status, body, _, err := ask(c, method, url); err != nil || status != 200 {
			l.failed.Add(1)
			t.Errorf("%s: %d %q %v", method, status, body, err)
		}
	}
}

// more waits for so many requests beyond those sent so far.
func (l *load) more(t testing.TB, n int64) {
	until := l.sent.Load() + n
	eventually(t, "more load", func() bool { return l.sent.Load() >= until })
}

func (l *load) end() {
	l.once.Do(func() { close(l.stop) })
	l.all.Wait()
}

// TestSwitchesUnderLoad replaces the release 20 times while GET and POST flow: delivery
// G02. Each instance is stopped as soon as it is said to be drained.
func TestSwitchesUnderLoad(t *testing.T) {
	const switches = 20
	p := &plane{memory: newMemory(t)}
	old := newBackend(t, 1)
	p.list(old)
	p.whole(1)
	g := run(t, p.memory, "", nil)
	l := begin(t, g.url(), 4)
	for release := 2; release <= switches+1; release++ {
		l.more(t, 20)
		fresh := newBackend(t, release)
		p.list(old, fresh)
		p.whole(release)
		applied := p.awaitApplied(p.generation, p.pool)
		p.drain(old, 10*time.Second)
		p.list(fresh)
		of := func(d events.OfTraffic) bool { return d.Endpoint == old.name() }
		closed := awaitFact(p.memory, func(d events.TrafficClosed) bool { return of(d.OfTraffic) })
		drained := awaitFact(p.memory, func(d events.TrafficDrained) bool { return of(d.OfTraffic) })
		old.stop()
		if !closed.Pos.After(applied.Pos) || !drained.Pos.After(closed.Pos) {
			t.Errorf("applied %s, closed %s, drained %s", applied.Pos, closed.Pos, drained.Pos)
		}
		if d := drained.Data.(events.TrafficDrained); d.InFlight != 0 || d.Streams != 0 || d.Cut != 0 {
			t.Errorf("drained with %+v", d)
		}
		if n := old.late.Load(); n > 0 {
			t.Errorf("%s served %d requests after it was drained", old.name(), n)
		}
		old = fresh
	}
	l.end()
	leave(t, g)
	sent, failed := counted(p.memory)
	if l.failed.Load() != 0 || sent != l.sent.Load() || failed != 0 {
		t.Errorf("sent %d, failed %d; the facts count %d, failed %d", l.sent.Load(), l.failed.Load(), sent, failed)
	}
	t.Logf("%d switches, %d requests, %d failed", switches, l.sent.Load(), l.failed.Load())
}

// counted adds the counts of all facts up.
func counted(m *memory) (requests, failures int64) {
	all, _ := m.stored()
	for _, e := range all {
		var counts []events.ReleaseCount
		switch d := e.Data.(type) {
		case events.RoutingApplied:
			counts = d.Counts
		case events.TrafficDrained:
			counts = d.Counts
		}
		for _, c := range counts {
			requests, failures = requests+c.Requests, failures+c.Failures
		}
	}
	return requests, failures
}

// leave ends the gateway cleanly, in the time it has.
func leave(t testing.TB, g *edgeOf) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), LeaveMax)
	defer cancel()
	if err := g.Leave(ctx); err != nil {
		t.Fatalf("leave: %v", err)
	}
}

// TestLeave ends a gateway with a request in flight: the request is answered, nothing
// new is accepted, and drained and left are the last words.
func TestLeave(t *testing.T) {
	p := &plane{memory: newMemory(t)}
	b := newBackend(t, 1)
	p.list(b)
	p.whole(1)
	g := run(t, p.memory, "", nil)
	url := g.url()
	slow := make(chan int, 1)
	go func() {
		status, _, _, _ := ask(http.DefaultClient, http.MethodGet, url+"/slow")
		slow <- status
	}()
	eventually(t, "a request in flight", func() bool { return b.served.Load() == 1 })
	left := make(chan struct{})
	go func() { defer close(left); leave(t, g) }()
	awaitFact(p.memory, func(events.GatewayDraining) bool { return true })
	b.answer()
	if status := <-slow; status != 200 {
		t.Errorf("the request in flight got %d", status)
	}
	<-left
	all, _ := p.stored()
	last := all[len(all)-2:]
	if d, ok := last[0].Data.(events.GatewayDrained); !ok || d.InFlight != 0 {
		t.Errorf("said %s %+v, want drained with nothing in flight", last[0].Kind.Name(), last[0].Data)
	}
	if _, ok := last[1].Data.(events.GatewayLeft); !ok {
		t.Errorf("said %s last, want left", last[1].Kind.Name())
	}
	if _, err := net.Dial("tcp", strings.TrimPrefix(url, "http://")); err == nil {
		t.Error("the listener is still open")
	}
}

// TestNoListenerBeforeJoined is dataplane-13: while its joined has not come back, no
// listener opens, and with the first request the table is there.
func TestNoListenerBeforeJoined(t *testing.T) {
	p := &plane{memory: newMemory(t)}
	b := newBackend(t, 1)
	p.list(b)
	p.whole(1)
	release, asked := make(chan struct{}), make(chan struct{}, 1)
	p.hold = func(e events.Event) {
		if e.Kind.Happened == "joined" {
			asked <- struct{}{}
			<-release
		}
	}
	var early atomic.Bool
	g := run(t, p.memory, "", func(address string) (net.Listener, error) {
		select {
		case <-release:
		default:
			early.Store(true)
		}
		return net.Listen("tcp", address)
	})
	<-asked
	if len(g.Addresses()) > 0 || early.Load() {
		t.Error("a listener opened before joined")
	}
	close(release)
	status, body, _, err := ask(http.DefaultClient, http.MethodGet, g.url())
	if err != nil || status != 200 || body != "release 1" {
		t.Errorf("first request: %d %q %v", status, body, err)
	}
	if early.Load() {
		t.Error("a listener opened before joined")
	}
}

// TestRestart is delivery-G10 and dataplane-15 (certificates come with TLS): routes, shares and holds are there before the first
// request; and of dataplane-29: restarted while held, then lifted, requests flow.
func TestRestart(t *testing.T) {
	p := &plane{memory: newMemory(t)}
	p.list(newBackend(t, 1))
	p.whole(1)
	first := run(t, p.memory, "", nil)
	first.url()
	p.generation++
	p.say(events.RoutePaused{OfRoute: events.OfRoute{App: "web", Generation: p.generation}, Kind: "pause", MaxWaitMs: 60000, MaxHeld: 10})
	awaitFact(p.memory, func(d events.RoutingQuiesced) bool { return d.Generation == p.generation })
	first.kill()

	second := run(t, p.memory, "", nil)
	url, answered := second.url(), make(chan int, 1)
	go func() {
		status, _, _, _ := ask(http.DefaultClient, http.MethodGet, url)
		answered <- status
	}()
	joined := awaitFact(p.memory, func(d events.GatewayJoined) bool { return d.Incarnation == 2 })
	p.await("quiesced by the second", joined.Pos.Seq, func(e events.Event) bool {
		_, ok := e.Data.(events.RoutingQuiesced)
		return ok
	})
	select {
	case status := <-answered:
		t.Fatalf("answered %d while held", status)
	default:
	}
	p.generation++
	p.say(events.RouteResumed{OfRoute: events.OfRoute{App: "web", Generation: p.generation}})
	if status := <-answered; status != 200 {
		t.Errorf("lifted, answered %d", status)
	}
}

// TestDrainDeadline is delivery-G05: what is open at the drain deadline gets 504, is
// counted as cut and as a failure.
func TestDrainDeadline(t *testing.T) {
	p := &plane{memory: newMemory(t)}
	old, fresh := newBackend(t, 1), newBackend(t, 2)
	p.list(old)
	p.whole(1)
	g := run(t, p.memory, "", nil)
	url, slow := g.url(), make(chan int, 1)
	go func() {
		status, _, _, _ := ask(http.DefaultClient, http.MethodGet, url+"/slow")
		slow <- status
	}()
	eventually(t, "a request in flight", func() bool { return old.served.Load() == 1 })
	p.list(old, fresh)
	p.whole(2)
	p.awaitApplied(p.generation, p.pool)
	p.drain(old, 200*time.Millisecond)
	p.list(old, fresh)
	cut := awaitFact(p.memory, func(d events.TrafficCut) bool { return d.Requests == 1 && d.Streams == 0 })
	drained := awaitFact(p.memory, func(d events.TrafficDrained) bool { return d.Endpoint == old.name() })
	if d := drained.Data.(events.TrafficDrained); d.Cut != 1 || !drained.Pos.After(cut.Pos) {
		t.Errorf("drained %+v at %s, cut at %s", d, drained.Pos, cut.Pos)
	}
	if status := <-slow; status != 504 {
		t.Errorf("cut request got %d", status)
	}
	if sent, failed := counted(p.memory); sent != 1 || failed != 1 {
		t.Errorf("counted %d requests, %d failures, want 1 and 1", sent, failed)
	}
}

// TestRefusedKeepsTheOldTable is dataplane-18: shares that do not add up are refused,
// the old table serves; who is to go is let go all the same.
func TestRefusedKeepsTheOldTable(t *testing.T) {
	p := &plane{memory: newMemory(t)}
	gone, stays := newBackend(t, 1), newBackend(t, 2)
	p.list(gone, stays)
	p.shift(events.RouteShare{Release: 1, ShareBp: 5000}, events.RouteShare{Release: 2, ShareBp: 5000})
	g := run(t, p.memory, "", nil)
	p.awaitApplied(1, 1)
	p.shift(events.RouteShare{Release: 1, ShareBp: 9500}, events.RouteShare{Release: 2, ShareBp: 400})
	awaitFact(p.memory, func(d events.RoutingRefused) bool { return d.Generation == 2 })
	if status, _, _, err := ask(http.DefaultClient, http.MethodGet, g.url()); err != nil || status != 200 {
		t.Errorf("old table: %d %v", status, err)
	}
	p.drain(gone, time.Second)
	p.list(stays)
	awaitFact(p.memory, func(d events.TrafficDrained) bool { return d.Endpoint == gone.name() })
}

// TestStartWithoutBus is dataplane-16: the file's table is served and said to be stale,
// the health path says 503; with a torn file the listeners stay closed.
func TestStartWithoutBus(t *testing.T) {
	p := &plane{memory: newMemory(t)}
	b := newBackend(t, 1)
	p.list(b)
	p.whole(1)
	table := tableFile(t)
	first := run(t, p.memory, table, nil)
	first.url()
	p.awaitApplied(1, 1)
	leave(t, first)

	cfg := Config{Name: "gw1-a", Listen: []string{"127.0.0.1:0"}, Table: table}
	alone := New(cfg, p.memory)
	defer alone.Close()
	if err := alone.ServeStale(t.Context()); err != nil {
		t.Fatal(err)
	}
	url := "http://" + alone.Addresses()[0].String()
	status, body, header, err := ask(http.DefaultClient, http.MethodGet, url)
	if err != nil || status != 200 || body != "release 1" || header.Get("Slipway-Stale") == "" {
		t.Errorf("%d %q, stale %q, %v", status, body, header.Get("Slipway-Stale"), err)
	}
	if status, _, _, _ := ask(http.DefaultClient, http.MethodGet, url+proxy.HealthPath); status != 503 {
		t.Errorf("health path says %d", status)
	}

	content, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(table, content[:len(content)-3], 0o600); err != nil {
		t.Fatal(err)
	}
	torn := New(cfg, p.memory)
	defer torn.Close()
	if err := torn.ServeStale(t.Context()); err == nil || len(torn.Addresses()) > 0 {
		t.Errorf("torn file: %v, listeners %v", err, torn.Addresses())
	}
}

// TestHealthPath is delivery-G08 and dataplane-14: 200 while an app is held, 503 once
// the lease is said to have lapsed, 200 after it was resumed.
func TestHealthPath(t *testing.T) {
	p := &plane{memory: newMemory(t)}
	p.list(newBackend(t, 1))
	p.whole(1)
	g := run(t, p.memory, "", nil)
	url := g.url() + proxy.HealthPath
	becomes := func(want int) {
		t.Helper()
		eventually(t, "health path", func() bool {
			status, _, _, _ := ask(http.DefaultClient, http.MethodGet, url)
			return status == want
		})
	}
	becomes(200)
	p.generation++
	p.say(events.RoutePaused{OfRoute: events.OfRoute{App: "web", Generation: p.generation}, Kind: "stop", Message: "back at noon"})
	p.awaitApplied(p.generation, p.pool)
	becomes(200)
	lease := events.Lease{OfHolder: events.OfHolder{Holder: "gateway-gw1-a"}, Kind: "gateway", Name: "gw1-a", Incarnation: 1}
	p.say(events.LeaseLapsed{Lease: lease, SilentMs: 3100})
	becomes(503)
	p.say(events.LeaseResumed{Lease: lease})
	becomes(200)
}
