package proxy

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"
)

const switches = 250

// ledger is what the endpoints of a test saw.
type ledger struct {
	mu     sync.Mutex
	served map[string]string // request id → endpoint
	gone   map[string]bool   // endpoints whose drain was told
	wrong  []string
}

func (l *ledger) serve(endpoint, id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if before, twice := l.served[id]; twice {
		l.wrong = append(l.wrong, fmt.Sprintf("%s served by %s and %s", id, before, endpoint))
	}
	if l.gone[endpoint] {
		l.wrong = append(l.wrong, fmt.Sprintf("%s served by %s after it was drained", id, endpoint))
	}
	l.served[id] = endpoint
}

func (l *ledger) endpoint(id string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" {
			l.serve(id, r.Header.Get("Id"))
			echo(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		l.serve(id, r.Header.Get("Id"))
		if isGRPC(r.Header) {
			w.Header().Set("Content-Type", "application/grpc")
			w.Header().Set("Trailer", "Grpc-Status")
			w.Write(body)
			w.Header().Set("Grpc-Status", "0")
			return
		}
		w.Write(body)
	}
}

// echo answers each message of a WebSocket with itself.
func echo(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer c.CloseNow()
	for {
		kind, data, err := c.Read(context.Background())
		if err != nil {
			c.Close(websocket.StatusNormalClosure, "")
			return
		}
		if c.Write(context.Background(), kind, data) != nil {
			return
		}
	}
}

// load sends requests of one kind until stopped, and counts what was sent and
// what failed.
type load struct {
	sent, failed atomic.Int64
	stop         atomic.Bool
	clients      sync.WaitGroup
	first        sync.Once
	why          string
}

func (l *load) client(name string, ask func(id string) error) {
	l.clients.Go(func() {
		for n := 0; !l.stop.Load(); n++ {
			l.sent.Add(1)
			if err := ask(fmt.Sprintf("%s-%d", name, n)); err != nil {
				l.failed.Add(1)
				l.first.Do(func() { l.why = name + ": " + err.Error() })
			}
		}
	})
}

func (l *load) end() {
	l.stop.Store(true)
	l.clients.Wait()
}

func (w *way) http(method string, c *http.Client, header ...string) func(string) error {
	return func(id string) error {
		var body io.Reader
		if method == "POST" {
			body = strings.NewReader(id)
		}
		r, err := http.NewRequest(method, w.url+"/", body)
		if err != nil {
			return err
		}
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		r.Header.Set("Id", id)
		res, err := c.Do(r)
		a, err := read(res, err)
		if err != nil {
			return err
		}
		if a.status != 200 || method == "POST" && a.body != id {
			return fmt.Errorf("%d %s %q", a.status, a.code, a.body)
		}
		if isGRPC(r.Header) && res.Trailer.Get("Grpc-Status") != "0" {
			return fmt.Errorf("trailers %v", res.Trailer)
		}
		return nil
	}
}

func (w *way) socket(id string) error {
	ctx := context.Background()
	c, _, err := websocket.Dial(ctx, w.url, &websocket.DialOptions{HTTPHeader: http.Header{"Id": {id}}})
	if err != nil {
		return err
	}
	defer c.CloseNow()
	for range 3 {
		if err := c.Write(ctx, websocket.MessageText, []byte(id)); err != nil {
			return err
		}
		if _, got, err := c.Read(ctx); err != nil || string(got) != id {
			return fmt.Errorf("echo %q: %v", got, err)
		}
	}
	return c.Close(websocket.StatusNormalClosure, "")
}

func h2Client() *http.Client {
	p := new(http.Protocols)
	p.SetUnencryptedHTTP2(true)
	return &http.Client{Transport: &http.Transport{Protocols: p}, Timeout: patience}
}

