package proxy

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// raw is an endpoint that handles its connections by hand.
func raw(t testing.TB, id string, release uint64, handle func(net.Conn, *bufio.Reader)) Endpoint {
	t.Helper()
	l := listen(t)
	var all sync.WaitGroup
	var open sync.Map
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			open.Store(c, nil)
			all.Go(func() {
				defer c.Close()
				handle(c, bufio.NewReader(c))
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		open.Range(func(c, _ any) bool { return c.(net.Conn).Close() != nil || true })
		all.Wait()
	})
	return Endpoint{ID: id, Release: release, Address: l.Addr().String(), Weight: 100, Ready: true, Serving: true}
}

// wait returns when c is closed, or the test is over.
func wait(t testing.TB, c <-chan struct{}) {
	select {
	case <-c:
	case <-t.Context().Done():
	}
}

// resets reads a whole request, if there is one, and then breaks the
// connection with the bytes given as all of its answer.
func resets(t testing.TB, id string, answer string, seen *atomic.Int64) Endpoint {
	return raw(t, id, 1, func(c net.Conn, r *bufio.Reader) {
		req, err := http.ReadRequest(r)
		if err != nil {
			return // the probe
		}
		io.Copy(io.Discard, req.Body)
		seen.Add(1)
		io.WriteString(c, answer)
		c.(*net.TCPConn).SetLinger(0)
	})
}

func TestKilledEndpointUnderLoad(t *testing.T) {
	t.Run("dataplane-22 an endpoint killed under load loses no GET", func(t *testing.T) {
		w := newWay(t, Config{})
		var load load
		a, _ := serve(t, "a", 1, says("ok"))
		b, kill := serve(t, "b", 1, says("ok"))
		w.apply(t, want("web", 1, 1, a, b))
		for i := range 6 {
			load.client(fmt.Sprintf("get%d", i), w.http("GET", w.client))
		}
		eventually(t, "load", func() bool { return load.sent.Load() > 500 })
		kill()
		n := load.sent.Load()
		eventually(t, "more load", func() bool { return load.sent.Load() > n+500 })
		load.end()
		if n := load.failed.Load(); n != 0 {
			t.Fatalf("%d of %d failed, first: %s", n, load.sent.Load(), load.why)
		}
	})
	t.Run("dataplane-22 a POST that was written is 502 reset, and not sent again", func(t *testing.T) {
		w := newWay(t, Config{})
		var seen atomic.Int64
		w.apply(t, want("web", 1, 1, resets(t, "a", "", &seen), resets(t, "b", "", &seen)))
		w.do(t, "POST", "/", "body").is(t, 502, "reset")
		if seen.Load() != 1 {
			t.Fatalf("sent %d times", seen.Load())
		}
	})
	t.Run("an Idempotency-Key makes it repeatable", func(t *testing.T) {
		w := newWay(t, Config{})
		var seen atomic.Int64
		w.apply(t, want("web", 1, 1, resets(t, "a", "", &seen), resets(t, "b", "", &seen)))
		w.do(t, "POST", "/", "body", "Idempotency-Key", "k").is(t, 502, "reset")
		if seen.Load() != 2 {
			t.Fatalf("sent %d times", seen.Load())
		}
	})
}

