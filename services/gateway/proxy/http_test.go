package proxy

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var contains = strings.Contains

// mirror answers with the header it was sent.
func mirror(w http.ResponseWriter, r *http.Request) {
	r.Header.Set("Seen-Host", r.Host)
	w.Header().Set("Connection", "X-Hop")
	w.Header().Set("X-Hop", "must not pass")
	w.Header().Set("Keep-Alive", "timeout=9")
	w.Header().Set(ErrorHeader, "forged")
	r.Header.Write(w)
}

func lines(body string) map[string][]string {
	h := map[string][]string{}
	for line := range strings.SplitSeq(strings.TrimSpace(body), "\r\n") {
		name, value, _ := strings.Cut(line, ": ")
		h[name] = append(h[name], value)
	}
	return h
}

func TestHeaders(t *testing.T) {
	w := newWay(t, Config{})
	e, _ := serve(t, "web", 1, mirror)
	w.apply(t, want("web", 1, 1, e))
	trusting := newWay(t, Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	trusting.apply(t, want("web", 1, 1, e))

	is := func(t *testing.T, got map[string][]string, name, value string) {
		t.Helper()
		if strings.Join(got[name], "|") != value {
			t.Errorf("%s: %q, want %q", name, got[name], value)
		}
	}
	t.Run("dataplane-43 from an untrusted address the endpoint sees only the real one", func(t *testing.T) {
		got := lines(w.do(t, "GET", "/", "", "X-Forwarded-For", "6.6.6.6", "X-Forwarded-Proto", "https",
			"Forwarded", "for=6.6.6.6", "Slipway-Request-Id", "mine", "Slipway-Principal", "root", "Host", "shop.test:8080").body)
		is(t, got, "X-Forwarded-For", "127.0.0.1")
		is(t, got, "X-Forwarded-Proto", "http")
		is(t, got, "X-Forwarded-Host", "shop.test:8080")
		is(t, got, "X-Forwarded-Port", "8080")
		is(t, got, "Forwarded", `for=127.0.0.1;host="shop.test:8080";proto=http`)
		is(t, got, "Slipway-Principal", "")
		is(t, got, "Seen-Host", "shop.test:8080")
		is(t, got, "User-Agent", "Go-http-client/1.1") // the test's client sends it
		if id := got["Slipway-Request-Id"]; len(id) != 1 || len(id[0]) != 32 {
			t.Errorf("request id %q", id)
		}
	})
	t.Run("dataplane-43 from a trusted one it is appended", func(t *testing.T) {
		got := lines(trusting.do(t, "GET", "/", "", "X-Forwarded-For", "6.6.6.6", "X-Forwarded-Proto", "https", "Slipway-Request-Id", "mine").body)
		is(t, got, "X-Forwarded-For", "6.6.6.6, 127.0.0.1")
		is(t, got, "X-Forwarded-Proto", "https")
		is(t, got, "Slipway-Request-Id", "mine")
	})
	t.Run("dataplane-43 Connection cannot remove the gateway's header", func(t *testing.T) {
		got := lines(w.do(t, "GET", "/", "", "Connection", "X-Forwarded-For, X-Mine", "X-Mine", "1", "Te", "trailers", "Proxy-Authorization", "x").body)
		is(t, got, "X-Forwarded-For", "127.0.0.1")
		is(t, got, "X-Mine", "")
		is(t, got, "Connection", "")
		is(t, got, "Proxy-Authorization", "")
		is(t, got, "Te", "trailers")
	})
	t.Run("traceparent is kept, or made if it is none", func(t *testing.T) {
		good := "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
		is(t, lines(w.do(t, "GET", "/", "", "Traceparent", good).body), "Traceparent", good)
		for _, bad := range []string{"", "00-zz", "00-00000000000000000000000000000000-b7ad6b7169203331-01"} {
			if got := lines(w.do(t, "GET", "/", "", "Traceparent", bad).body)["Traceparent"]; len(got) != 1 || !validTraceparent(got[0]) || got[0] == bad {
				t.Errorf("for %q: %q", bad, got)
			}
		}
	})
	t.Run("hop-by-hop headers do not come back", func(t *testing.T) {
		h := w.do(t, "GET", "/", "").header
		if h.Get("X-Hop") != "" || h.Get("Keep-Alive") != "" || h.Get(ErrorHeader) != "" {
			t.Fatalf("%v", h)
		}
	})
	t.Run("the endpoint's keep-alive is heeded", func(t *testing.T) {
		seat := w.table.Load().apps["web"].stable.seats[0]
		if d := seat.target.main.transport.Load().IdleConnTimeout; d != 8*time.Second {
			t.Fatalf("idle %s", d)
		}
	})
}

func TestAnswersOfOurOwn(t *testing.T) {
	w := newWay(t, Config{})
	e, _ := serve(t, "web", 1, func(w http.ResponseWriter, r *http.Request) { http.Error(w, "mine", 502) })
	t.Run("dataplane-44 grpc to a dead app is 200 with grpc-status 14", func(t *testing.T) {
		w.applyDead(t, want("web", 1, 1, nobody(t, "dead", 1)))
		a := w.do(t, "POST", "/", "x", "Content-Type", "application/grpc")
		a.is(t, 200, "connect-failed")
		if a.header.Get("Grpc-Status") != "14" {
			t.Fatalf("%v", a.header)
		}
	})
	t.Run("dataplane-44 an app's own 502 passes unchanged", func(t *testing.T) {
		w.apply(t, want("web", 2, 1, e))
		a := w.do(t, "GET", "/", "")
		a.is(t, 502, "")
		if a.body != "mine\n" {
			t.Fatalf("%q", a.body)
		}
	})
	t.Run("ours are JSON, or a page for a browser", func(t *testing.T) {
		d := want("web", 3, 1)
		w.apply(t, d)
		a := w.do(t, "GET", "/", "")
		if !contains(a.body, `"code":"no-endpoint","requestId":"`) {
			t.Fatalf("%q", a.body)
		}
		a = w.do(t, "GET", "/", "", "Accept", "text/html,*/*")
		if !contains(a.header.Get("Content-Type"), "text/html") || len(a.body) > 2048 {
			t.Fatalf("%v %q", a.header, a.body)
		}
	})
}

func TestBadRequests(t *testing.T) {
	w := newWay(t, Config{})
	e, _ := serve(t, "web", 1, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.EscapedPath()) })
	d := want("web", 1, 1, e)
	w.apply(t, d)
	for line, status := range map[string]int{
		"GET /a/../b HTTP/1.1\r\nHost: x":                                400,
		"GET /a/%2e%2e/b HTTP/1.1\r\nHost: x":                            400,
		"GET /a%2Fb HTTP/1.1\r\nHost: x":                                 400,
		"GET /a%00b HTTP/1.1\r\nHost: x":                                 400,
		"GET /.well-known/..x HTTP/1.1\r\nHost: x":                       200,
		"TRACE / HTTP/1.1\r\nHost: x":                                    405,
		"CONNECT x:80 HTTP/1.1\r\nHost: x":                               405,
		"GET / HTTP/1.1\r\nHost: x\r\nHost: y":                           400,
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 2":             400,
		"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip":          501,
		"GET /" + strings.Repeat("a", 17<<10) + " HTTP/1.1\r\nHost: x":   414,
		"GET / HTTP/1.1\r\nHost: x" + strings.Repeat("\r\nA: b", 201):    431,
		"GET / HTTP/1.1\r\nHost: x\r\nA: " + strings.Repeat("b", 80<<10): 431,
	} {
		if got := w.rawStatus(t, line+"\r\n\r\n"); got != status {
			t.Errorf("%.60q: %d, want %d", line, got, status)
		}
	}
	d.Route.Generation, d.Route.AllowEncodedSlash = 2, true
	w.apply(t, d)
	if a := w.do(t, "GET", "/a%2Fb", ""); a.body != "/a%2Fb" {
		t.Fatalf("%+v", a)
	}
}