func TestSwitchesUnderLoad(t *testing.T) {
	t.Run("dataplane-20 250 switches under GET, POST, WebSocket, h2 and gRPC: none fails, each is served once, none after its endpoint drained", func(t *testing.T) {
		w := newWay(t, Config{})
		l := &ledger{served: map[string]string{}, gone: map[string]bool{}}
		last, stop := serve(t, "web-0", 1, l.endpoint("web-0"))
		w.apply(t, want("web", 1, 1, last))
		var load load
		h2 := h2Client()
		defer h2.CloseIdleConnections()
		for i := range 3 {
			load.client(fmt.Sprintf("get%d", i), w.http("GET", w.client))
			load.client(fmt.Sprintf("post%d", i), w.http("POST", w.client))
		}
		load.client("h2", w.http("POST", h2))
		load.client("grpc", w.http("POST", h2, "Content-Type", "application/grpc", "Te", "trailers"))
		load.client("ws", w.socket)
		for n := range uint64(switches) {
			id := fmt.Sprintf("web-%d", n+1)
			next, stopNext := serve(t, id, n+2, l.endpoint(id))
			d := want("web", 2*n+2, n+2, last, next)
			w.apply(t, d)
			last.Terminating = true
			w.apply(t, want("web", 2*n+3, n+2, last, next))
			if cut := w.awaitDrained(t, last.ID); cut != (Cut{}) {
				t.Fatalf("%s: cut %+v", last.ID, cut)
			}
			l.mu.Lock()
			l.gone[last.ID] = true
			l.mu.Unlock()
			stop()
			last, stop = next, stopNext
		}
		load.end()
		if n := load.failed.Load(); n != 0 {
			t.Fatalf("%d of %d failed, first: %s", n, load.sent.Load(), load.why)
		}
		if len(l.wrong) > 0 || int64(len(l.served)) != load.sent.Load() {
			t.Fatalf("served %d of %d, wrong: %v", len(l.served), load.sent.Load(), l.wrong)
		}
		if n, failures := sum(w.Counts("web")); int64(n) != load.sent.Load() || failures != 0 {
			t.Fatalf("counts %d with %d failures, sent %d", n, failures, load.sent.Load())
		}
		t.Logf("%d requests, 0 failed, over %d switches", load.sent.Load(), switches)
	})
	t.Run("dataplane-20 a switch between the load of the table and the gate: the new pool serves", func(t *testing.T) {
		w := newWay(t, Config{})
		old, _ := serve(t, "old", 1, says("old"))
		next, _ := serve(t, "next", 2, says("next"))
		var once sync.Once
		w.afterPick = func(app, endpoint string) {
			once.Do(func() {
				if endpoint != "old" {
					t.Errorf("picked %s", endpoint)
				}
				old.Terminating = true
				w.apply(t, want("web", 2, 2, old, next))
				w.awaitDrained(t, "old")
			})
		}
		w.apply(t, want("web", 1, 1, old))
		if a := w.do(t, "POST", "/", "x"); a.body != "next" {
			t.Fatalf("%d %q", a.status, a.body)
		}
	})
}

func TestAShareOnlyGrowsToAReleaseThatAnswers(t *testing.T) {
	w := newWay(t, Config{})
	good, _ := serve(t, "good", 1, says("good"))
	w.apply(t, want("web", 1, 1, good))
	t.Run("nobody listed: refused at once", func(t *testing.T) {
		_, err := w.Apply(context.Background(), want("web", 2, 2, good))
		mustRefuse(t, err, "release 2 has no endpoint")
	})
	t.Run("nobody reached: refused, the old table serves", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel() // the ten seconds are the driver's to shorten
		if _, err := w.Apply(ctx, want("web", 2, 2, good, nobody(t, "dead", 2))); err == nil {
			t.Fatal("applied")
		}
		w.do(t, "GET", "/", "").is(t, 200, "")
	})
	t.Run("another of the release answers: applied, the silent one named and not asked", func(t *testing.T) {
		next, _ := serve(t, "next", 2, says("next"))
		a := w.apply(t, want("web", 2, 2, good, next, nobody(t, "dead", 2)))
		if toJSON(a.Unreachable) != `["dead"]` {
			t.Fatalf("unreachable %v", a.Unreachable)
		}
		for range 4 {
			if a := w.do(t, "GET", "/", ""); a.body != "next" {
				t.Fatalf("%d %q", a.status, a.body)
			}
		}
		w.told.mu.Lock()
		defer w.told.mu.Unlock()
		for _, r := range w.records {
			if r.Endpoint == "dead" || r.Attempts > 1 {
				t.Fatal("the silent endpoint was asked")
			}
		}
	})
	t.Run("it is let in when it answers", func(t *testing.T) {
		late, arrives := latecomer(t, "late", 1)
		d := want("web", 3, 1, good, late)
		if a := w.apply(t, d); toJSON(a.Unreachable) != `["late"]` {
			t.Fatalf("unreachable %v", a.Unreachable)
		}
		arrives(says("late"))
		eventually(t, "late answers", func() bool { return w.do(t, "GET", "/", "").body == "late" })
	})
}

func TestAReleaseNobodyReachesIsRefusedInTime(t *testing.T) {
	w := newWay(t, Config{})
	w.connectGive /= 10
	good, _ := serve(t, "good", 1, says("good"))
	w.apply(t, want("web", 1, 1, good))
	_, err := w.Apply(context.Background(), want("web", 2, 2, good, nobody(t, "dead", 2)))
	mustRefuse(t, err, "could be reached for 1s")
	w.do(t, "GET", "/", "").is(t, 200, "")
}
