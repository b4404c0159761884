package proxy

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// raw writes bytes as they are and returns everything that comes back until the
// connection is closed.
func (w *way) raw(t testing.TB, request string) string {
	t.Helper()
	c := w.dial(t)
	defer c.Close()
	io.WriteString(c, request)
	answer, err := io.ReadAll(c)
	if err != nil && len(answer) == 0 {
		t.Fatalf("%.60q: %v", request, err)
	}
	return string(answer)
}

func TestWhatARequestNames(t *testing.T) {
	w := newWay(t, Config{})
	seen := func(name string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "%s saw %s %s", name, r.Host, r.RequestURI)
		}
	}
	a, _ := serve(t, "a", 1, seen("a"))
	b, _ := serve(t, "b", 1, seen("b"))
	for name, e := range map[string]Endpoint{"a": a, "b": b} {
		d := want(name, 1, 1, e)
		d.Route.Rules = []Rule{{Host: name + ".test", Path: "/"}}
		w.apply(t, d)
	}
	ask := func(line string, header ...string) string {
		return w.raw(t, line+"\r\nConnection: close\r\n"+strings.Join(header, "\r\n")+"\r\n\r\n")
	}
	t.Run("an absolute form's authority wins over Host", func(t *testing.T) {
		for line, want := range map[string]string{
			"GET http://a.test/x?q=1 HTTP/1.1": "a saw a.test /x?q=1",
			"GET http://a.test HTTP/1.1":       "a saw a.test /",
			"GET http://A.TEST:80/ HTTP/1.1":   "a saw A.TEST:80 /",
		} {
			if got := ask(line, "Host: b.test"); !strings.HasSuffix(got, want) {
				t.Errorf("%s: %q", line, got)
			}
		}
	})
	t.Run("what no host is called is refused", func(t *testing.T) {
		for _, host := range []string{"", "a.test/x", "a.test, b.test", "user@a.test", "a.test#", "a.test?x", `a.test\x`, "a test"} {
			if got := ask("GET / HTTP/1.1", "Host: "+host); !strings.HasPrefix(got, "HTTP/1.1 400 ") {
				t.Errorf("%q: %q", host, got)
			}
		}
		if got := w.raw(t, "GET / HTTP/1.1\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.1 400 ") {
			t.Errorf("none: %q", got)
		}
	})
	t.Run("paths pass as they were written", func(t *testing.T) {
		for _, path := range []string{"/", "//a//b", "/%61", "/a%20b", "/a+b", "/a;b=c", "/?", "/?a=%2F&a=../b", "/a%25", "/%C3%A9", "/a%5Cb", "/...", "/a:b@c"} {
			if got := ask("GET "+path+" HTTP/1.1", "Host: a.test"); !strings.HasSuffix(got, "a saw a.test "+path) {
				t.Errorf("%s: %q", path, got)
			}
		}
	})
	t.Run("methods that are for proxies are 405 and name what is served", func(t *testing.T) {
		for _, line := range []string{"TRACE / HTTP/1.1", "CONNECT a.test:443 HTTP/1.1"} {
			if got := ask(line, "Host: a.test"); !strings.HasPrefix(got, "HTTP/1.1 405 ") || !strings.Contains(got, "\r\nAllow: GET, HEAD") {
				t.Errorf("%s: %q", line, got)
			}
		}
	})
	t.Run("codings but chunked are 501", func(t *testing.T) {
		for _, coding := range []string{"gzip", "gzip, chunked", "identity", "xchunked"} {
			if got := ask("POST / HTTP/1.1", "Host: a.test", "Transfer-Encoding: "+coding); !strings.HasPrefix(got, "HTTP/1.1 501 ") {
				t.Errorf("%s: %q", coding, got)
			}
		}
	})
	t.Run("HTTP/1.0 is served, and closed whatever it wishes", func(t *testing.T) {
		got := w.raw(t, "GET / HTTP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\nHost: b.test\r\n\r\n")
		if !strings.HasPrefix(got, "HTTP/1.0 200 ") || !strings.Contains(got, "a saw a.test /") || strings.Contains(got, "b saw") {
			t.Errorf("%q", got)
		}
	})
}

func TestNamesTheGatewayKeepsForItself(t *testing.T) {
	w := newWay(t, Config{})
	e, _ := serve(t, "web", 1, mirror)
	w.apply(t, want("web", 1, 1, e))
	got := w.raw(t, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close, X-Forwarded-For, Slipway-Request-Id, Traceparent\r\n"+
		"slipway_principal: root\r\nSLIPWAY-Principal: root\r\nX_Forwarded_For: 6.6.6.6\r\nx-forwarded_host: evil\r\nx_plain: kept\r\n\r\n")
	_, body, _ := strings.Cut(got, "\r\n\r\n")
	h := lines(body)
	for name := range h {
		if strings.Contains(strings.ToLower(name), "principal") || strings.Contains(name, "_f") || strings.Contains(name, "_h") {
			t.Errorf("the app sees %s", name)
		}
	}
	if len(h["X_plain"]) != 1 || len(h["X-Forwarded-For"]) != 1 || h["X-Forwarded-For"][0] != "127.0.0.1" || len(h["Slipway-Request-Id"]) != 1 || len(h["Traceparent"]) != 1 {
		t.Errorf("%v", h)
	}
}

