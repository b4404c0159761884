package upstream

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// A connection that its endpoint has closed while it was idle is not written to, so that
// even what may be sent once finds its way.
func TestAClosedIdleConnectionIsNotUsed(t *testing.T) {
	closed := make(chan struct{}, 1)
	p := endpoint(t, func(n int, c *net.TCPConn, r *bufio.Reader) {
		if hears(r) {
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d", n)
			c.Close()
			closed <- struct{}{}
		}
	})
	for n := range 20 {
		must(t, p, post, fmt.Sprint((n+1)%10))
		if n == 8 {
			break
		}
		receive(t, "the close", closed)
	}
}

// What an endpoint says unasked on an idle connection is no answer to the next request.
func TestWhatIsSaidUnaskedAnswersNobody(t *testing.T) {
	const hidden = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhidden"
	t.Run("with the answer", func(t *testing.T) {
		p := answers(t, ok+hidden)
		for range 5 {
			must(t, p, get, "ok")
		}
		if p.Idle() != 0 {
			t.Fatal("the connection is kept")
		}
	})
	t.Run("after it", func(t *testing.T) {
		said, idle := make(chan struct{}), make(chan struct{})
		p := endpoint(t, func(n int, c *net.TCPConn, r *bufio.Reader) {
			for hears(r) {
				io.WriteString(c, ok)
				if n == 1 {
					<-idle
					io.WriteString(c, hidden)
					close(said)
				}
			}
		})
		must(t, p, post, "ok")
		close(idle)
		receive(t, "the unasked answer", said)
		must(t, p, post, "ok")
		must(t, p, get, "ok")
	})
	for kind, text := range map[string]string{
		"a body where none may be":   "HTTP/1.1 204 No Content\r\n\r\n" + hidden,
		"a body beside Not Modified": "HTTP/1.1 304 Not Modified\r\nContent-Length: 46\r\n\r\n" + hidden,
		"more than was announced":    ok + "x",
		"more behind the chunks":     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n" + hidden,
	} {
		t.Run(kind, func(t *testing.T) {
			p := answers(t, text)
			for range 3 {
				if w, err := ask(p, get); err != nil || w.body != "ok" && w.body != "" {
					t.Fatalf("%+v %v", w, err)
				}
			}
			if p.Idle() != 0 {
				t.Fatal("the connection is kept")
			}
		})
	}
	t.Run("a body to HEAD", func(t *testing.T) {
		p := answers(t, ok)
		for range 3 {
			if w, err := ask(p, head); err != nil || w.body != "" {
				t.Fatalf("%+v %v", w, err)
			}
		}
		if p.Idle() != 0 {
			t.Fatal("the connection is kept")
		}
	})
}

func TestWhichConnectionsAreKept(t *testing.T) {
	for text, kept := range map[string]bool{
		ok: true,
		"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok":                              false,
		"HTTP/1.1 200 OK\r\nConnection: x, Close\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok": false,
		"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok":                                                   false,
		"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nok":                         true,
		"HTTP/1.1 204 No Content\r\n\r\n":                                                                  true,
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nA: b\r\n\r\n":                true,
	} {
		p := answers(t, text)
		if _, err := ask(p, get); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if got := p.Idle() == 1; got != kept {
			t.Errorf("%q: kept is %v", text, got)
		}
	}
	t.Run("not one whose answer was not read to its end", func(t *testing.T) {
		p := answers(t, ok)
		var c Call
		a, err := c.Send(p, get)
		if err != nil {
			t.Fatal(err)
		}
		a.Close()
		if _, err := a.Next(); err == nil || p.Idle() != 0 {
			t.Fatalf("%v, %d kept", err, p.Idle())
		}
	})
}

