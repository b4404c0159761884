package discovery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
)

const bound = 20 * time.Second

func limit(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), bound)
	t.Cleanup(cancel)
	return ctx
}

// world is a server and a registry that says lists.
type world struct {
	t      *testing.T
	dir    string
	port   int
	server *bus.Server
	voice  *bus.Bus
	said   map[string]uint64 // by app: events under its guard
	tail   map[string]uint64 // and the sequence of the last
}

func newWorld(t *testing.T) *world {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") // fixed, so that a server that comes back is found
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	w := &world{t: t, dir: t.TempDir(), port: l.Addr().(*net.TCPAddr).Port, said: map[string]uint64{}, tail: map[string]uint64{}}
	w.start()
	if _, err := w.voice.Ensure(limit(t), bus.Profile{Name: "dev"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.stop)
	return w
}

func (w *world) start() {
	w.t.Helper()
	var err error
	if w.server, err = bus.StartServer(bus.ServerOptions{StoreDir: w.dir, Port: w.port, NoSync: true, MaxStore: 512 << 20}); err != nil {
		w.t.Fatal(err)
	}
	if w.voice, err = bus.Connect(limit(w.t), bus.Identity{Name: "registry", Server: w.server}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) stop() {
	if w.server != nil {
		w.voice.Close()
		w.server.Shutdown()
		w.server = nil
	}
}

// say says the app's next n lists, each of one endpoint at a port of its generation.
func (w *world) say(app string, n int) {
	w.t.Helper()
	guard := events.Guard("registry", app, "")
	for n > 0 {
		var es []events.Event
		for ; n > 0 && len(es) < events.MaxAppendEvents; n-- {
			w.said[app]++
			es = append(es, changed(app, w.said[app], guard))
		}
		r, err := w.voice.Append(limit(w.t), guard, w.tail[app], es)
		if err != nil {
			w.t.Fatal(err)
		}
		w.tail[app] = r.Last.Seq
	}
}

func changed(app string, n uint64, guard string) events.Event {
	p := events.PoolChanged{OfGeneration: events.OfGeneration{App: app, Generation: int(n)},
		Endpoints: []events.PoolEndpoint{{Endpoint: app + "-a1", Release: 1, Address: addressOf(int(n)), Weight: 100, Ready: true, Serving: true}}}
	id := events.ID(guard, n)
	return events.Event{ID: id, Source: "/slipway/registry", Kind: events.KindOf(p), App: app, Subject: p.About().Subject,
		Time: time.Now().UTC(), Correlation: id, Actor: "service:registry", Ordinal: n, Data: p}
}

func addressOf(generation int) string { return "127.0.0.1:" + strconv.Itoa(10_000+generation) }

func (w *world) dial() *nats.Conn {
	w.t.Helper()
	nc, err := Dial(fmt.Sprintf("nats://127.0.0.1:%d", w.port), "test")
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(nc.Close)
	return nc
}

// listener is a client under way and all that it was told.
type listener struct {
	*Client
	end  func()
	mu   sync.Mutex
	told []List
}

func (w *world) listen(apps ...string) *listener {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	x := &listener{Client: New(w.dial(), apps...), end: func() { cancel(); <-done }}
	x.Changed = func(l List) {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.told = append(x.told, l)
	}
	go func() {
		defer close(done)
		if err := x.Run(ctx); !errors.Is(err, context.Canceled) {
			w.t.Errorf("run: %v", err)
		}
	}()
	w.t.Cleanup(x.end)
	return x
}

// reaches waits for a generation and returns all that were told of the app.
func (x *listener) reaches(t *testing.T, app string, generation int) (all []int) {
	t.Helper()
	for ctx, was := limit(t), 0; was < generation; {
		l, err := x.Await(ctx, app, was)
		if err != nil {
			t.Fatalf("generation %d of %s: %v", generation, app, err)
		}
		was = l.Generation
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, l := range x.told {
		if l.App == app {
			all = append(all, l.Generation)
		}
		if len(l.Endpoints) != 1 || l.Endpoints[0].Address != addressOf(l.Generation) {
			t.Errorf("generation %d is %+v", l.Generation, l.Endpoints)
		}
	}
	return all
}

func rising(generations []int) bool {
	for i := 1; i < len(generations); i++ {
		if generations[i] <= generations[i-1] {
			return false
		}
	}
	return true
}

func TestDataplane10(t *testing.T) {
	w := newWorld(t)
	w.say("web", 1000)
	w.say("api", 3)
	t.Run("dataplane-10 after 1000 generations the first message is the current list", func(t *testing.T) {
		if told := w.listen("web").reaches(t, "web", 1000); told[0] != 1000 {
			t.Errorf("told first of %d", told[0])
		}
	})
	t.Run("dataplane-10 one read is the current list", func(t *testing.T) {
		l, err := Get(limit(t), w.dial(), "web")
		if err != nil || l.Generation != 1000 || l.Position.Seq != w.tail["web"] {
			t.Errorf("%+v %v", l, err)
		}
		if _, err := Get(limit(t), w.dial(), "nobody"); !errors.Is(err, ErrUnknown) {
			t.Errorf("of nobody: %v", err)
		}
	})
	t.Run("dataplane-10 without the bus the list stays, and then comes the newest and none older", func(t *testing.T) {
		x := w.listen() // every app
		x.reaches(t, "web", 1000)
		x.reaches(t, "api", 3)
		w.stop()
		for ctx := limit(t); x.Stale().IsZero(); {
			if ctx.Err() != nil {
				t.Fatal("it does not notice that the bus is away")
			}
			time.Sleep(time.Millisecond)
		}
		if l, ok := x.List("web"); !ok || l.Generation != 1000 || len(l.Usable()) != 1 {
			t.Errorf("without the bus it has %+v", l)
		}
		w.start()
		w.say("web", 500)
		if told := x.reaches(t, "web", 1500); !rising(told) {
			t.Errorf("told of %v", told)
		}
		w.say("api", 1)
		if told := x.reaches(t, "api", 4); !rising(told) {
			t.Errorf("told of %v", told)
		}
		for ctx := limit(t); !x.Stale().IsZero(); { // its routes may be read a moment later
			if ctx.Err() != nil {
				t.Fatalf("stale since %s", x.Stale())
			}
			time.Sleep(time.Millisecond)
		}
	})
	t.Run("an app that nobody knows is no empty list", func(t *testing.T) {
		x := w.listen("nobody")
		if l, err := x.Await(limit(t), "nobody", 0); !errors.Is(err, ErrUnknown) {
			t.Errorf("%+v %v", l, err)
		}
	})
}

func TestAListReplacesOlderOnesOnly(t *testing.T) {
	list := func(era uint32, generation int) List {
		return List{App: "web", Generation: generation, Position: events.Position{Era: era, Seq: 1}}
	}
	for _, c := range []struct {
		was, comes List
		kept       bool
	}{
		{list(1, 7), list(1, 8), true},
		{list(1, 7), list(1, 70), true},
		{list(1, 7), list(1, 7), false},
		{list(1, 7), list(1, 6), false},
		{list(1, 7), list(2, 1), true}, // restored from a backup
		{list(2, 1), list(1, 7), false},
	} {
		x := New(nil)
		x.take(c.was)
		if x.keep(c.comes) != c.kept {
			t.Errorf("%+v after %+v: kept is %t", c.comes, c.was, !c.kept)
		}
	}
}

func TestUsableEndpoints(t *testing.T) {
	ready := Endpoint{events.PoolEndpoint{Endpoint: "a", Weight: 1, Ready: true, Serving: true}, 10_000}
	going := Endpoint{events.PoolEndpoint{Endpoint: "b", Weight: 1, Serving: true, Terminating: true}, 10_000}
	idle := Endpoint{events.PoolEndpoint{Endpoint: "c", Ready: true, Serving: true}, 10_000}
	warm := Endpoint{events.PoolEndpoint{Endpoint: "d", Weight: 1, Ready: true, Serving: true}, 0}
	if got := (List{Endpoints: []Endpoint{warm, ready, going, idle}}).Usable(); len(got) != 1 || got[0].Endpoint != "a" {
		t.Errorf("%+v", got)
	}
	if got := (List{Endpoints: []Endpoint{warm, going, idle}}).Usable(); len(got) != 1 || got[0].Endpoint != "b" {
		t.Errorf("of those that go: %+v", got)
	}
}

func TestPlainReads(t *testing.T) {
	w := newWorld(t)
	w.say("web", 2)
	w.say("api", 1)
	x := w.listen()
	x.reaches(t, "web", 2)
	x.reaches(t, "api", 1)
	server := httptest.NewServer(Handler(x.Client))
	defer server.Close()
	ask := func(path, tag string) (status int, etag, body string) {
		r, err := http.NewRequestWithContext(limit(t), http.MethodGet, server.URL+path, nil)
		if err != nil {
			t.Error(err)
			return
		}
		if tag != "" {
			r.Header.Set("If-None-Match", tag)
		}
		res, err := server.Client().Do(r)
		if err != nil {
			t.Error(err)
			return
		}
		defer res.Body.Close()
		b, _ := io.ReadAll(res.Body)
		return res.StatusCode, res.Header.Get("ETag"), string(b)
	}
	var lists []List
	if status, _, body := ask("/v1/pools", ""); status != 200 || json.Unmarshal([]byte(body), &lists) != nil || len(lists) != 2 || lists[0].App != "api" {
		t.Errorf("all: %d %s", status, body)
	}
	var one List
	if status, tag, body := ask("/v1/pools/web", ""); status != 200 || tag != `"2.0"` || json.Unmarshal([]byte(body), &one) != nil || one.Position.Seq != w.tail["web"] {
		t.Errorf("one: %d %s %s", status, tag, body)
	}
	if status, _, _ := ask("/v1/pools/web", `"2.0"`); status != 304 {
		t.Errorf("unchanged: %d", status)
	}
	if status, _, _ := ask("/v1/pools/nobody", ""); status != 404 {
		t.Errorf("nobody: %d", status)
	}
	if status, _, _ := ask("/v1/pools/web?wait=soon", ""); status != 400 {
		t.Errorf("no generation: %d", status)
	}
	answer := make(chan string, 1)
	go func() {
		_, tag, _ := ask("/v1/pools/web?wait=2", "")
		answer <- tag
	}()
	w.say("web", 1)
	if tag := <-answer; tag != `"3.0"` {
		t.Errorf("waited for another than 2, got %s", tag)
	}
}
