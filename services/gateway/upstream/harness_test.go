package upstream

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience bounds every wait of a test; nothing waits that long unless it fails.
const patience = 20 * time.Second

// endpoint listens, and handles each connection by hand; n counts them from 1.
func endpoint(t testing.TB, handle func(n int, c *net.TCPConn, r *bufio.Reader)) *Pool {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	var open sync.Map
	all.Go(func() {
		for n := 1; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			open.Store(c, nil)
			all.Go(func() {
				defer c.Close()
				handle(n, c.(*net.TCPConn), bufio.NewReader(c))
			})
		}
	})
	p := NewPool(func(ctx context.Context) (*net.TCPConn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", l.Addr().String())
		if err != nil {
			return nil, err
		}
		return c.(*net.TCPConn), nil
	}, time.Minute)
	t.Cleanup(func() {
		l.Close()
		p.CloseIdle()
		open.Range(func(c, _ any) bool { return c.(net.Conn).Close() != nil || true })
		all.Wait()
	})
	return p
}

// answers answers each request of each connection with the same bytes.
func answers(t testing.TB, text string) *Pool {
	return endpoint(t, func(_ int, c *net.TCPConn, r *bufio.Reader) {
		for hears(r) {
			io.WriteString(c, text)
		}
	})
}

// says answers one request of each connection and closes it.
func says1(t testing.TB, text string) *Pool {
	return endpoint(t, func(_ int, c *net.TCPConn, r *bufio.Reader) {
		if hears(r) {
			io.WriteString(c, text)
		}
	})
}

// hears reads a whole request.
func hears(r *bufio.Reader) bool {
	req, err := http.ReadRequest(r)
	if err == nil {
		_, err = io.Copy(io.Discard, req.Body)
	}
	return err == nil
}

var get = Request{Head: []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), Repeatable: true}

var post = Request{Head: []byte("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n"), Body: []byte("body")}

var head = Request{Head: []byte("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"), Bodiless: true, Repeatable: true}

// whole is an answer read to its end.
type whole struct {
	status  int
	header  http.Header
	length  int64
	body    string
	trailer http.Header
}

// ask sends a request and reads the answer to its end; the error may come in either.
func ask(p *Pool, r Request) (whole, error) {
	var c Call
	a, err := c.Send(p, r)
	if err != nil {
		return whole{}, err
	}
	defer a.Close()
	w := whole{status: a.Status, header: asHeader(a.Fields), length: a.Length}
	var body strings.Builder
	for err == nil {
		var part []byte
		part, err = a.Next()
		body.Write(part)
	}
	w.body, w.trailer = body.String(), asHeader(a.Trailer)
	if err == io.EOF {
		err = nil
	}
	return w, err
}

func asHeader(fields []Field) http.Header {
	h := http.Header{}
	for _, f := range fields {
		h[f.Name] = append(h[f.Name], f.Value)
	}
	return h
}

func must(t testing.TB, p *Pool, r Request, body string) {
	t.Helper()
	w, err := ask(p, r)
	if err != nil || w.status != 200 || w.body != body {
		t.Fatalf("%+v %v, want body %q", w, err, body)
	}
}

// fails sends a request and returns how far it came.
func fails(t testing.TB, p *Pool, r Request) Reach {
	t.Helper()
	w, err := ask(p, r)
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("%+v %v", w, err)
	}
	return e.Reach
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

func receive[T any](t testing.TB, what string, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(patience):
		t.Fatalf("never: %s", what)
	}
	return v
}