// breaks answers the first request of its first connection, and closes each later one
// once it has read it, without a word.
func breaks(t *testing.T, seen *atomic.Int64) *Pool {
	return endpoint(t, func(n int, c *net.TCPConn, r *bufio.Reader) {
		for k := 0; hears(r); k++ {
			seen.Add(1)
			if n == 1 && k > 0 || n > 2 {
				return
			}
			io.WriteString(c, ok)
		}
	})
}

func TestAConnectionThatBreaksBeforeTheAnswer(t *testing.T) {
	t.Run("what may be sent twice is sent once more", func(t *testing.T) {
		var seen atomic.Int64
		p := breaks(t, &seen)
		must(t, p, get, "ok")
		must(t, p, get, "ok")
		if seen.Load() != 3 {
			t.Fatalf("sent %d times", seen.Load())
		}
	})
	t.Run("what may not is unanswered", func(t *testing.T) {
		var seen atomic.Int64
		p := breaks(t, &seen)
		must(t, p, post, "ok")
		if reach := fails(t, p, post); reach != Unanswered || seen.Load() != 2 {
			t.Fatalf("%s, sent %d times", reach, seen.Load())
		}
	})
	t.Run("a new connection is not tried again", func(t *testing.T) {
		var seen atomic.Int64
		p := endpoint(t, func(_ int, c *net.TCPConn, r *bufio.Reader) {
			if hears(r) {
				seen.Add(1)
			}
		})
		if reach := fails(t, p, get); reach != Unanswered || seen.Load() != 1 {
			t.Fatalf("%s, sent %d times", reach, seen.Load())
		}
	})
	t.Run("nobody there", func(t *testing.T) {
		p := NewPool(func(context.Context) (*net.TCPConn, error) { return nil, errors.New("refused") }, time.Minute)
		if reach := fails(t, p, get); reach != Unconnected {
			t.Fatal(reach)
		}
	})
}

