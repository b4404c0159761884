package proxy

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"slipway.dev/pkg/breaker"
)

// ownIdle is how many connections of our own client are idle to the app's first endpoint.
func (w *way) ownIdle() int {
	return w.table.Load().apps["web"].stable.seats[0].target.main.main.Idle()
}

func TestWhichRequestsGoByOurOwnClient(t *testing.T) {
	for kind, c := range map[string]struct {
		protocol, method, body string
		header                 []string
		own                    bool
	}{
		"a GET":                 {method: "GET", own: true},
		"a HEAD":                {method: "HEAD", own: true},
		"a small body":          {method: "POST", body: "small", own: true},
		"a body kept as whole":  {method: "PUT", body: strings.Repeat("x", replayMax), own: true},
		"a larger one":          {method: "POST", body: strings.Repeat("x", replayMax+1)},
		"one that asks first":   {method: "POST", body: "small", header: []string{"Expect", "100-continue"}},
		"a host spelled oddly":  {method: "GET", header: []string{"Host", "a~b.test"}},
		"an endpoint of HTTP/2": {protocol: ProtocolH2C, method: "GET"},
	} {
		t.Run(kind, func(t *testing.T) {
			w := newWay(t, Config{})
			e := serveH2(t, "web", func(w http.ResponseWriter, r *http.Request) {
				n, _ := io.Copy(io.Discard, r.Body)
				w.Header().Set("Saw", fmt.Sprint(r.Method, n, r.ContentLength))
			})
			e.Protocol = c.protocol
			w.apply(t, want("web", 1, 1, e))
			for range 2 {
				a := w.do(t, c.method, "/", c.body, c.header...)
				if a.is(t, 200, ""); a.header.Get("Saw") != fmt.Sprint(c.method, len(c.body), len(c.body)) {
					t.Fatalf("%v", a.header)
				}
			}
			if n := w.ownIdle(); n == 1 != c.own { // it is back before the answer is out
				t.Fatalf("%d connections", n)
			}
		})
	}
}

// speaks is an endpoint that answers every request with the same bytes, and counts its
// connections.
func speaks(t *testing.T, answer string) (Endpoint, *atomic.Int64) {
	var connections atomic.Int64
	return raw(t, "a", 1, func(c net.Conn, r *bufio.Reader) {
		for first := true; ; first = false {
			req, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			if first {
				connections.Add(1)
			}
			io.Copy(io.Discard, req.Body)
			io.WriteString(c, answer)
		}
	}), &connections
}