// rawStatus writes bytes as they are and reads an answer's status.
func (w *way) rawStatus(t testing.TB, request string) int {
	t.Helper()
	c := w.dial(t)
	defer c.Close()
	io.WriteString(c, request)
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

func (w *way) dial(t testing.TB) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", w.url[len("http://"):])
	if err != nil {
		t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(patience))
	return c
}

func TestBodies(t *testing.T) {
	const limit = 100 << 10
	start := func(t *testing.T) (*way, *atomic.Int64, chan error) {
		w, served, ended := newWay(t, Config{}), &atomic.Int64{}, make(chan error, 10)
		e, _ := serve(t, "web", 1, func(w http.ResponseWriter, r *http.Request) {
			served.Add(1)
			n, err := io.Copy(io.Discard, r.Body)
			ended <- err
			fmt.Fprint(w, n)
		})
		d := want("web", 1, 1, e)
		d.Route.Limits = Limits{BodyBytes: limit, BodySilence: 200 * time.Millisecond}
		w.apply(t, d)
		return w, served, ended
	}
	t.Run("dataplane-42 a Content-Length over the limit is 413 before the endpoint is asked", func(t *testing.T) {
		w, served, _ := start(t)
		w.do(t, "POST", "/", strings.Repeat("x", limit+1)).is(t, 413, "body-too-large")
		if served.Load() != 0 {
			t.Fatal("the endpoint was asked")
		}
		w.do(t, "POST", "/", strings.Repeat("x", limit)).is(t, 200, "")
	})
	t.Run("dataplane-42 a chunked body that crosses it is 413, and aborted at the endpoint", func(t *testing.T) {
		w, _, ended := start(t)
		a, err := read(w.client.Post(w.url, "x", io.LimitReader(endless{}, 2*limit)))
		if err == nil {
			a.is(t, 413, "body-too-large")
		}
		if err := receive(t, "the endpoint's body", ended); err == nil {
			t.Fatal("the endpoint's body ended well")
		}
	})
	t.Run("a body that stops coming is 408, and holds no endpoint if it is small", func(t *testing.T) {
		w, served, ended := start(t)
		if got := w.rawStatus(t, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf"); got != 408 {
			t.Fatalf("small: %d", got)
		}
		if served.Load() != 0 {
			t.Fatal("the endpoint was asked")
		}
		if got := w.rawStatus(t, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"); got != 408 {
			t.Fatalf("chunked: %d", got)
		}
		if err := receive(t, "the endpoint's body", ended); err == nil {
			t.Fatal("the endpoint's body ended well")
		}
	})
	t.Run("Expect: 100-continue is passed on", func(t *testing.T) {
		w, _, _ := start(t)
		w.client.Transport.(*http.Transport).ExpectContinueTimeout = patience
		if a := w.do(t, "POST", "/", "body", "Expect", "100-continue"); a.body != "4" {
			t.Fatalf("%+v", a)
		}
	})
	t.Run("a slow request outlives the connection's deadlines", func(t *testing.T) {
		w := newWay(t, Config{})
		e, _ := serve(t, "web", 1, func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			time.Sleep(150 * time.Millisecond) // longer than the body may be silent
			io.WriteString(w, "late")
		})
		d := want("web", 1, 1, e)
		d.Route.Limits = Limits{BodySilence: 50 * time.Millisecond}
		w.apply(t, d)
		for range 2 {
			w.do(t, "POST", "/", "x").is(t, 200, "")
		}
	})
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestHTTP2(t *testing.T) {
	w := newWay(t, Config{})
	p := new(http.Protocols)
	p.SetUnencryptedHTTP2(true)
	l := listen(t)
	back := &http.Server{Protocols: p, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", "After")
		fmt.Fprint(w, r.Proto)
		w.Header().Set("After", "word")
		w.Header().Set(http.TrailerPrefix+"Unannounced", "too")
	})}
	go back.Serve(l)
	t.Cleanup(func() { back.Close() })
	e := Endpoint{ID: "web", Release: 1, Address: l.Addr().String(), Protocol: ProtocolH2C, Weight: 100, Ready: true}
	w.apply(t, want("web", 1, 1, e))
	c := h2Client()
	defer c.CloseIdleConnections()
	res, err := c.Get(w.url)
	a, err := read(res, err)
	if err != nil || a.body != "HTTP/2.0" || res.ProtoMajor != 2 {
		t.Fatalf("%+v %s %v", a, res.Proto, err)
	}
	if res.Trailer.Get("After") != "word" || res.Trailer.Get("Unannounced") != "too" {
		t.Fatalf("trailers %v", res.Trailer)
	}
	t.Run("a client's connection outlives a switch", func(t *testing.T) {
		next, _ := serve(t, "next", 2, says("next"))
		e.Terminating = true
		w.apply(t, want("web", 2, 2, e, next))
		w.awaitDrained(t, "web")
		again, err := c.Get(w.url)
		if a, err := read(again, err); err != nil || a.body != "next" || again.Close {
			t.Fatalf("%+v %v", a, err)
		}
	})
}