func TestNothingWritten(t *testing.T) {
	t.Run("dataplane-23 a POST on a connection the endpoint closed, nothing written: another endpoint, 200, once", func(t *testing.T) {
		for round := range 30 {
			w := newWay(t, Config{})
			var served atomic.Int64
			once, closed := make(chan struct{}), make(chan struct{})
			a := raw(t, "a", 1, func(c net.Conn, r *bufio.Reader) { // answers one request and closes unannounced
				req, err := http.ReadRequest(r)
				if err != nil {
					return
				}
				io.Copy(io.Discard, req.Body)
				io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst")
				wait(t, once)
				c.Close()
				close(closed)
			})
			d := want("web", 1, 1, a)
			w.apply(t, d)
			if got := w.do(t, "POST", "/", "1"); got.body != "first" {
				t.Fatalf("%+v", got)
			}
			b, _ := serve(t, "b", 1, func(w http.ResponseWriter, r *http.Request) { served.Add(1); io.WriteString(w, "second") })
			d.Endpoints[0].Weight = 1000 // picked first
			d.PoolGeneration, d.Endpoints = 2, append(d.Endpoints, b)
			w.apply(t, d)
			// the endpoint stops: the idle connection closes, a new one is refused
			target := w.table.Load().apps["web"].stable.seats[0].target
			target.address = nobody(t, "x", 1).Address
			close(once)
			receive(t, "the close", closed)
			if got := w.do(t, "POST", "/", "2"); got.status != 200 || got.body != "second" || served.Load() != 1 {
				t.Fatalf("round %d: %+v, served %d times", round, got, served.Load())
			}
		}
	})
	t.Run("the seal holds against a writer", func(t *testing.T) {
		for range 2000 {
			near, far := net.Pipe()
			c, wrote := &conn{Conn: near}, make(chan bool, 1)
			go func() { _, err := io.ReadFull(far, make([]byte, 1)); wrote <- err == nil }()
			mark := c.written.Load()
			go func() { c.Write([]byte("x")); near.Close() }()
			sealed := c.seal(mark)
			if <-wrote && sealed {
				t.Fatal("written after it was sealed")
			}
			far.Close()
		}
	})
	t.Run("what was written before counts as none of this attempt", func(t *testing.T) {
		near, far := net.Pipe()
		go io.Copy(io.Discard, far)
		c, trip := &conn{Conn: near}, &trip{}
		c.Write([]byte("an earlier request"))
		trip.gotConn(httptrace.GotConnInfo{Conn: c})
		if !c.seal(trip.mark.Load()) {
			t.Fatal("counted as written")
		}
		if _, err := c.Write([]byte("x")); err == nil {
			t.Fatal("written after the seal")
		}
	})
	t.Run("dataplane-23 half an answer and then a reset is a cut, never retried", func(t *testing.T) {
		w := newWay(t, Config{})
		var seen atomic.Int64
		half := "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"
		w.apply(t, want("web", 1, 1, resets(t, "a", half, &seen), resets(t, "b", half, &seen)))
		if a, err := w.ask("GET", "/", ""); err == nil {
			t.Fatalf("ended well: %+v", a)
		}
		if seen.Load() != 1 {
			t.Fatalf("sent %d times", seen.Load())
		}
		eventually(t, "one failure", func() bool { n, f := sum(w.Totals("web")); return n == 1 && f == 1 })
	})
	t.Run("half a status line is no answer, and not retried either", func(t *testing.T) {
		w := newWay(t, Config{})
		var seen atomic.Int64
		w.apply(t, want("web", 1, 1, resets(t, "a", "HTTP/1.1 20", &seen), resets(t, "b", "HTTP/1.1 20", &seen)))
		w.do(t, "GET", "/", "").is(t, 502, "bad-response")
		if seen.Load() != 1 {
			t.Fatalf("sent %d times", seen.Load())
		}
	})
	t.Run("what is no HTTP is a bad response", func(t *testing.T) {
		w := newWay(t, Config{})
		var seen atomic.Int64
		w.apply(t, want("web", 1, 1, resets(t, "a", "SSH-2.0-no\r\n\r\n", &seen)))
		w.do(t, "GET", "/", "").is(t, 502, "bad-response")
	})
}

func TestDeadEndpoints(t *testing.T) {
	t.Run("dataplane-24 an idempotent GET with both endpoints dead is 502 in time", func(t *testing.T) {
		w := newWay(t, Config{})
		w.applyDead(t, want("web", 1, 1, nobody(t, "a", 1), nobody(t, "b", 1)))
		at := time.Now()
		w.do(t, "GET", "/", "").is(t, 502, "connect-failed")
		if d := time.Since(at); d > 3500*time.Millisecond {
			t.Fatalf("after %s", d)
		}
		w.until(t, "two attempts", func() bool { return len(w.records) == 1 && w.records[0].Attempts == 2 })
	})
	t.Run("at most three are dialled", func(t *testing.T) {
		w := newWay(t, Config{})
		w.applyDead(t, want("web", 1, 1, nobody(t, "a", 1), nobody(t, "b", 1), nobody(t, "c", 1), nobody(t, "d", 1)))
		w.do(t, "POST", "/", "x").is(t, 502, "connect-failed")
		w.until(t, "an answer", func() bool { return len(w.records) == 1 && w.records[0].Attempts == 3 })
	})
	t.Run("a streamed POST finds the one that lives, whole", func(t *testing.T) {
		w := newWay(t, Config{})
		live, _ := serve(t, "z", 1, func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) })
		w.applyDead(t, want("web", 1, 1, nobody(t, "a", 1), live))
		for range 10 {
			from, to := io.Pipe()
			go func() { io.WriteString(to, "in "); io.WriteString(to, "parts"); to.Close() }()
			a, err := read(w.client.Post(w.url, "text/plain", from))
			if err != nil || a.body != "in parts" {
				t.Fatalf("%+v %v", a, err)
			}
		}
	})
}

