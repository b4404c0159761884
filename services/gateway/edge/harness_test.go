package edge

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"slipway.dev/events"
	"slipway.dev/pkg/script"
	"slipway.dev/pkg/service"
	"slipway.dev/services/gateway"
)

// patience bounds every wait of a test; nothing waits that long unless it fails.
const patience = 20 * time.Second

const host = "shop.example.com"

// memory is the bus in memory: one log, and leases that come back to whoever listens.
type memory struct {
	t      testing.TB
	mu     sync.Mutex
	log    script.Log
	change chan struct{} // closed and renewed with each append
	leases chan service.Message
	hold   func(events.Event) // called before a fact is stored
}

func newMemory(t testing.TB) *memory {
	return &memory{t: t, change: make(chan struct{}), leases: make(chan service.Message, 64)}
}

func (m *memory) Append(ctx context.Context, guard string, expected uint64, es []events.Event) (service.Result, error) {
	if m.hold != nil {
		m.hold(es[0])
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	r, err := m.log.Append(ctx, guard, expected, es)
	close(m.change)
	m.change = make(chan struct{})
	return r, err
}

func (m *memory) stored() ([]events.Event, <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.log.Events(), m.change
}

func (m *memory) Read(ctx context.Context, after events.Position, _ []string, r service.Reader) error {
	next, caughtUp := after.Seq, false
	for {
		all, change := m.stored()
		for ; next < uint64(len(all)); next++ {
			body, err := events.Encode(all[next])
			if err != nil {
				return err
			}
			if err := r.Deliver(service.Message{Subject: all[next].StreamSubject(), Pos: all[next].Pos, Stored: all[next].Stored, Body: body, Pending: uint64(len(all)) - next - 1}); err != nil {
				return err
			}
		}
		if !caughtUp {
			caughtUp = true
			r.CaughtUp()
		}
		select {
		case <-change:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (m *memory) Wishes(_ context.Context, _ events.Position, _ []string, r service.Reader) error {
	r.CaughtUp()
	return nil
}

func (m *memory) Measured(ctx context.Context, _ []string, _ service.Reader) error {
	<-ctx.Done()
	return ctx.Err()
}

func (m *memory) Leases(ctx context.Context, _ []string, r service.Reader) error {
	r.CaughtUp()
	for {
		select {
		case msg := <-m.leases:
			if err := r.Deliver(msg); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (m *memory) Lease(subject string, body events.LeaseBody) {
	b, _ := json.Marshal(body)
	select {
	case m.leases <- service.Message{Subject: subject, Body: b}:
	default: // dropped rather than queued
	}
}

func (m *memory) Dead(_ context.Context, _ string, msg service.Message, verdict, reason string) error {
	m.t.Errorf("dead letter %s %s: %s", msg.Subject, verdict, reason)
	return nil
}

// say lets somebody else say a fact.
func (m *memory) say(data events.Payload) {
	m.t.Helper()
	kind, about := events.KindOf(data), data.About()
	guard := events.Guard(kind.Owner, about.App, about.Place)
	m.mu.Lock()
	seq, ordinal := m.log.Tail(guard)
	m.mu.Unlock()
	_, err := m.Append(context.Background(), guard, seq, []events.Event{{
		ID: events.ID(guard, ordinal+1), Source: events.Source(kind.Owner, about.Place), Kind: kind, App: about.App,
		Place: about.Place, Subject: about.Subject, Time: time.Now().UTC(), Correlation: events.ID(guard, ordinal+1),
		Actor: events.Actor(kind.Owner, about.Place), Ordinal: ordinal + 1, Data: data,
	}})
	if err != nil {
		m.t.Fatalf("say %s: %v", kind.Name(), err)
	}
}

// await returns the first fact after a sequence that is wanted.
func (m *memory) await(what string, after uint64, wanted func(events.Event) bool) events.Event {
	m.t.Helper()
	late := time.After(patience)
	for {
		all, change := m.stored()
		for _, e := range all[after:] {
			if wanted(e) {
				return e
			}
		}
		select {
		case <-change:
		case <-late:
			for _, e := range all {
				m.t.Logf("%s %s %s %q", e.Pos, e.Kind.Name(), e.Subject, e.Reason)
			}
			m.t.Fatalf("never said: %s", what)
		}
	}
}

func (m *memory) awaitApplied(generation, pool int) events.Event {
	m.t.Helper()
	return m.await(fmt.Sprintf("applied route %d pool %d", generation, pool), 0, func(e events.Event) bool {
		d, ok := e.Data.(events.RoutingApplied)
		return ok && d.Generation == generation && d.Pool == pool
	})
}

func awaitFact[P events.Payload](m *memory, wanted func(P) bool) events.Event {
	m.t.Helper()
	return m.await(events.K[P]().Name(), 0, func(e events.Event) bool {
		d, ok := e.Data.(P)
		return ok && wanted(d)
	})
}

// plane says routes and pools of the app web as a deployer and a registry would.
type plane struct {
	*memory
	generation, pool int
}

func (p *plane) route(shares ...events.RouteShare) events.Route {
	return events.Route{Rules: []events.RouteRule{{Host: host, Path: "/"}}, Shares: shares}
}

func (p *plane) shift(shares ...events.RouteShare) {
	p.generation++
	p.say(events.RouteShifted{OfRoute: events.OfRoute{App: "web", Generation: p.generation}, Route: p.route(shares...)})
}

func (p *plane) whole(release int) { p.shift(events.RouteShare{Release: release, ShareBp: 10000}) }

func (p *plane) list(backends ...*backend) {
	p.pool++
	of := events.OfGeneration{App: "web", Generation: p.pool}
	var all []events.PoolEndpoint
	for _, b := range backends {
		all = append(all, events.PoolEndpoint{
			Endpoint: b.name(), Release: b.release, Address: b.address, Weight: 100, Ready: !b.leaving, Serving: true,
			Terminating: b.leaving, DrainMs: b.drainMs(),
		})
	}
	p.say(events.PoolChanged{OfGeneration: of, Endpoints: all})
}

func (p *plane) drain(b *backend, most time.Duration) {
	b.leaving, b.drainMax = true, most
	p.say(events.EndpointDraining{DrainMs: most.Milliseconds(), Endpoint: events.Endpoint{
		App: "web", Endpoint: b.name(), Release: b.release, Address: b.address, Weight: 100, Since: time.Now().UTC(),
		Conditions: events.EndpointConditions{Serving: true, Terminating: true},
	}})
}

// backend is an instance of a release.
type backend struct {
	release  int
	address  string
	server   *httptest.Server
	leaving  bool
	drainMax time.Duration
	stopped  atomic.Bool
	served   atomic.Int64
	late     atomic.Int64 // requests after stopped
	once     sync.Once
	wait     chan struct{} // /slow answers when it is closed
}

func newBackend(t testing.TB, release int) *backend {
	b := &backend{release: release, wait: make(chan struct{})}
	b.server = httptest.NewServer(http.HandlerFunc(b.serve))
	b.address = strings.TrimPrefix(b.server.URL, "http://")
	t.Cleanup(func() { b.answer(); b.server.Close() })
	return b
}

// answer lets /slow be answered.
func (b *backend) answer() { b.once.Do(func() { close(b.wait) }) }

func (b *backend) serve(w http.ResponseWriter, r *http.Request) {
	if b.stopped.Load() {
		b.late.Add(1)
	}
	b.served.Add(1)
	io.Copy(io.Discard, r.Body)
	if r.URL.Path == "/slow" {
		select {
		case <-b.wait:
		case <-r.Context().Done():
		}
	}
	fmt.Fprintf(w, "release %d", b.release)
}

func (b *backend) name() string   { return fmt.Sprintf("web-%d-a1", b.release) }
func (b *backend) drainMs() int64 { return b.drainMax.Milliseconds() }

// stop ends it at once, as a node does after endpoint.drained.
func (b *backend) stop() {
	b.stopped.Store(true)
	b.server.Close()
}

// edgeOf is a gateway that runs on a bus.
type edgeOf struct {
	*Driver
	t    testing.TB
	end  context.CancelFunc
	done chan error
}

func run(t testing.TB, bus *memory, table string, open func(string) (net.Listener, error)) *edgeOf {
	t.Helper()
	cfg := Config{Name: "gw1-a", Node: "n1", Listen: []string{"127.0.0.1:0"}, Table: table, Open: open, Logger: zerolog.Nop()}
	g := &edgeOf{Driver: New(cfg, bus), t: t, done: make(chan error, 1)}
	ctx, end := context.WithCancel(context.Background())
	g.end = end
	svc := gateway.Service(gateway.Config{Name: "gw1-a", Node: "n1", Addresses: cfg.Listen}, g.Driver)
	go func() {
		g.done <- service.Run(ctx, svc, bus, service.Options{Logger: zerolog.Nop(), Applied: g.Folded})
	}()
	t.Cleanup(g.kill)
	return g
}

// kill ends the run without leaving.
func (g *edgeOf) kill() {
	g.end()
	if err := <-g.done; err != nil {
		g.t.Errorf("run: %v", err)
	}
	g.done <- nil
	g.Close()
}

// url waits until the listener is open.
func (g *edgeOf) url() string {
	g.t.Helper()
	var a []net.Addr
	eventually(g.t, "listener open", func() bool { a = g.Addresses(); return len(a) > 0 })
	return "http://" + a[0].String()
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for late := time.After(patience); !ok(); {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("never: %s", what)
		}
	}
}

// ask sends one request for the app and returns status, body and header.
func ask(c *http.Client, method, url string) (int, string, http.Header, error) {
	req, err := http.NewRequest(method, url, nil)
	if err != nil {
		return 0, "", nil, err
	}
	if method == http.MethodPost {
		req.Body = io.NopCloser(strings.NewReader("an order"))
	}
	req.Host = host
	res, err := c.Do(req)
	if err != nil {
		return 0, "", nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return res.StatusCode, string(body), res.Header, err
}

func tableFile(t testing.TB) string { return filepath.Join(t.TempDir(), "table") }