// dataplane-43: behind trusted proxies the client is the rightmost address that is
// none of them, and none is believed behind one that is no address.
func TestTheClientBehindTrustedProxies(t *testing.T) {
	p := New(Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	for said, want := range map[string]string{
		"":                              "10.0.0.1",
		"6.6.6.6":                       "6.6.6.6",
		"6.6.6.6, 7.7.7.7":              "7.7.7.7",
		"6.6.6.6, 10.2.2.2":             "6.6.6.6",
		"6.6.6.6, nonsense, 10.2.2.2":   "10.2.2.2",
		"10.3.3.3, 10.2.2.2":            "10.3.3.3",
		"2001:db8::1, ::ffff:10.2.2.2 ": "2001:db8::1",
	} {
		r := &http.Request{RemoteAddr: "10.0.0.1:4", Header: http.Header{"X-Forwarded-For": {said}}}
		if said == "" {
			delete(r.Header, "X-Forwarded-For")
		}
		if got := (&exchange{p: p, r: r}).client().String(); got != want {
			t.Errorf("%q: %s, want %s", said, got, want)
		}
	}
}

func TestTrailersOfARequest(t *testing.T) {
	for _, protocol := range []string{ProtocolHTTP, ProtocolH2C} {
		t.Run(protocol, func(t *testing.T) {
			w := newWay(t, Config{})
			e := serveH2(t, "web", func(w http.ResponseWriter, r *http.Request) {
				io.Copy(io.Discard, r.Body)
				fmt.Fprint(w, r.Trailer)
			})
			e.Protocol = protocol
			w.apply(t, want("web", 1, 1, e))
			got := w.raw(t, "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nTrailer: Sum, Slipway-Principal, X-Forwarded-For\r\n\r\n"+
				"3\r\nabc\r\n0\r\nSum: 6\r\nSlipway-Principal: root\r\nX-Forwarded-For: 6.6.6.6\r\nUnannounced: 1\r\nCookie: a=b\r\n\r\n")
			if !strings.HasSuffix(got, "map[Sum:[6]]\r\n0\r\n\r\n") && !strings.HasSuffix(got, "map[Sum:[6]]") {
				t.Errorf("%q", got)
			}
		})
	}
}

// serveH2 starts an endpoint that speaks HTTP/1 and HTTP/2 without TLS.
func serveH2(t testing.TB, id string, h http.HandlerFunc) Endpoint {
	t.Helper()
	p := new(http.Protocols)
	p.SetHTTP1(true)
	p.SetUnencryptedHTTP2(true)
	l := listen(t)
	back := &http.Server{Protocols: p, Handler: h}
	go back.Serve(l)
	t.Cleanup(func() { back.Close() })
	return Endpoint{ID: id, Release: 1, Address: l.Addr().String(), Protocol: ProtocolH2C, Weight: 100, Ready: true, Serving: true}
}

// dataplane-42: the length that is announced is enough to refuse.
func TestALengthOver100MiBIsRefusedBeforeAnybodyIsDialled(t *testing.T) {
	w := newWay(t, Config{})
	w.applyDead(t, want("web", 1, 1, nobody(t, "web", 1)))
	c := w.dial(t)
	defer c.Close()
	io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 209715200\r\n\r\n")
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || res.StatusCode != 413 || res.Header.Get(ErrorHeader) != "body-too-large" {
		t.Fatalf("%v %v", res, err)
	}
}

func TestPace(t *testing.T) {
	for name, c := range map[string]struct {
		bytes int
		every time.Duration
		slow  bool
	}{
		"239 bytes a second":            {239, time.Second, true},
		"240 bytes a second":            {240, time.Second, false},
		"one byte each ten seconds":     {1, 10 * time.Second, true},
		"much, after a wait":            {8000, 29 * time.Second, false},
		"an endpoint that takes it all": {10, 0, false},
	} {
		var p pace
		slow := false
		for range 100 {
			slow = slow || p.slow(c.bytes, c.every, paceOver)
		}
		if slow != c.slow {
			t.Errorf("%s: slow is %v", name, slow)
		}
	}
}

func TestABodyThatDribblesIs408(t *testing.T) {
	w := newWay(t, Config{})
	w.paceOver = paceOver / 100
	e, _ := serve(t, "web", 1, func(w http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body) })
	w.apply(t, want("web", 1, 1, e))
	for kind, head := range map[string]string{
		"small":   "Content-Length: 1000\r\n\r\n",
		"large":   "Content-Length: 1000000\r\n\r\n",
		"chunked": "Transfer-Encoding: chunked\r\n\r\n",
	} {
		t.Run(kind, func(t *testing.T) {
			c := w.dial(t)
			defer c.Close()
			io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\n"+head)
			var stop atomic.Bool
			var writer sync.WaitGroup
			writer.Go(func() {
				for !stop.Load() {
					piece := "x"
					if kind == "chunked" {
						piece = "1\r\nx\r\n"
					}
					if _, err := io.WriteString(c, piece); err != nil {
						return
					}
					time.Sleep(20 * time.Millisecond) // that is the dribble
				}
			})
			res, err := http.ReadResponse(bufio.NewReader(c), nil)
			stop.Store(true)
			writer.Wait()
			if err != nil || res.StatusCode != 408 || res.Header.Get(ErrorHeader) != "body-timeout" {
				t.Fatalf("%v %v", res, err)
			}
		})
	}
}

