package proxy

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// counting counts what a connection is asked for.
type counting struct {
	net.Conn
	reads, writes, deadlines atomic.Int64
}

func (c *counting) Read(p []byte) (int, error)  { c.reads.Add(1); return c.Conn.Read(p) }
func (c *counting) Write(p []byte) (int, error) { c.writes.Add(1); return c.Conn.Write(p) }
func (c *counting) SetReadDeadline(t time.Time) error {
	c.deadlines.Add(1)
	return c.Conn.SetReadDeadline(t)
}

// one gives a single connection on, and then waits until it is closed.
type one struct {
	net.Listener
	conn chan net.Conn
}

func (l *one) Accept() (net.Conn, error) {
	if c, ok := <-l.conn; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}

// linked returns both ends of a connection.
func linked(t *testing.T) (near, far net.Conn) {
	t.Helper()
	l := listen(t)
	defer l.Close()
	near, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close() })
	near.SetDeadline(time.Now().Add(patience))
	if far, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { far.Close() })
	return near, far
}

// servedAlone serves one connection by net/http, and returns its client's end.
func servedAlone(t *testing.T, h http.HandlerFunc) (net.Conn, *counting) {
	t.Helper()
	near, far := linked(t)
	seen := &counting{Conn: far}
	c := newClientConn(far, func() {})
	c.Conn = seen
	from := &one{listen(t), make(chan net.Conn, 1)}
	from.conn <- c
	close(from.conn)
	s := &http.Server{ConnContext: withClient, ReadHeaderTimeout: time.Minute, IdleTimeout: time.Minute, Handler: h}
	t.Cleanup(func() { s.Close() })
	go s.Serve(from)
	return near, seen
}

// net/http takes a look that was put off for one that found nothing: it neither asks
// again nor takes the client for gone. A deadline is set when somebody will wait for it.
func TestAQuickRequestIsOneReadThatWaits(t *testing.T) {
	near, seen := servedAlone(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		if err := r.Context().Err(); err != nil {
			t.Error(err)
		}
		io.WriteString(w, "ok")
	})
	r := bufio.NewReader(near)
	const all = 100
	for n := range all {
		io.WriteString(near, []string{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx"}[n%2])
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(res.Body); string(b) != "ok" || err != nil {
			t.Fatalf("%q %v", b, err)
		}
	}
	// the last one waits for a request that does not come
	if reads, deadlines := seen.reads.Load(), seen.deadlines.Load(); reads > all+1 || deadlines > all/4 {
		t.Fatalf("%d reads and %d deadlines for %d requests", reads, deadlines, all)
	}
}

// leaves sends a request, waits until something holds, and closes the connection.
func (w *way) leaves(t *testing.T, request string, when func() bool) {
	t.Helper()
	c := w.dial(t)
	defer c.Close()
	io.WriteString(c, request)
	eventually(t, "the moment to leave", when)
}

func (w *way) untilGone(t *testing.T) {
	t.Helper()
	w.until(t, "client gone", func() bool { return len(w.records) == 1 && w.records[0].Code == CodeClientGone })
}

func TestAClientThatLeavesIsMissed(t *testing.T) {
	const plain = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
	for kind, request := range map[string]string{
		"by our own client":         plain,
		"with a body that was read": "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody",
		"by a transport":            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
		"halfway":                   "GET /half HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		t.Run(kind, func(t *testing.T) {
			w, s := newWay(t, Config{}), newSlow()
			defer close(s.let)
			e, _ := serve(t, "a", 1, s.answer)
			w.apply(t, want("web", 1, 1, e))
			w.leaves(t, request, func() bool { return len(s.came) == 1 })
			w.untilGone(t)
		})
	}
	t.Run("while it is held", func(t *testing.T) {
		w := newWay(t, Config{})
		e, _ := serve(t, "a", 1, says("ok"))
		w.apply(t, held(1, &Hold{Kind: HoldPause, MaxWait: time.Minute}, e))
		w.leaves(t, plain, func() bool { return w.waiting() == 1 })
		w.untilGone(t)
		eventually(t, "nobody waiting", func() bool { return w.waiting() == 0 })
	})
	t.Run("from a stream", func(t *testing.T) {
		w := newWay(t, Config{})
		begun := make(chan struct{})
		e, _ := serve(t, "a", 1, func(out http.ResponseWriter, r *http.Request) {
			out.Header().Set("Content-Type", "text/event-stream")
			http.NewResponseController(out).Flush()
			close(begun)
			<-r.Context().Done()
		})
		w.apply(t, want("web", 1, 1, e))
		w.leaves(t, plain, func() bool {
			select {
			case <-begun:
				return true
			default:
				return false
			}
		})
		w.untilGone(t)
	})
}

