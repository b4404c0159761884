package proxy

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// The gRPC of these tests is its wire protocol, without generated code: messages of
// a flag, a length and bytes in the body of an HTTP/2 request, a status behind it.

func sendMessage(w io.Writer, text string) error {
	frame := binary.BigEndian.AppendUint32([]byte{0}, uint32(len(text)))
	_, err := w.Write(append(frame, text...))
	return err
}

func readMessage(r io.Reader) (string, error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return "", err
	}
	b := make([]byte, binary.BigEndian.Uint32(head[1:]))
	_, err := io.ReadFull(r, b)
	return string(b), err
}

// grpcServer answers /Echo each message by itself, /Count n messages, /Wait nothing
// and /Fail a status.
func grpcServer(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 || r.Header.Get("Te") != "trailers" || r.Header.Get("Content-Type") != "application/grpc+raw" {
			http.Error(w, "this is no gRPC", http.StatusUnsupportedMediaType)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "application/grpc+raw")
		h.Set("Server-Name", name)
		if r.URL.Path == "/test.Test/Fail" {
			h.Set("Grpc-Status", "7")
			h.Set("Grpc-Message", "not%20you") // trailers alone: the header is all there is
			return
		}
		h.Set("Trailer", "Grpc-Status")
		h.Set("Grpc-Status", "0")
		if r.URL.Path == "/test.Test/Wait" {
			<-r.Context().Done()
			return
		}
		w.WriteHeader(http.StatusOK)
		http.NewResponseController(w).Flush()
		if r.URL.Path == "/test.Test/Enough" {
			readMessage(r.Body)
			h.Set("Grpc-Status", "8")
			return
		}
		for in := bufio.NewReader(r.Body); ; {
			text, err := readMessage(in)
			if err != nil {
				return
			}
			times, _ := strconv.Atoi(text)
			if r.URL.Path == "/test.Test/Echo" {
				times = 1
			}
			for n := range times {
				if sendMessage(w, fmt.Sprintf("%s %s %d", name, text, n)) != nil {
					return
				}
				http.NewResponseController(w).Flush()
			}
		}
	}
}

// call is a gRPC call under way.
type call struct {
	out *io.PipeWriter
	res *http.Response
	in  *bufio.Reader
}

func (w *way) call(t testing.TB, c *http.Client, method string, header ...string) (*call, error) {
	t.Helper()
	body, out := io.Pipe()
	r, err := http.NewRequestWithContext(t.Context(), "POST", w.url+"/test.Test/"+method, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/grpc+raw")
	r.Header.Set("Te", "trailers")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := c.Do(r)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { res.Body.Close() })
	return &call{out: out, res: res, in: bufio.NewReader(res.Body)}, nil
}

