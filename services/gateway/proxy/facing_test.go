package proxy

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"slipway.dev/services/gateway/upstream"
)

// headsOf is an endpoint that answers each request with its header as it came.
func headsOf(t *testing.T) Endpoint {
	return raw(t, "a", 1, func(c net.Conn, r *bufio.Reader) {
		for {
			var head strings.Builder
			for line := ""; line != "\r\n"; {
				var err error
				if line, err = r.ReadString('\n'); err != nil {
					return
				}
				head.WriteString(line)
			}
			if strings.Contains(head.String(), "Content-Length: 4\r\n") {
				io.CopyN(io.Discard, r, 4)
			}
			res := http.Response{StatusCode: 200, ProtoMajor: 1, ProtoMinor: 1, ContentLength: int64(head.Len()), Body: io.NopCloser(strings.NewReader(head.String()))}
			res.Write(c)
		}
	})
}

// A request's length is said once, and of a method that has a body it is said though
// there is none; the host is the client's unless the route asks for the endpoint's own.
func TestHowARequestIsSaid(t *testing.T) {
	w, e := newWay(t, Config{}), headsOf(t)
	d := want("web", 1, 1, e)
	w.apply(t, d)
	for _, c := range []struct{ method, body, length string }{
		{"GET", "", ""}, {"POST", "body", "4"}, {"POST", "", "0"}, {"PUT", "", "0"}, {"PATCH", "", "0"}, {"DELETE", "", ""},
	} {
		got := w.do(t, c.method, "/", c.body, "Host", "shop.example.com").body
		n := strings.Count(got, "Content-Length: ")
		if told := strings.Contains(got, "Content-Length: "+c.length+"\r\n"); c.length == "" && n > 0 || c.length != "" && (n != 1 || !told) {
			t.Errorf("%s %q:\n%s", c.method, c.body, got)
		}
		if strings.Count(got, "\r\nHost: ") != 1 || !strings.Contains(got, "\r\nHost: shop.example.com\r\n") {
			t.Errorf("another host in\n%s", got)
		}
	}
	d.Route.Generation, d.Route.EndpointHost = 2, true
	w.apply(t, d)
	if got := w.do(t, "GET", "/", "", "Host", "shop.example.com").body; !strings.Contains(got, "\r\nHost: "+e.Address+"\r\n") {
		t.Errorf("the endpoint's own host is not in\n%s", got)
	}
}

// A request that may not be sent twice is sent once, though the connection it broke on
// had brought an answer before; an answer that has begun is nobody else's.
func TestWhatBreaksOnAConnectionInUse(t *testing.T) {
	for _, c := range []struct {
		method, answer string
		seen           int64
	}{{"POST", "", 1}, {"GET", "", 2}, {"GET", "HTTP/1.1 200 OK\r\nA: b", 1}} {
		w := newWay(t, Config{})
		var seen atomic.Int64
		breaks := func(id string) Endpoint {
			return raw(t, id, 1, func(conn net.Conn, r *bufio.Reader) {
				for n := 1; ; n++ {
					req, err := http.ReadRequest(r)
					if err != nil {
						return
					}
					io.Copy(io.Discard, req.Body)
					if req.URL.Path == "/first" {
						io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
						continue
					}
					seen.Add(1)
					io.WriteString(conn, c.answer)
					return
				}
			})
		}
		d := want("web", 1, 1, breaks("a"))
		w.apply(t, d)
		w.do(t, "GET", "/first", "").is(t, 200, "")
		b := breaks("b")
		d.Endpoints[0].Weight = 1000 // picked first
		d.PoolGeneration, d.Endpoints = 2, append(d.Endpoints, b)
		w.apply(t, d)
		w.do(t, c.method, "/", "body").is(t, 502, "reset")
		if n := seen.Load(); n < c.seen || c.seen == 1 && n != 1 {
			t.Errorf("%s answered with %q: sent %d times, want %d", c.method, c.answer, n, c.seen)
		}
	}
}

// A client that connects to a TLS listener and says nothing is let go in the time of a
// header; one that has shaken hands may be quiet longer than that, and a client that
// speaks neither TLS nor HTTP is told nothing.
func TestSilentClientsOfATLSListener(t *testing.T) {
	s := newSecureApp(t, says("hello"))
	l := listen(t)
	server := NewServer(l, s.Proxy, ServerConfig{TLS: true, HeaderRead: 300 * time.Millisecond, ErrorLog: log.New(io.Discard, "", 0)})
	go server.Serve()
	defer server.Shutdown(context.Background())
	dial := func() net.Conn {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		c.SetDeadline(time.Now().Add(patience))
		return c
	}
	t.Run("one that says nothing", func(t *testing.T) {
		c := dial()
		defer c.Close()
		if b, err := io.ReadAll(c); err != nil || len(b) > 0 {
			t.Errorf("%q %v", b, err)
		}
	})
	t.Run("one that speaks neither", func(t *testing.T) {
		c := dial()
		defer c.Close()
		io.WriteString(c, "SSH-2.0-OpenSSH_9.6\r\n")
		if b, _ := io.ReadAll(c); strings.Contains(string(b), "HTTP") {
			t.Errorf("is told %q", b)
		}
	})
	t.Run("one that is quiet between two requests", func(t *testing.T) {
		c := tls.Client(dial(), &tls.Config{RootCAs: s.roots, ServerName: "shop.example.com"})
		defer c.Close()
		answers := bufio.NewReader(c)
		for n := range 2 {
			io.WriteString(c, "GET / HTTP/1.1\r\nHost: shop.example.com\r\n\r\n")
			res, err := http.ReadResponse(answers, nil)
			if a, err := read(res, err); err != nil || a.body != "hello" {
				t.Fatalf("request %d: %q %v", n+1, a.body, err)
			}
			if n == 0 {
				c.SetReadDeadline(time.Now().Add(600 * time.Millisecond))
				if _, err := answers.Peek(1); err == nil || err == io.EOF {
					t.Fatalf("it is let go: %v", err)
				}
				c.SetReadDeadline(time.Now().Add(patience))
				answers.Reset(c)
			}
		}
	})
}

// What our own client could not do says who may be asked instead: nobody can have seen
// what was not sent, and an answer that has begun is the last.
func TestWhatOurOwnClientSaysOfAFailure(t *testing.T) {
	for reach, want := range map[upstream.Reach]failure{
		upstream.Unconnected: {fault: connectFailed, outcome: OutcomeDial, dial: true, unsent: true},
		upstream.Unsent:      {fault: connReset, outcome: OutcomeReset, unsent: true},
		upstream.Unanswered:  {fault: connReset, outcome: OutcomeReset},
		upstream.Broken:      {fault: connReset, outcome: OutcomeReset, final: true},
		upstream.Malformed:   {fault: badResponse, outcome: OutcomeReset, final: true},
	} {
		if got := reached(&upstream.Error{Reach: reach}); got != want {
			t.Errorf("%v: %+v, want %+v", reach, got, want)
		}
	}
}