func TestServer(t *testing.T) {
	t.Run("the health path follows the state, and nothing else is ours", func(t *testing.T) {
		w := newWay(t, Config{})
		for state, status := range map[State]int{Live: 200, Starting: 503, CutOff: 503} {
			w.server.SetState(state)
			a := w.do(t, "GET", HealthPath, "")
			a.is(t, status, "")
			if !contains(a.body, fmt.Sprintf("{%q:true,\"forMs\":", state)) {
				t.Fatalf("%s: %q", state, a.body)
			}
		}
		w.do(t, "GET", HealthPath+"/", "").is(t, 404, "no-route")
	})
	t.Run("shutdown lets requests and streams end", func(t *testing.T) {
		w, s := newWay(t, Config{}), newSlow()
		e, _ := serve(t, "web", 1, s.answer)
		w.apply(t, want("web", 1, 1, e))
		answer := w.start("GET", "/")
		receive(t, "request", s.came)
		down := make(chan error, 1)
		go func() { down <- w.server.Shutdown(context.Background()) }()
		eventually(t, "refused", func() bool {
			c, err := net.Dial("tcp", w.url[len("http://"):])
			if err == nil {
				c.Close()
			}
			return err != nil
		})
		close(s.let)
		a := receive(t, "answer", answer)
		if a.is(t, 200, ""); a.body != "whole" {
			t.Fatalf("%+v", a)
		}
		if err := receive(t, "shutdown", down); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("a listener is closed once, however often it is asked", func(t *testing.T) {
		l := newCountedListener(listen(t), 1)
		for range 2 {
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
	t.Run("a shutdown that runs out of time cuts", func(t *testing.T) {
		w, s := newWay(t, Config{}), newSlow()
		e, _ := serve(t, "web", 1, s.answer)
		w.apply(t, want("web", 1, 1, e))
		answer := w.start("POST", "/")
		receive(t, "request", s.came)
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		defer cancel()
		if err := w.server.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		if a := receive(t, "answer", answer); !strings.HasPrefix(a.code, "broken") {
			t.Fatalf("%+v", a)
		}
	})
	t.Run("dataplane-41 a header that dribbles is closed in time, and meanwhile everybody else is answered", func(t *testing.T) {
		w := newWay(t, Config{})
		e, _ := serve(t, "web", 1, says("ok"))
		w.apply(t, want("web", 1, 1, e))
		l := listen(t)
		hasty := NewServer(l, w.Proxy, ServerConfig{HeaderRead: headerRead / 20})
		go hasty.Serve()
		defer hasty.Shutdown(context.Background())
		var all sync.WaitGroup
		for range 500 {
			c, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			all.Go(func() {
				defer c.Close()
				at := time.Now()
				for {
					if _, err := io.WriteString(c, "G"); err != nil {
						break
					}
					c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
					if _, err := c.Read(make([]byte, 1)); err != nil && !isTimeout(err) {
						break
					}
				}
				if d := time.Since(at); d > headerRead/20*5 {
					t.Errorf("closed after %s", d)
				}
			})
		}
		for range 50 {
			a, err := read(http.Get("http://" + l.Addr().String()))
			if err != nil {
				t.Fatal(err)
			}
			a.is(t, 200, "")
		}
		all.Wait()
		http.DefaultClient.CloseIdleConnections()
	})
	t.Run("no more connections are accepted than allowed", func(t *testing.T) {
		l := newCountedListener(listen(t), 1)
		defer l.Close()
		got := make(chan net.Conn, 2)
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					close(got)
					return
				}
				got <- c
			}
		}()
		for range 2 {
			if _, err := net.Dial("tcp", l.Addr().String()); err != nil {
				t.Fatal(err)
			}
		}
		first := receive(t, "first", got)
		select {
		case <-got:
			t.Fatal("a second one accepted")
		case <-time.After(50 * time.Millisecond):
		}
		first.Close()
		receive(t, "second", got).Close()
		l.Close()
	})
}

func isTimeout(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}
