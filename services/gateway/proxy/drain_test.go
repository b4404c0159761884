package proxy

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// drainAfter is a drain deadline that a test waits for.
const drainAfter = 300 * time.Millisecond

// slow is an endpoint whose answers wait until let go.
type slow struct {
	came chan string
	let  chan struct{}
}

func newSlow() *slow { return &slow{came: make(chan string, 2000), let: make(chan struct{})} }

func (s *slow) answer(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/half" {
		w.Header().Set("Content-Length", "100")
		io.WriteString(w, "half")
		w.(http.Flusher).Flush()
	}
	s.came <- r.URL.Path
	select {
	case <-s.let:
		io.WriteString(w, "whole")
	case <-r.Context().Done():
	}
}

// ask sends a request on its own goroutine.
func (w *way) start(method, path string) <-chan answered {
	done := make(chan answered, 1)
	go func() {
		a, err := w.ask(method, path, "")
		if err != nil {
			a.code = "broken: " + err.Error()
		}
		done <- a
	}()
	return done
}

func receive[T any](t testing.TB, what string, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("never: %s", what)
		panic("unreachable")
	}
}

func TestDrain(t *testing.T) {
	replace := func(t *testing.T, w *way, old Endpoint) {
		next, _ := serve(t, "next", 2, says("next"))
		old.Terminating = true
		w.apply(t, want("web", 2, 2, old, next))
	}
	t.Run("dataplane-21 delivery-G04 a request shorter than the drain deadline completes", func(t *testing.T) {
		w, s := newWay(t, Config{}), newSlow()
		old, _ := serve(t, "old", 1, s.answer)
		w.apply(t, want("web", 1, 1, old))
		answer := w.start("GET", "/")
		receive(t, "request at the old endpoint", s.came)
		replace(t, w, old)
		w.until(t, "closed", func() bool { return len(w.closed) == 1 })
		if len(w.drained) != 0 {
			t.Fatal("drained with a request in flight")
		}
		w.do(t, "GET", "/", "").is(t, 200, "")
		close(s.let)
		if a := receive(t, "answer", answer); a.body != "whole" {
			t.Fatalf("%+v", a)
		}
		if cut := w.awaitDrained(t, "old"); cut != (Cut{}) {
			t.Fatalf("cut %+v", cut)
		}
	})
	t.Run("dataplane-21 a longer one is 504 or cut at the deadline, and counted", func(t *testing.T) {
		w, s := newWay(t, Config{}), newSlow()
		old, _ := serve(t, "old", 1, s.answer)
		old.Drain = drainAfter
		w.apply(t, want("web", 1, 1, old))
		unsent, begun := w.start("GET", "/"), w.start("POST", "/half")
		receive(t, "first request", s.came)
		receive(t, "second request", s.came)
		at := time.Now()
		replace(t, w, old)
		receive(t, "504", unsent).is(t, 504, "drain-deadline")
		if d := time.Since(at); d < drainAfter {
			t.Fatalf("cut after %s, before the deadline", d)
		}
		if a := receive(t, "the broken half", begun); !strings.HasPrefix(a.code, "broken") {
			t.Fatalf("half an answer ended well: %+v", a)
		}
		if cut := w.awaitDrained(t, "old"); cut != (Cut{Requests: 2}) {
			t.Fatalf("cut %+v", cut)
		}
		if n, failures := sum(w.Counts("web")); n != 2 || failures != 2 {
			t.Fatalf("%d requests, %d failures", n, failures)
		}
	})
}