// An endpoint may answer before it has read the request, and never read the rest.
func TestAnEarlyAnswer(t *testing.T) {
	body := bytes.Repeat([]byte("x"), 64<<20)
	r := Request{Head: fmt.Appendf(nil, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", len(body)), Body: body}
	t.Run("while the request is still written", func(t *testing.T) {
		over := make(chan struct{})
		defer close(over)
		p := endpoint(t, func(_ int, c *net.TCPConn, r *bufio.Reader) {
			if _, err := http.ReadRequest(r); err == nil {
				io.WriteString(c, ok)
				<-over
			}
		})
		must(t, p, r, "ok")
		if p.Idle() != 0 {
			t.Fatal("the connection is kept")
		}
	})
	t.Run("the rest is written beside it", func(t *testing.T) {
		p := endpoint(t, func(_ int, c *net.TCPConn, r *bufio.Reader) {
			for {
				req, err := http.ReadRequest(r)
				if err != nil {
					return
				}
				io.WriteString(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
				n, _ := io.Copy(io.Discard, req.Body)
				s := fmt.Sprint(n)
				fmt.Fprintf(c, "%x\r\n%s\r\n0\r\n\r\n", len(s), s)
			}
		})
		must(t, p, r, fmt.Sprint("a", len(body)))
	})
}

// stalled is an endpoint that has read a request and says no more than the text.
func stalled(t *testing.T, text string) (p *Pool, heard chan struct{}) {
	heard = make(chan struct{}, 10)
	return endpoint(t, func(_ int, c *net.TCPConn, r *bufio.Reader) {
		if hears(r) {
			io.WriteString(c, text)
			heard <- struct{}{}
			io.Copy(io.Discard, r) // until it is closed
			heard <- struct{}{}
		}
	}), heard
}

func TestStop(t *testing.T) {
	for kind, text := range map[string]string{
		"before the answer": "", "in the header": "HTTP/1.1 200 OK\r\nA:", "in the body": "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
	} {
		t.Run(kind, func(t *testing.T) {
			p, heard := stalled(t, text)
			var c Call
			ended := make(chan error, 1)
			go func() {
				a, err := c.Send(p, get)
				for err == nil {
					_, err = a.Next()
				}
				if a != nil {
					a.Close()
				}
				ended <- err
			}()
			receive(t, "the request", heard)
			c.Stop()
			c.Stop()
			if err := receive(t, "the end", ended); err == nil || err == io.EOF {
				t.Fatal(err)
			}
			receive(t, "the close", heard)
			if p.Idle() != 0 {
				t.Fatal("the connection is kept")
			}
		})
	}
	t.Run("while it dials", func(t *testing.T) {
		dialling := make(chan struct{})
		p := NewPool(func(ctx context.Context) (*net.TCPConn, error) {
			close(dialling)
			<-ctx.Done()
			return nil, ctx.Err()
		}, time.Minute)
		var c Call
		go func() { <-dialling; c.Stop() }()
		if _, err := c.Send(p, get); err == nil {
			t.Fatal("sent")
		}
	})
	t.Run("before it begins", func(t *testing.T) {
		p := answers(t, ok)
		must(t, p, get, "ok")
		var c Call
		c.Stop()
		if _, err := c.Send(p, get); err == nil {
			t.Fatal("sent")
		}
	})
	t.Run("after its end it touches nobody else's", func(t *testing.T) {
		p := answers(t, ok)
		var old []*Call
		for range 100 {
			c := new(Call)
			a, err := c.Send(p, get)
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range old {
				o.Stop()
			}
			if part, err := a.Next(); string(part) != "ok" || err != io.EOF {
				t.Fatalf("%q %v", part, err)
			}
			a.Close()
			old = append(old, c)
		}
		if p.Idle() != 1 {
			t.Fatalf("%d connections", p.Idle())
		}
	})
}

func TestIdleConnectionsAreLetGo(t *testing.T) {
	gone := make(chan struct{}, 10)
	p := endpoint(t, func(_ int, c *net.TCPConn, r *bufio.Reader) {
		for hears(r) {
			io.WriteString(c, ok)
		}
		gone <- struct{}{}
	})
	must(t, p, get, "ok")
	t.Run("after their time", func(t *testing.T) {
		p.SetIdle(time.Millisecond)
		receive(t, "the close", gone)
		if p.Idle() != 0 {
			t.Fatal("kept")
		}
	})
	t.Run("whenever they came", func(t *testing.T) {
		must(t, p, get, "ok")
		receive(t, "the close", gone)
	})
	t.Run("when the pool is left", func(t *testing.T) {
		p.SetIdle(time.Hour)
		must(t, p, get, "ok")
		p.CloseIdle()
		receive(t, "the close", gone)
	})
	t.Run("the latest is used first, and none over its time", func(t *testing.T) {
		p.SetIdle(time.Hour)
		must(t, p, get, "ok")
		p.mu.Lock()
		p.idle[0].since = time.Now().Add(-2 * time.Hour)
		p.mu.Unlock()
		must(t, p, post, "ok")
		if p.Idle() != 2 || time.Since(p.idle[1].since) > time.Minute {
			t.Fatalf("%d idle", p.Idle())
		}
	})
}

// Many at once get each their own answer.
func TestManyAtOnce(t *testing.T) {
	p := endpoint(t, func(_ int, c *net.TCPConn, r *bufio.Reader) {
		for {
			req, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(req.URL.Path), req.URL.Path)
		}
	})
	done := make(chan error)
	const clients, each = 16, 200
	for n := range clients {
		go func() {
			for k := range each {
				path := fmt.Sprintf("/%d/%d/%s", n, k, strings.Repeat("x", k*50))
				w, err := ask(p, Request{Head: fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path)})
				if err != nil || w.body != path {
					done <- fmt.Errorf("%s: %q %w", path, w.body, err)
					return
				}
			}
			done <- nil
		}()
	}
	for range clients {
		if err := receive(t, "a client's end", done); err != nil {
			t.Error(err)
		}
	}
	if n := p.Idle(); n > clients {
		t.Errorf("%d connections", n)
	}
}
