package proxy

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// within reaches the app of newSecureApp inside TLS, by HTTP/1.
func (s *secureWay) within(t testing.TB) net.Conn {
	t.Helper()
	c, err := tls.DialWithDialer(&net.Dialer{Timeout: patience}, "tcp", s.address, &tls.Config{RootCAs: s.roots, ServerName: "shop.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(patience))
	return c
}

func newSecureApp(t *testing.T, h http.HandlerFunc) *secureWay {
	s := newSecureWay(t)
	e, _ := serve(t, "web", 1, h)
	s.serve(t, "shop.example.com", e)
	s.tls.Serve(map[string]*tls.Certificate{"shop.example.com": signed(t, s.roots, 1, "shop.example.com")})
	return s
}

// What is ambiguous in the clear is inside TLS, too.
func TestAmbiguousLengthsAreRefusedInsideTLS(t *testing.T) {
	asked := &atomic.Int64{}
	s := newSecureApp(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	s.refuses(t, func() net.Conn { return s.within(t) })
	if n := asked.Load(); n != 0 {
		t.Errorf("the endpoint was asked %d times", n)
	}
}

// Bodies of either kind, one after another over one connection inside TLS, reach the
// app as they were sent, and it is told that they came by TLS.
func TestBodiesInsideTLS(t *testing.T) {
	s := newSecureApp(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		io.WriteString(w, r.Header.Get("X-Forwarded-Proto")+" "+string(b))
	})
	c := s.within(t)
	defer c.Close()
	answers := bufio.NewReader(c)
	for _, header := range []string{"Content-Length: 5\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "Content-Length: 5\r\n\r\nhello"} {
		io.WriteString(c, "POST / HTTP/1.1\r\nHost: shop.example.com\r\n"+header)
		res, err := http.ReadResponse(answers, nil)
		if a, err := read(res, err); err != nil || a.body != "https hello" {
			t.Fatalf("%q: %d %q %v", header, a.status, a.body, err)
		}
	}
}

func TestHTTPToATLSListener(t *testing.T) {
	s := newSecureApp(t, says("hello"))
	c, err := net.Dial("tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: shop.example.com\r\n\r\n")
	if b, _ := io.ReadAll(c); !strings.HasPrefix(string(b), "HTTP/1.0 400 ") {
		t.Errorf("answered %q", b)
	}
}

// A client that has been accepted is served though the gateway leaves before the
// handshake is over.
func TestAHandshakeBegunIsServed(t *testing.T) {
	s := newSecureApp(t, says("hello"))
	l := listen(t)
	server := NewServer(l, s.Proxy, ServerConfig{TLS: true, Linger: patience})
	served, left := make(chan error, 1), make(chan error, 1)
	go func() { served <- server.Serve() }()
	plain, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	eventually(t, "accepted", func() bool { return accepted(server) == 1 })
	go func() { left <- server.Shutdown(t.Context()) }()
	if err := receive(t, "serve to hear of no more clients", closedOf(l)); err == nil {
		t.Fatal("it still listens")
	}
	c := tls.Client(plain, &tls.Config{RootCAs: s.roots, ServerName: "shop.example.com"})
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: shop.example.com\r\n\r\n")
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if a, err := read(res, err); err != nil || a.body != "hello" {
		t.Errorf("%d %q %v", a.status, a.body, err)
	}
	for _, end := range []chan error{left, served} {
		if err := receive(t, "end", end); err != nil {
			t.Error(err)
		}
	}
}

// closedOf tells when a listener takes nobody more.
func closedOf(l net.Listener) chan error {
	told := make(chan error, 1)
	go func() {
		for {
			c, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				told <- err
				return
			}
			c.Close()
		}
	}()
	return told
}

func accepted(s *Server) int {
	s.listener.mu.Lock()
	defer s.listener.mu.Unlock()
	return s.listener.open
}