func TestAnswersByOurOwnClient(t *testing.T) {
	ask := func(t *testing.T, method, answer string) (answered, *way) {
		w := newWay(t, Config{})
		e, _ := speaks(t, answer)
		w.apply(t, want("web", 1, 1, e))
		return w.do(t, method, "/", ""), w
	}
	t.Run("an answer in two readings is a bad one, and the last of its connection", func(t *testing.T) {
		for _, framing := range []string{
			"Content-Length: 2\r\nContent-Length: 3", "Content-Length: 2\r\nTransfer-Encoding: chunked", "Transfer-Encoding: gzip, chunked", "Content-Length: two", "A: b\r\n c: d",
		} {
			w := newWay(t, Config{})
			e, connections := speaks(t, "HTTP/1.1 200 OK\r\n"+framing+"\r\n\r\n2\r\nok\r\n0\r\n\r\n")
			w.apply(t, want("web", 1, 1, e))
			for range breaker.Failures - 1 {
				w.do(t, "GET", "/", "").is(t, 502, "bad-response")
			}
			if connections.Load() != breaker.Failures-1 || w.ownIdle() != 0 {
				t.Errorf("%q: %d connections", framing, connections.Load())
			}
		}
	})
	t.Run("interim answers are not the answer", func(t *testing.T) {
		a, _ := ask(t, "GET", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		if a.is(t, 200, ""); a.body != "ok" || a.header.Get("Link") != "" {
			t.Fatalf("%+v", a)
		}
	})
	t.Run("an upgrade nobody asked for is a bad answer", func(t *testing.T) {
		a, _ := ask(t, "GET", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
		a.is(t, 502, "bad-response")
	})
	t.Run("what concerns the connection stays here", func(t *testing.T) {
		a, w := ask(t, "GET", "HTTP/1.1 200 OK\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=9\r\nProxy-Authenticate: x\r\nSlipway-Error: forged\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 0\r\n\r\n")
		if len(a.header["Set-Cookie"]) != 2 || a.header.Get("X-Hop")+a.header.Get("Keep-Alive")+a.header.Get("Proxy-Authenticate")+a.header.Get(ErrorHeader) != "" {
			t.Fatalf("%v", a.header)
		}
		if d := time.Duration(w.table.Load().apps["web"].stable.seats[0].target.main.idle.Load()); d != 8*time.Second {
			t.Fatalf("idle %s", d)
		}
	})
	t.Run("trailers come, announced or not", func(t *testing.T) {
		for _, announced := range []string{"", "Trailer: Sum\r\n"} {
			w := newWay(t, Config{})
			e, _ := speaks(t, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"+announced+"\r\n2\r\nok\r\n0\r\nSum: 1\r\nCookie: x\r\nSlipway-Error: forged\r\n\r\n")
			w.apply(t, want("web", 1, 1, e))
			got := w.raw(t, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
			if !strings.HasSuffix(got, "2\r\nok\r\n0\r\nSum: 1\r\n\r\n") {
				t.Errorf("%q: %q", announced, got)
			}
		}
	})
	t.Run("bodies without a length", func(t *testing.T) {
		for _, text := range []string{"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nto the end", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nto \r\n7\r\nthe end\r\n0\r\n\r\n"} {
			w := newWay(t, Config{})
			w.apply(t, want("web", 1, 1, raw(t, "a", 1, func(c net.Conn, r *bufio.Reader) {
				if _, err := http.ReadRequest(r); err == nil {
					io.WriteString(c, text)
				}
			})))
			if a := w.do(t, "GET", "/", ""); a.body != "to the end" {
				t.Errorf("%q: %+v", text, a)
			}
		}
	})
	t.Run("no content and HEAD", func(t *testing.T) {
		if a, _ := ask(t, "DELETE", "HTTP/1.1 204 No Content\r\n\r\n"); a.status != 204 || a.body != "" {
			t.Fatalf("%+v", a)
		}
		if a, _ := ask(t, "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"); a.status != 200 || a.header.Get("Content-Length") != "5" {
			t.Fatalf("%+v", a)
		}
	})
}

// What an endpoint says beside its answers reaches no client, whoever comes next.
func TestNoAnswerIsAnothersOverOneConnection(t *testing.T) {
	w := newWay(t, Config{})
	e, connections := speaks(t, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhidden")
	w.apply(t, want("web", 1, 1, e))
	for n := range 20 {
		if a := w.do(t, []string{"GET", "POST"}[n%2], "/", ""); a.body != "ok" {
			t.Fatalf("%+v", a)
		}
	}
	if connections.Load() != 20 {
		t.Fatalf("%d connections", connections.Load())
	}
}

// A body that comes slowly is passed on as it comes, and a client that leaves meanwhile
// ends the endpoint's work.
func TestASlowAnswerAndAClientThatLeaves(t *testing.T) {
	w := newWay(t, Config{})
	more, left := make(chan struct{}), make(chan struct{}, 1)
	e, _ := serve(t, "a", 1, func(out http.ResponseWriter, r *http.Request) {
		for n := range 3 {
			io.WriteString(out, fmt.Sprint(n))
			http.NewResponseController(out).Flush()
			select {
			case <-more:
			case <-r.Context().Done():
				left <- struct{}{}
				return
			}
		}
	})
	w.apply(t, want("web", 1, 1, e))
	ctx, leave := context.WithCancel(context.Background())
	r, _ := http.NewRequestWithContext(ctx, "GET", w.url, nil)
	res, err := w.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	for n := range 2 {
		var b [1]byte
		if _, err := io.ReadFull(res.Body, b[:]); err != nil || string(b[:]) != fmt.Sprint(n) {
			t.Fatalf("%q %v", b, err)
		}
		if n == 0 {
			more <- struct{}{}
		}
	}
	leave()
	receive(t, "the endpoint's end", left)
	eventually(t, "nothing in flight", func() bool { return w.InFlight("web", "a") == 0 })
	w.until(t, "the record", func() bool { return len(w.records) == 1 && w.records[0].Code == CodeClientGone })
	if w.ownIdle() != 0 {
		t.Fatal("the connection is kept")
	}
}

// An endpoint that has left the table has no connection left, idle or not.
func TestADrainClosesOurOwnConnections(t *testing.T) {
	w := newWay(t, Config{})
	var open sync.WaitGroup
	open.Add(1)
	a := raw(t, "a", 1, func(c net.Conn, r *bufio.Reader) {
		for first := true; ; first = false {
			if _, err := http.ReadRequest(r); err != nil {
				if !first {
					open.Done()
				}
				return
			}
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		}
	})
	b, _ := serve(t, "b", 1, says("b"))
	w.apply(t, want("web", 1, 1, a))
	w.do(t, "GET", "/", "")
	w.apply(t, want("web", 2, 1, b))
	w.awaitDrained(t, "a")
	closed := make(chan struct{})
	go func() { open.Wait(); close(closed) }()
	receive(t, "the close", closed)
}

// What HTTP/2 lets pass for a method is none over HTTP/1.
func TestAMethodIsOneWord(t *testing.T) {
	for method, fine := range map[string]bool{"GET": true, "M-SEARCH": true, "x!": true, "GET /": false, "": false, "G\tT": false, "G(T": false, "Gé": false} {
		if isToken(method) != fine {
			t.Errorf("%q", method)
		}
	}
}

// The header that goes out holds what came in, and breaks where a value would.
func TestNoFieldBecomesTwo(t *testing.T) {
	for value, fine := range map[string]bool{"a": true, "": true, "a\tb": true, "a\r\nB: c": false, "a\nB: c": false, "a\rb": false, "a\x00": false} {
		if b, ok := appendField(nil, "A", value); ok != fine || ok && string(b) != "A: "+value+"\r\n" {
			t.Errorf("%q: %q", value, b)
		}
	}
	if visible([]byte("/a b")) || visible([]byte("/a\r\n")) || visible([]byte("/\x7f")) || !visible([]byte("/a?b=ü")) {
		t.Error("a target with a blank in it")
	}
}