// A request that took long enough for a look leaves the connection as it was: the next
// one is served, and so is one that came meanwhile.
func TestALookTakesNothingAway(t *testing.T) {
	w := newWay(t, Config{})
	let, came := make(chan struct{}), make(chan struct{}, 10)
	e, _ := serve(t, "a", 1, func(w http.ResponseWriter, r *http.Request) {
		came <- struct{}{}
		<-let
		io.WriteString(w, r.URL.Path)
	})
	w.apply(t, want("web", 1, 1, e))
	c := w.dial(t)
	defer c.Close()
	r := bufio.NewReader(c)
	read := func(path string) {
		t.Helper()
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(res.Body); string(b) != path || err != nil {
			t.Fatalf("%q %v, want %q", b, err, path)
		}
	}
	looked := func() bool {
		for _, x := range w.underWay() {
			x.trip.mu.Lock()
			followed := x.trip.unfollow != nil
			x.trip.mu.Unlock()
			if followed {
				return true
			}
		}
		return false
	}
	for range 3 {
		io.WriteString(c, "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n")
		receive(t, "the first", came)
		eventually(t, "a look", looked)
		io.WriteString(c, "GET /2 HTTP/1.1\r\nHost: x\r\n\r\nGET /3 HTTP/1.1\r\nHost: x\r\n\r\n")
		let <- struct{}{}
		read("/1")
		let <- struct{}{}
		read("/2")
		let <- struct{}{}
		read("/3")
		for range 2 {
			receive(t, "the others", came)
		}
	}
}

// underWay are the requests at the app's first endpoint.
func (w *way) underWay() (all []*exchange) {
	under := &w.table.Load().apps["web"].stable.seats[0].under
	under.mu.Lock()
	defer under.mu.Unlock()
	for t := under.first; t != nil; t = t.next {
		all = append(all, t.x)
	}
	return all
}

func TestDeadlinesOfAClient(t *testing.T) {
	pair := func(t *testing.T) (*clientConn, net.Conn) {
		near, far := linked(t)
		return newClientConn(far, func() {}), near
	}
	t.Run("one that is set before a read ends it", func(t *testing.T) {
		c, near := pair(t)
		c.SetReadDeadline(time.Now().Add(time.Millisecond))
		if _, err := c.Read(make([]byte, 10)); !isTimeout(err) {
			t.Fatal(err)
		}
		c.SetReadDeadline(time.Time{})
		io.WriteString(near, "x")
		if n, err := c.Read(make([]byte, 10)); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	})
	t.Run("one that is set during a read ends it", func(t *testing.T) {
		c, _ := pair(t)
		ended := make(chan error, 1)
		go func() { _, err := c.Read(make([]byte, 10)); ended <- err }()
		eventually(t, "the read", func() bool { c.mu.Lock(); defer c.mu.Unlock(); return c.reading })
		c.SetDeadline(past)
		if err := receive(t, "its end", ended); !isTimeout(err) {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, strings.Repeat("x", 100)); !isTimeout(err) {
			t.Fatal(err)
		}
		c.SetDeadline(time.Time{})
		if _, err := io.WriteString(c, "x"); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("one comes early by no more than a small part of its time", func(t *testing.T) {
		now := time.Now()
		for _, c := range []struct {
			have, want time.Duration
			near       bool
		}{
			{75 * time.Second, 75 * time.Second, true}, {74 * time.Second, 75 * time.Second, true}, {73 * time.Second, 75 * time.Second, false},
			{76 * time.Second, 75 * time.Second, false}, {9 * time.Second, 10 * time.Second, false}, {-time.Second, 0, false}, {-time.Second, time.Minute, false},
		} {
			if near(now.Add(c.have), now.Add(c.want)) != c.near {
				t.Errorf("%s for %s", c.have, c.want)
			}
		}
		if near(time.Time{}, now) || near(now, time.Time{}) || !near(time.Time{}, time.Time{}) {
			t.Error("none is near to one")
		}
	})
}