func (w *way) mustCall(t testing.TB, c *http.Client, method string, header ...string) *call {
	t.Helper()
	x, err := w.call(t, c, method, header...)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// echoes sends a message and expects it back.
func (x *call) echoes(t testing.TB, name, text string) {
	t.Helper()
	if err := sendMessage(x.out, text); err != nil {
		t.Fatal(err)
	}
	if got, err := readMessage(x.in); err != nil || got != name+" "+text+" 0" {
		t.Fatalf("%q %v, want %s's", got, err, name)
	}
}

// status ends the call and returns its status, wherever it stands.
func (x *call) status(t testing.TB) string {
	t.Helper()
	x.out.Close()
	if _, err := io.Copy(io.Discard, x.in); err != nil {
		return "cut: " + err.Error()
	}
	if s := x.res.Header.Get("Grpc-Status"); s != "" {
		return s
	}
	return x.res.Trailer.Get("Grpc-Status")
}

func TestGRPC(t *testing.T) {
	w := newWay(t, Config{})
	c := h2Client()
	defer c.CloseIdleConnections()
	one := serveH2(t, "one", grpcServer("one"))
	w.apply(t, want("web", 1, 1, one))
	t.Run("a unary call", func(t *testing.T) {
		x := w.mustCall(t, c, "Echo")
		x.echoes(t, "one", "hello")
		if s := x.status(t); s != "0" {
			t.Fatalf("status %s", s)
		}
	})
	t.Run("a stream of the server's", func(t *testing.T) {
		x := w.mustCall(t, c, "Count")
		sendMessage(x.out, "100")
		for n := range 100 {
			if got, err := readMessage(x.in); err != nil || got != fmt.Sprintf("one 100 %d", n) {
				t.Fatalf("%q %v", got, err)
			}
		}
		if s := x.status(t); s != "0" {
			t.Fatalf("status %s", s)
		}
	})
	t.Run("an app's own status passes", func(t *testing.T) {
		x := w.mustCall(t, c, "Fail")
		if s := x.status(t); s != "7" || x.res.Header.Get("Grpc-Message") != "not%20you" || x.res.Header.Get(ErrorHeader) != "" {
			t.Fatalf("status %s %v", s, x.res.Header)
		}
	})
	t.Run("a server that has had enough is heard by a client that still sends", func(t *testing.T) {
		x := w.mustCall(t, c, "Enough")
		sendMessage(x.out, "one")
		if _, err := io.Copy(io.Discard, x.in); err != nil || x.res.Trailer.Get("Grpc-Status") != "8" {
			t.Fatalf("%v %v", err, x.res.Trailer)
		}
	})
	t.Run("grpc-timeout is honoured before the answer, and within it", func(t *testing.T) {
		x := w.mustCall(t, c, "Wait", "Grpc-Timeout", "50m")
		if s := x.status(t); s != "4" || x.res.StatusCode != 200 || x.res.Header.Get(ErrorHeader) != "request-timeout" {
			t.Fatalf("status %s %v", s, x.res.Header)
		}
		x = w.mustCall(t, c, "Echo", "Grpc-Timeout", "300m")
		x.echoes(t, "one", "hello")
		if _, err := io.Copy(io.Discard, x.in); err != nil || x.res.Trailer.Get("Grpc-Status") != "4" {
			t.Fatalf("%v %v", err, x.res.Trailer)
		}
	})
	t.Run("a bidirectional stream lives through the switch, new calls go to the new release, at the deadline it is told", func(t *testing.T) {
		stream, lasting := w.mustCall(t, c, "Echo"), w.mustCall(t, c, "Echo")
		stream.echoes(t, "one", "before")
		lasting.echoes(t, "one", "before")
		two := serveH2(t, "two", grpcServer("two"))
		two.Release = 2
		one.Terminating, one.Drain = true, 2*time.Second
		w.apply(t, want("web", 2, 2, one, two))
		stream.echoes(t, "one", "after")
		w.mustCall(t, c, "Echo").echoes(t, "two", "new")
		if s := stream.status(t); s != "0" {
			t.Fatalf("status %s", s)
		}
		if _, err := io.Copy(io.Discard, lasting.in); err != nil || lasting.res.Trailer.Get("Grpc-Status") != "14" || lasting.res.Trailer.Get("Grpc-Message") != "drain-deadline" {
			t.Fatalf("%v %v", err, lasting.res.Trailer)
		}
		if cut := w.awaitDrained(t, "one"); cut != (Cut{Streams: 1}) {
			t.Fatalf("cut %+v", cut)
		}
	})
}

// dataplane-44: what the gateway says itself is a status, and it says it while the
// client's stream is still open.
func TestGRPCToAnAppThatDies(t *testing.T) {
	w := newWay(t, Config{})
	c := h2Client()
	defer c.CloseIdleConnections()
	l := &killed{Listener: listen(t)}
	p := new(http.Protocols)
	p.SetUnencryptedHTTP2(true)
	came := make(chan struct{}, 1)
	back := &http.Server{Protocols: p, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		came <- struct{}{}
		grpcServer("one")(w, r)
	})}
	go back.Serve(l)
	defer back.Close()
	w.apply(t, want("web", 1, 1, Endpoint{ID: "one", Release: 1, Address: l.Addr().String(), Protocol: ProtocolH2C, Weight: 100, Ready: true}))
	stream := w.mustCall(t, c, "Echo")
	receive(t, "the first call", came)
	stream.echoes(t, "one", "hello")
	waiting := make(chan *call, 1)
	go func() {
		x, err := w.call(t, c, "Wait")
		if err != nil {
			t.Error(err)
		}
		waiting <- x
	}()
	receive(t, "the second call", came)
	l.kill()
	if _, err := io.Copy(io.Discard, stream.in); err != nil || stream.res.Trailer.Get("Grpc-Status") != "14" || stream.res.Trailer.Get("Grpc-Message") != "reset" {
		t.Errorf("a stream: %v %v", err, stream.res.Trailer)
	}
	if x := receive(t, "an answer while the client still sends", waiting); x == nil || x.res.StatusCode != 200 || x.res.Header.Get("Grpc-Status") != "14" {
		t.Errorf("a call: %+v", x)
	}
	for code, why := range map[int]*fault{14: noEndpoint, 4: holdTimeout, 13: badBody} {
		if why.grpcStatus() != strconv.Itoa(code) {
			t.Errorf("%s is %s", why.code, why.grpcStatus())
		}
	}
}

