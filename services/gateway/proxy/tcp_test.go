package proxy

import (
	"context"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"
)

// echoTCP starts an endpoint that says its id first and then whatever it hears; when the
// client has said all, it says goodbye.
func echoTCP(t testing.TB, id string, release uint64) Endpoint {
	t.Helper()
	l := listen(t)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				io.WriteString(c, id+"\n")
				io.Copy(c, c)
				io.WriteString(c, "goodbye")
			}()
		}
	}()
	return Endpoint{ID: id, Release: release, Address: l.Addr().String(), Protocol: ProtocolTCP, Weight: 100, Ready: true, Serving: true}
}

// wantTCP is a route of the app at a port.
func wantTCP(app string, port int, generation, release uint64, endpoints ...Endpoint) Desired {
	d := want(app, generation, release, endpoints...)
	d.Route.Rules = []Rule{{Protocol: ProtocolTCP, Listen: port}}
	return d
}

// atPort serves the TCP route of a port, at an address of its own.
func (w *way) atPort(t testing.TB, port int) (*TCPServer, string) {
	t.Helper()
	l := listen(t)
	s := NewTCPServer(l, w.Proxy, port)
	done := make(chan error, 1)
	go func() { done <- s.Serve() }()
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		s.Shutdown(ctx)
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return s, l.Addr().String()
}

// talk is a client's connection.
type talk struct {
	*net.TCPConn
	t testing.TB
}

func phone(t testing.TB, address string) talk {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return talk{c.(*net.TCPConn), t}
}

// rung is how a connection ends that is not served: a reset may come before its dial is
// over.
func rung(address string) error {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	_, err = c.Read(make([]byte, 1))
	return err
}

func (c talk) hears(text string) {
	c.t.Helper()
	b := make([]byte, len(text))
	if _, err := io.ReadFull(c, b); err != nil || string(b) != text {
		c.t.Fatalf("heard %q, %v, want %q", b, err, text)
	}
}

func (c talk) says(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		c.t.Fatal(err)
	}
}

// TCP routes: dataplane 5.5.
func TestTCPRoute(t *testing.T) {
	t.Run("bytes pass both ways, and a client that has said all is still answered", func(t *testing.T) {
		w := newWay(t, Config{})
		w.apply(t, wantTCP("db", 5432, 1, 1, echoTCP(t, "a", 1)))
		_, address := w.atPort(t, 5432)
		c := phone(t, address)
		c.hears("a\n")
		c.says("hello")
		c.hears("hello")
		c.CloseWrite()
		c.hears("goodbye")
		if _, err := c.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("%v after the goodbye, want the end", err)
		}
		eventually(t, "the connection to be counted", func() bool {
			requests, failures := sum(w.Totals("db"))
			return requests == 1 && failures == 0 && w.InFlight("db", "a") == 0
		})
		w.until(t, "its record", func() bool { return len(w.records) == 1 })
		r := w.records[0]
		if r.App != "db" || r.Endpoint != "a" || r.Status != 101 || !r.Stream || r.BytesIn != 5 || r.BytesOut != 14 || r.RequestID == "" {
			t.Errorf("%+v", r)
		}
	})
	t.Run("a switch cuts no connection before its drain deadline, and new ones go to the new release", func(t *testing.T) {
		const drain = 300 * time.Millisecond
		w := newWay(t, Config{})
		a, b := echoTCP(t, "a", 1), echoTCP(t, "b", 2)
		w.apply(t, wantTCP("db", 5432, 1, 1, a))
		_, address := w.atPort(t, 5432)
		long, brief := phone(t, address), phone(t, address)
		long.hears("a\n")
		brief.hears("a\n")
		a.Terminating, a.Ready, a.Serving, a.Drain = true, false, false, drain
		began := time.Now()
		w.apply(t, wantTCP("db", 5432, 2, 2, a, b))
		next := phone(t, address)
		next.hears("b\n")
		long.says("still there")
		long.hears("still there")
		brief.CloseWrite()
		brief.hears("goodbye")
		if n, err := long.Read(make([]byte, 1)); n != 0 || err == nil {
			t.Errorf("heard %d bytes, %v, want the end", n, err)
		}
		if lived := time.Since(began); lived < drain {
			t.Errorf("cut after %s, the drain deadline is %s", lived, drain)
		}
		if cut := w.awaitDrained(t, "a"); cut != (Cut{Streams: 1}) {
			t.Errorf("%+v, want the one connection that was open", cut)
		}
		next.says("on")
		next.hears("on")
	})
	t.Run("an endpoint that is not there is passed over, and nobody at all is a reset", func(t *testing.T) {
		w := newWay(t, Config{})
		dead := nobody(t, "dead", 1)
		w.applyDead(t, wantTCP("db", 5432, 1, 1, dead, echoTCP(t, "a", 1)))
		_, address := w.atPort(t, 5432)
		for range 4 {
			phone(t, address).hears("a\n")
		}
		w.applyDead(t, wantTCP("db", 5432, 2, 1, dead))
		if err := rung(address); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%v, want a reset", err)
		}
		w.Remove("db")
		if err := rung(address); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%v at a port that is nobody's, want a reset", err)
		}
	})
	t.Run("a connection without a byte for long ends, one that talks does not", func(t *testing.T) {
		w := newWay(t, Config{})
		d := wantTCP("db", 5432, 1, 1, echoTCP(t, "a", 1))
		d.Route.Limits.StreamIdle = 100 * time.Millisecond
		w.apply(t, d)
		_, address := w.atPort(t, 5432)
		c := phone(t, address)
		c.hears("a\n")
		for range 30 { // for three times that time
			c.says("x")
			c.hears("x")
			<-time.After(10 * time.Millisecond)
		}
		if _, err := c.Read(make([]byte, 1)); err == nil {
			t.Error("a silent connection is not ended")
		}
	})
	t.Run("the end of all streams cuts it, and a server's end waits for it", func(t *testing.T) {
		w := newWay(t, Config{})
		w.apply(t, wantTCP("db", 5432, 1, 1, echoTCP(t, "a", 1)))
		s, address := w.atPort(t, 5432)
		c := phone(t, address)
		c.hears("a\n")
		ended := make(chan error, 1)
		go func() { ended <- s.Shutdown(context.Background()) }()
		eventually(t, "the port to be closed", func() bool {
			x, err := net.Dial("tcp", address)
			if err == nil {
				x.Close()
			}
			return err != nil
		})
		c.says("still there")
		c.hears("still there")
		if open := w.EndStreams(); open != 1 {
			t.Errorf("%d streams were open, want 1", open)
		}
		if err := <-ended; err != nil {
			t.Errorf("shutdown: %v", err)
		}
	})
	t.Run("a port is one app's, and a rule has nothing beside it", func(t *testing.T) {
		w := newWay(t, Config{})
		w.apply(t, wantTCP("db", 5432, 1, 1, echoTCP(t, "a", 1)))
		_, err := w.Apply(context.Background(), wantTCP("other", 5432, 1, 1, echoTCP(t, "b", 1)))
		mustRefuse(t, err, "port 5432 belongs to db")
		odd := wantTCP("odd", 0, 1, 1)
		_, err = w.Apply(context.Background(), odd)
		mustRefuse(t, err, "a port from 1 to 65535")
		odd.Route.Rules[0] = Rule{Protocol: ProtocolTCP, Listen: 5433, Host: "db.example.com"}
		_, err = w.Apply(context.Background(), odd)
		mustRefuse(t, err, "neither host nor path")
	})
}