// Who was never reached costs no retry: a dead endpoint would use the budget up, and what
// an endpoint may have seen would find none left.
func TestARequestThatNobodySawIsReroutedFreely(t *testing.T) {
	rerouted := func(f failure) *flow {
		r, _ := http.NewRequest("GET", "http://x/", nil)
		x := &exchange{r: r, app: &App{route: &Route{}, flow: &flow{}}, flow: &flow{}, attempts: 1}
		if !x.mayRetry(f) || !x.takeRetry(f, 0) {
			t.Fatalf("%+v is not tried again", f)
		}
		return x.flow
	}
	if n := rerouted(failure{unsent: true, dial: true}).retries.Load(); n != 0 {
		t.Errorf("%d retries are held by one that nobody saw", n)
	}
	if n := rerouted(failure{}).retries.Load(); n != 1 {
		t.Errorf("%d retries are held by one that somebody may have seen", n)
	}
}

func TestRetryBudget(t *testing.T) {
	t.Run("dataplane-25 100 in flight allow 20 retries, 2 in flight allow 3", func(t *testing.T) {
		for inFlight, allowed := range map[int64]int{100: 20, 2: 3, 15: 3, 20: 4} {
			f := newFlow()
			f.inFlight.Store(inFlight)
			taken := 0
			for range 100 {
				if f.takeRetry(t.Context(), 0, 0) {
					taken++
				}
			}
			if taken != allowed {
				t.Errorf("%d in flight: %d retries, allowed %d", inFlight, taken, allowed)
			}
			f.endRetry()
			if !f.takeRetry(t.Context(), 0, 0) {
				t.Errorf("%d in flight: a retry given back is not given out", inFlight)
			}
		}
	})
	t.Run("dataplane-25 100 failing at once: never more than 20 retries are at an endpoint", func(t *testing.T) {
		w := newWay(t, Config{})
		const all = 100
		var first, retries, most atomic.Int64
		together, hold := make(chan struct{}), make(chan struct{})
		fail := func(id string) Endpoint {
			return raw(t, id, 1, func(c net.Conn, r *bufio.Reader) {
				req, err := http.ReadRequest(r)
				if err != nil {
					return
				}
				_ = req
				if first.Add(1) <= all {
					if first.Load() >= all {
						select {
						case <-together:
						default:
							close(together)
						}
					}
					wait(t, together)
				} else {
					n := retries.Add(1)
					for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
					}
					wait(t, hold)
					retries.Add(-1)
				}
				c.(*net.TCPConn).SetLinger(0)
			})
		}
		w.apply(t, want("web", 1, 1, fail("a"), fail("b")))
		var answers sync.WaitGroup
		for range all {
			answers.Go(func() {
				if a, err := w.ask("GET", "/", ""); err != nil || a.status != 502 {
					t.Errorf("%+v %v", a, err)
				}
			})
		}
		w.until(t, "80 answered without a retry", func() bool { return len(w.records) >= 80 })
		close(hold)
		answers.Wait()
		if n := most.Load(); n == 0 || n > 20 {
			t.Fatalf("%d retries at once", n)
		}
	})
}

func TestOverload(t *testing.T) {
	w, s := newWay(t, Config{}), newSlow()
	e, _ := serve(t, "a", 1, s.answer)
	d := want("web", 1, 1, e)
	d.Route.Limits.InFlight = 2
	w.apply(t, d)
	one, two := w.start("GET", "/"), w.start("GET", "/")
	receive(t, "first", s.came)
	receive(t, "second", s.came)
	w.do(t, "GET", "/", "").is(t, 503, "overload")
	close(s.let)
	receive(t, "one", one).is(t, 200, "")
	receive(t, "two", two).is(t, 200, "")
}

func TestTimeouts(t *testing.T) {
	w, s := newWay(t, Config{}), newSlow()
	defer close(s.let)
	e, _ := serve(t, "a", 1, s.answer)
	b, _ := serve(t, "b", 1, s.answer)
	d := want("web", 1, 1, e, b)
	d.Route.Limits.Response = 50 * time.Millisecond
	w.apply(t, d)
	w.do(t, "GET", "/", "").is(t, 504, "header-timeout")
	d.Route.Generation, d.Route.Limits = 2, Limits{Request: 50 * time.Millisecond}
	w.apply(t, d)
	w.do(t, "GET", "/", "").is(t, 504, "request-timeout")
	if a, err := w.ask("POST", "/half", ""); err == nil {
		t.Fatalf("ended well: %+v", a)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r, _ := http.NewRequestWithContext(ctx, "GET", w.url+"/", nil)
	d.Route.Generation, d.Route.Limits = 3, Limits{}
	w.apply(t, d)
	for len(s.came) > 0 {
		<-s.came
	}
	gone := make(chan error, 1)
	go func() { _, err := w.client.Do(r); gone <- err }()
	receive(t, "request", s.came)
	cancel()
	receive(t, "client gone", gone)
	w.until(t, "client gone recorded", func() bool { return w.records[len(w.records)-1].Code == clientGone.code })
	if _, failures := sum(w.Totals("web")); failures != 3 {
		t.Fatalf("%d failures: a client that leaves is none", failures)
	}
}