// killed keeps its connections, to end them all.
type killed struct {
	net.Listener
	mu  sync.Mutex
	all []net.Conn
}

// Accept is net.Listener's.
func (l *killed) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		l.mu.Lock()
		l.all = append(l.all, c)
		l.mu.Unlock()
	}
	return c, err
}

func (l *killed) kill() {
	l.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.all {
		c.Close()
	}
}

func TestGRPCTimeouts(t *testing.T) {
	for said, want := range map[string]time.Duration{
		"1H": time.Hour, "2M": 2 * time.Minute, "30S": 30 * time.Second, "100m": 100 * time.Millisecond,
		"7u": 7 * time.Microsecond, "99999999n": 99999999 * time.Nanosecond, "0S": 0,
	} {
		if d, ok := grpcTimeout(http.Header{"Content-Type": {"application/grpc"}, "Grpc-Timeout": {said}}); !ok || d != want {
			t.Errorf("%s: %s %v", said, d, ok)
		}
	}
	for _, said := range []string{"", "S", "1", "1s", "-1S", "+1S", "1.5S", "123456789S", "1 S"} {
		if d, ok := grpcTimeout(http.Header{"Content-Type": {"application/grpc"}, "Grpc-Timeout": {said}}); ok {
			t.Errorf("%q: %s", said, d)
		}
	}
	if _, ok := grpcTimeout(http.Header{"Content-Type": {"text/plain"}, "Grpc-Timeout": {"1S"}}); ok {
		t.Error("without gRPC")
	}
}

// A gRPC stream may be as silent as any stream, though a body may not.
func TestASilentGRPCStreamLives(t *testing.T) {
	w := newWay(t, Config{})
	w.paceOver = 20 * time.Millisecond
	c := h2Client()
	defer c.CloseIdleConnections()
	d := want("web", 1, 1, serveH2(t, "one", grpcServer("one")))
	d.Route.Limits = Limits{BodySilence: 20 * time.Millisecond, StreamIdle: 300 * time.Millisecond}
	w.apply(t, d)
	x := w.mustCall(t, c, "Echo")
	x.echoes(t, "one", "first")
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	<-ctx.Done() // the silence
	x.echoes(t, "one", "second")
	began := time.Now()
	if _, err := io.Copy(io.Discard, x.in); err != nil || time.Since(began) < 200*time.Millisecond || !strings.HasPrefix(x.res.Trailer.Get("Grpc-Status"), "4") {
		t.Fatalf("idle: %v %v after %s", err, x.res.Trailer, time.Since(began))
	}
}