func TestStreams(t *testing.T) {
	ctx := context.Background()
	talk := func(t *testing.T, c *websocket.Conn) {
		t.Helper()
		if err := c.Write(ctx, websocket.MessageText, []byte("hello")); err != nil {
			t.Fatal(err)
		}
		if _, got, err := c.Read(ctx); err != nil || string(got) != "hello" {
			t.Fatalf("echo %q: %v", got, err)
		}
	}
	t.Run("dataplane-26 a WebSocket survives 50 deploys of another app and lives until its own drain deadline", func(t *testing.T) {
		w := newWay(t, Config{})
		old, _ := serve(t, "old", 1, echo)
		old.Drain = drainAfter
		w.apply(t, want("web", 1, 1, old))
		c, _, err := websocket.Dial(ctx, w.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer c.CloseNow()
		other, _ := serve(t, "other", 1, says("other"))
		for n := range uint64(50) {
			d := want("other", n+1, n+1, other)
			other.Release = n + 2
			d.Endpoints = append(d.Endpoints, other)
			d.Route.Rules[0].Host, d.Route.Shares[0].Release = "other.test", n+2
			w.apply(t, d)
			talk(t, c)
		}
		next, _ := serve(t, "next", 2, echo)
		old.Terminating = true
		at := time.Now()
		w.apply(t, want("web", 2, 2, old, next))
		w.until(t, "closed", func() bool { return len(w.closed) > 0 })
		talk(t, c) // a closed request gate cuts no stream
		if _, _, err := c.Read(ctx); err == nil {
			t.Fatal("the stream outlived its deadline")
		}
		if d := time.Since(at); d < drainAfter {
			t.Fatalf("cut after %s, before the deadline", d)
		}
		if cut := w.awaitDrained(t, "old"); cut != (Cut{Streams: 1}) {
			t.Fatalf("cut %+v", cut)
		}
	})
	t.Run("a stream that ends before the deadline lets its endpoint go", func(t *testing.T) {
		w := newWay(t, Config{})
		old, _ := serve(t, "old", 1, echo)
		next, _ := serve(t, "next", 2, echo)
		w.apply(t, want("web", 1, 1, old))
		c, _, err := websocket.Dial(ctx, w.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		talk(t, c)
		old.Terminating = true
		w.apply(t, want("web", 2, 2, old, next))
		talk(t, c)
		c.Close(websocket.StatusNormalClosure, "")
		if cut := w.awaitDrained(t, "old"); cut != (Cut{}) {
			t.Fatalf("cut %+v", cut)
		}
	})
	t.Run("server-sent events come at once and count as a stream", func(t *testing.T) {
		w := newWay(t, Config{})
		next := make(chan struct{})
		old, _ := serve(t, "old", 1, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			io.WriteString(w, "data: 1\n")
			w.(http.Flusher).Flush()
			<-next
			io.WriteString(w, "data: 2\n")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		})
		old.Drain = drainAfter
		d := want("web", 1, 1, old)
		d.Route.Limits.Request = 50 * time.Millisecond // streams are exempt
		w.apply(t, d)
		res, err := w.client.Get(w.url)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		lines := bufio.NewReader(res.Body)
		if s, err := lines.ReadString('\n'); s != "data: 1\n" {
			t.Fatalf("%q %v", s, err)
		}
		to, _ := serve(t, "next", 2, says("next"))
		old.Terminating = true
		w.apply(t, want("web", 2, 2, old, to))
		close(next)
		if s, err := lines.ReadString('\n'); s != "data: 2\n" {
			t.Fatalf("%q %v", s, err)
		}
		if _, err := lines.ReadString('\n'); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("the end of the stream: %v", err)
		}
		if cut := w.awaitDrained(t, "old"); cut != (Cut{Streams: 1}) {
			t.Fatalf("cut %+v", cut)
		}
	})
	t.Run("an idle stream is ended", func(t *testing.T) {
		w := newWay(t, Config{})
		e, _ := serve(t, "web", 1, echo)
		d := want("web", 1, 1, e)
		d.Route.Limits.StreamIdle = 50 * time.Millisecond
		w.apply(t, d)
		c, _, err := websocket.Dial(ctx, w.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer c.CloseNow()
		talk(t, c)
		if _, _, err := c.Read(ctx); err == nil {
			t.Fatal("still open")
		}
		eventually(t, "nothing in flight", func() bool { return w.InFlight("web", "web") == 0 })
	})
	t.Run("an upgrade nobody asked for is a bad response, one not to websocket is dropped", func(t *testing.T) {
		w := newWay(t, Config{})
		e, _ := serve(t, "web", 1, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Upgrade") != "" {
				io.WriteString(w, "upgrade "+r.Header.Get("Upgrade"))
				return
			}
			if r.URL.Path == "/plain" {
				return
			}
			w.Header().Set("Connection", "Upgrade")
			w.Header().Set("Upgrade", "websocket")
			w.WriteHeader(101)
		})
		w.apply(t, want("web", 1, 1, e))
		w.do(t, "GET", "/", "").is(t, 502, "bad-response")
		if a := w.do(t, "GET", "/plain", "", "Connection", "Upgrade", "Upgrade", "h2c"); a.body != "" {
			t.Fatalf("passed on: %q", a.body)
		}
	})
}