// A client that takes nothing of its answer is cut, over both kinds of connection, and
// holds its endpoint no longer.
func TestAClientThatTakesNothingIsCut(t *testing.T) {
	for _, protocol := range []string{ProtocolHTTP, ProtocolH2C} {
		t.Run(protocol, func(t *testing.T) {
			w := newWay(t, Config{})
			w.writeStall = 100 * time.Millisecond
			ended := make(chan error, 1)
			e := serveH2(t, "web", func(w http.ResponseWriter, r *http.Request) {
				_, err := io.Copy(w, io.LimitReader(endless{}, 1<<30))
				ended <- err
			})
			e.Protocol = protocol
			w.apply(t, want("web", 1, 1, e))
			c := w.dial(t)
			defer c.Close()
			io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
			if err := receive(t, "the endpoint's end", ended); err == nil {
				t.Fatal("it has written all of it")
			}
			eventually(t, "nothing in flight", func() bool { return w.InFlight("web", "web") == 0 })
			w.until(t, "the record", func() bool { return len(w.records) == 1 && w.records[0].Code == "client-gone" && !w.records[0].Failed })
		})
	}
}

// A body that nobody reads holds its connection for a moment alone.
func TestABodyNobodyWantsIsNotWaitedFor(t *testing.T) {
	w := newWay(t, Config{})
	c := w.dial(t)
	defer c.Close()
	io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx")
	began := time.Now()
	if res, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil || res.StatusCode != 404 || time.Since(began) > 3*leftover {
		t.Fatalf("%v %v after %s", res, err, time.Since(began))
	}
}

// dataplane-44 and 8.2: what the gateway says itself has no byte in it that a client
// could have put there to be read as something else.
func TestOurOwnAnswersEscapeWhatTheyRepeat(t *testing.T) {
	w := newWay(t, Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	for _, accept := range []string{"text/html", "*/*"} {
		got := w.raw(t, "GET /<script>%0d%0aX:%20y HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept: "+accept+"\r\nSlipway-Request-Id: <b>\r\n\r\n")
		if head, body, _ := strings.Cut(got, "\r\n\r\n"); !strings.HasPrefix(head, "HTTP/1.1 404 ") || strings.Contains(body, "<script>") || strings.Contains(body, "<b>") || len(body) > 2048 {
			t.Errorf("%q", got)
		}
		for _, secret := range []string{"127.0.0.1", "goroutine", "go1."} {
			if strings.Contains(got, secret) {
				t.Errorf("%s tells %s", accept, secret)
			}
		}
	}
}

// An answer's header cannot be split, nor say what only the gateway says, whatever its
// endpoint sends.
func TestAnAnswerIsNotSplit(t *testing.T) {
	w := newWay(t, Config{})
	ask := func(answer string) string {
		l := listen(t)
		defer l.Close()
		go func() {
			for c, err := l.Accept(); err == nil; c, err = l.Accept() {
				go func() {
					defer c.Close()
					if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
						io.WriteString(c, answer)
					}
				}()
			}
		}()
		w.Remove("web")
		w.apply(t, want("web", 1, 1, Endpoint{ID: "web", Release: 1, Address: l.Addr().String(), Weight: 100, Ready: true}))
		return w.raw(t, "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	}
	got := ask("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSlipway-Error: forged\r\nSlipway-Stale: 9\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhidden")
	if strings.Count(got, "\r\n\r\nok") != 2 || strings.Contains(got, "hidden") || strings.Contains(got, "Slipway-") {
		t.Errorf("%q", got)
	}
	got = ask("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: Sum, Slipway-Error\r\n\r\n2\r\nok\r\n0\r\nSum: 1\r\nSlipway-Error: forged\r\n\r\n")
	if !strings.Contains(got, "\r\nSum: 1\r\n") || strings.Contains(got, "forged") {
		t.Errorf("%q", got)
	}
	got = ask("HTTP/1.1 200 OK\r\nX: a\rSet-Cookie: b\nY: c\x00d\r\nContent-Length: 2\r\n\r\nok")
	if bytes.ContainsAny([]byte(strings.ReplaceAll(got, "\r\n", "")), "\r\n\x00") && !strings.Contains(got, "bad-response") {
		t.Errorf("%q", got)
	}
}
