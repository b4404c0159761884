package proxy

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience bounds every wait of a test; nothing waits that long unless it fails.
const patience = 20 * time.Second

// told records what a proxy says.
type told struct {
	mu       sync.Mutex
	closed   []string
	drained  map[string]Cut
	quiesced []int
	records  []Record
	attempts []Attempt
	judged   []Judged
	change   chan struct{}
}

func newTold() *told { return &told{drained: map[string]Cut{}, change: make(chan struct{}, 1)} }

func (e *told) note(f func()) {
	e.mu.Lock()
	f()
	e.mu.Unlock()
	select {
	case e.change <- struct{}{}:
	default:
	}
}

func (e *told) Closed(app, endpoint string) {
	e.note(func() { e.closed = append(e.closed, endpoint) })
}
func (e *told) Drained(app, endpoint string, cut Cut) {
	e.note(func() { e.drained[endpoint] = cut })
}
func (e *told) Quiesced(app string, generation uint64, held int) {
	e.note(func() { e.quiesced = append(e.quiesced, held) })
}
func (e *told) Judged(j Judged)     { e.note(func() { e.judged = append(e.judged, j) }) }
func (e *told) Attempted(a Attempt) { e.note(func() { e.attempts = append(e.attempts, a) }) }
func (e *told) Answered(r Record)   { e.note(func() { e.records = append(e.records, r) }) }

// until waits for a condition on what was told.
func (e *told) until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	late := time.After(patience)
	for {
		e.mu.Lock()
		done := ok()
		e.mu.Unlock()
		if done {
			return
		}
		select {
		case <-e.change:
		case <-late:
			t.Fatalf("never: %s", what)
		}
	}
}

func (e *told) awaitDrained(t testing.TB, endpoint string) Cut {
	t.Helper()
	var cut Cut
	e.until(t, endpoint+" drained", func() (ok bool) { cut, ok = e.drained[endpoint]; return ok })
	return cut
}

// eventually polls for a condition that no event announces.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for late := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("never: %s", what)
		}
	}
}

// way is a proxy behind a real listener.
type way struct {
	*Proxy
	*told
	server *Server
	url    string
	client *http.Client
}

func newWay(t testing.TB, c Config) *way {
	t.Helper()
	w := &way{told: newTold()}
	c.Events, c.Observer = w.told, w.told
	w.Proxy = New(c)
	l := listen(t)
	w.server = NewServer(l, w.Proxy, ServerConfig{})
	w.server.SetState(Live)
	w.url = "http://" + l.Addr().String()
	w.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	done := make(chan error, 1)
	go func() { done <- w.server.Serve() }()
	t.Cleanup(func() {
		w.client.CloseIdleConnections()
		ctx, cancel := context.WithCancel(context.Background())
		cancel() // whatever a failed test left is cut
		w.server.Shutdown(ctx)
		w.Proxy.Close()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return w
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// serve starts an endpoint; stop kills it with all its connections.
func serve(t testing.TB, id string, release uint64, h http.HandlerFunc) (e Endpoint, stop func()) {
	t.Helper()
	s := httptest.NewServer(h)
	var once sync.Once
	stop = func() {
		once.Do(func() {
			s.Listener.Close()
			s.CloseClientConnections()
			s.Close()
		})
	}
	t.Cleanup(stop)
	return Endpoint{ID: id, Release: release, Address: s.Listener.Addr().String(), Weight: 100, Ready: true, Serving: true}, stop
}

func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, text) }
}

// want is a route of the app for every host, all of it to the release.
func want(app string, generation, release uint64, endpoints ...Endpoint) Desired {
	return Desired{
		Route: Route{
			App: app, Generation: generation, Rules: []Rule{{Path: "/"}},
			Shares: []Share{{Release: release, ShareBp: 10000}},
		},
		PoolGeneration: generation, Endpoints: endpoints,
	}
}

func (w *way) apply(t testing.TB, d Desired) Applied {
	t.Helper()
	a, err := w.Apply(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// applyDead applies endpoints of which nobody answers, as a restart would.
func (w *way) applyDead(t testing.TB, d Desired) {
	t.Helper()
	d.Restored = true
	w.apply(t, d)
}

type answered struct {
	status int
	code   string // Slipway-Error
	body   string
	header http.Header
}

func (w *way) do(t testing.TB, method, path, body string, header ...string) answered {
	t.Helper()
	a, err := w.ask(method, path, body, header...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (w *way) ask(method, path, body string, header ...string) (answered, error) {
	var from io.Reader
	if body != "" {
		from = strings.NewReader(body)
	}
	r, err := http.NewRequest(method, w.url+path, from)
	if err != nil {
		return answered{}, err
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
	}
	return read(w.client.Do(r))
}

func read(res *http.Response, err error) (answered, error) {
	if err != nil {
		return answered{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return answered{status: res.StatusCode, code: res.Header.Get(ErrorHeader), body: string(b), header: res.Header}, err
}

func (a answered) is(t testing.TB, status int, code string) {
	t.Helper()
	if a.status != status || a.code != code {
		t.Fatalf("answer %d %q %q, want %d %q", a.status, a.code, a.body, status, code)
	}
}

// sum adds up counts over all releases.
func sum(counts []ReleaseCount) (requests, failures uint64) {
	for _, c := range counts {
		requests += c.Requests
		failures += c.Failures
	}
	return requests, failures
}

func mustRefuse(t testing.TB, err error, part string) {
	t.Helper()
	refused, ok := err.(*Refused)
	if !ok || !strings.Contains(refused.Reason, part) {
		t.Fatalf("error %v, want a refusal with %q", err, part)
	}
}

func toJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(err)
	}
	return string(b)
}
