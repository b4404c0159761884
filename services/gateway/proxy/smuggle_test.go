package proxy

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// witness is one request as an endpoint received it.
type witness struct {
	app, method, uri, host, body string
	header                       http.Header
}

// twoApps is a gateway before two apps that write down whatever reaches them.
type twoApps struct {
	*way
	mu   sync.Mutex
	seen []witness

	lines, served, longest int // in all: what a client has given up may arrive late
	runs                   int
}

func newTwoApps(t testing.TB, protocol string) *twoApps {
	w := &twoApps{way: newWay(t, Config{})}
	w.server.http.ErrorLog = log.New(io.Discard, "", 0) // it would tell of every attack
	for _, app := range []string{"a", "b"} {
		e := serveH2(t, app, func(out http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.mu.Lock()
			defer w.mu.Unlock()
			w.seen = append(w.seen, witness{app, r.Method, r.RequestURI, r.Host, string(body), r.Header})
			io.WriteString(out, "ok")
		})
		e.Protocol = protocol
		d := want(app, 1, 1, e)
		d.Route.Rules = []Rule{{Host: app + ".test", Path: "/"}}
		w.apply(t, d)
	}
	return w
}

// take returns what was seen since the last time.
func (w *twoApps) take() []witness {
	w.mu.Lock()
	defer w.mu.Unlock()
	seen := w.seen
	w.seen = nil
	return seen
}

// tagged marks a request as one of this run.
func (w *twoApps) tagged(fields []string) []string {
	w.runs++
	return append(fields, "x-run", fmt.Sprint(w.runs))
}

// run returns what was seen of this run.
func (w *twoApps) run() []witness {
	return slices.DeleteFunc(w.take(), func(x witness) bool { return x.header.Get("X-Run") != fmt.Sprint(w.runs) })
}

// soundness tells what an app should not have seen of so many bytes that were sent.
func soundness(seen []witness, sent int) error {
	ids := map[string]string{}
	for _, x := range seen {
		host, _, _ := strings.Cut(strings.ToLower(strings.TrimSuffix(x.host, ".")), ":")
		if strings.TrimSuffix(host, ".") != x.app+".test" {
			return fmt.Errorf("app %s sees a request to %q", x.app, x.host)
		}
		id := x.header["Slipway-Request-Id"]
		if len(id) != 1 || len(id[0]) != 32 || ids[id[0]] != "" {
			return fmt.Errorf("app %s sees the request id %q, seen by %q too", x.app, id, ids[strings.Join(id, "")])
		}
		ids[id[0]] = x.app
		if from := x.header["X-Forwarded-For"]; len(from) != 1 || from[0] != "127.0.0.1" {
			return fmt.Errorf("app %s sees X-Forwarded-For %q", x.app, from)
		}
		for name, values := range x.header {
			if name != "Slipway-Request-Id" && reserved(name) || name == "Transfer-Encoding" || name == "Keep-Alive" || name == "Proxy-Connection" || name == "Host" {
				return fmt.Errorf("app %s sees %s: %q", x.app, name, values)
			}
			if strings.ContainsAny(strings.Join(values, ""), "\r\n\x00") {
				return fmt.Errorf("app %s sees %s: %q", x.app, name, values)
			}
		}
		if len(x.body) > sent || x.method == "CONNECT" || x.method == "TRACE" || strings.Contains(x.uri, "/../") {
			return fmt.Errorf("app %s sees %+v", x.app, x)
		}
	}
	return nil
}

// converse writes bytes and waits until the gateway has ended the connection; it fails
// if that never comes.
func (w *twoApps) converse(t testing.TB, sent []byte) {
	t.Helper()
	c := w.dial(t)
	defer c.Close()
	var writer sync.WaitGroup
	writer.Go(func() {
		c.Write(sent)
		c.(*net.TCPConn).CloseWrite()
	})
	_, err := io.Copy(io.Discard, c)
	writer.Wait()
	if isTimeout(err) {
		t.Fatalf("%q: no end after %s", sent, patience)
	}
}

// check is what holds whatever a client has written.
func (w *twoApps) check(t testing.TB, sent []byte) []witness {
	t.Helper()
	w.converse(t, sent)
	seen := w.take()
	w.longest = max(w.longest, len(sent))
	if err := soundness(seen, w.longest); err != nil {
		t.Fatalf("%q: %v", sent, err)
	}
	w.served += len(seen)
	if w.lines += bytes.Count(sent, []byte("HTTP/1.")) + bytes.Count(sent, []byte(h2Preface)); w.served > w.lines {
		t.Fatalf("%q: %d requests served of %d", sent, w.served, w.lines)
	}
	return seen
}

// smuggled are requests that carry another one past somebody who reads them otherwise.
var smuggled = []string{
	"POST /1 HTTP/1.1\r\nHost: a.test\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: b.test\r\n\r\n",
	"POST /1 HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\nGET /hidden HTTP/1.1\r\nHost: b.test\r\n\r\n0\r\n\r\n",
	"POST /1 HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\nTransfer-encoding: cow\r\n\r\n0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: b.test\r\n\r\n",
	"POST /1 HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: b.test\r\n\r\n",
	"POST /1 HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: b.test\r\n\r\n",
	"POST /1 HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: b.test\r\n\r\n",
	"POST /1 HTTP/1.1\r\nHost: a.test\r\nX: y\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: b.test\r\n\r\n",
	"POST /1 HTTP/1.1\r\nHost: a.test\r\nFoo: bar\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: b.test\r\n\r\n",
	"POST /1 HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\nContent-Length: 44\r\n\r\nGET /hidden HTTP/1.1\r\nHost: b.test\r\nX: y\r\n\r\n",
	"POST /1 HTTP/1.1\r\nHost: a.test\r\nContent-Length: 44\r\n\r\nGET /hidden HTTP/1.1\r\nHost: b.test\r\nX: yy\r\n\r\n",
	"POST /1 HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n2c;ext=\"\r\n\"\r\nGET /hidden HTTP/1.1\r\nHost: b.test\r\nX: y\r\n\r\n\r\n0\r\n\r\n",
	"POST /1 HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000002\r\nxx\r\n0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: b.test\r\n\r\n",
	"POST /1 HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n1\nx\n0\n\nGET /hidden HTTP/1.1\r\nHost: b.test\r\n\r\n",
	"POST /1 HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nx\r\n0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: b.test\r\n\r\n",
	"GET /1 HTTP/1.1\r\nHost: a.test\r\nHost: b.test\r\n\r\nGET /hidden HTTP/1.1\r\nHost: b.test\r\n\r\n",
	"GET http://b.test@a.test/1 HTTP/1.1\r\nHost: b.test\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAA\r\nContent-Length: 46\r\n\r\nGET /hidden HTTP/1.1\r\nHost: b.test\r\nX: yyyy\r\n\r\n",
	"GET /1 HTTP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: b.test\r\n\r\n",
	"GET /1 HTTP/1.1\r\nHost: a.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 9\r\nContent-Length: 44\r\n\r\nGET /hidden HTTP/1.1\r\nHost: b.test\r\nX: yy\r\n\r\n",
}

func TestSmuggling(t *testing.T) {
	for _, protocol := range []string{ProtocolHTTP, ProtocolH2C} {
		w := newTwoApps(t, protocol)
		for _, sent := range smuggled {
			for _, x := range w.check(t, []byte(sent)) {
				if x.uri == "/hidden" {
					t.Errorf("%s: %q reaches %s as a request of its own", protocol, sent, x.app)
				}
			}
		}
	}
}

// h2 writes HTTP/2 by hand, as no honest client would.
type h2 struct{ bytes.Buffer }

func (f *h2) frame(kind, flags byte, stream uint32, payload []byte) {
	f.Write(binary.BigEndian.AppendUint32(nil, uint32(len(payload)))[1:])
	f.Write([]byte{kind, flags})
	f.Write(binary.BigEndian.AppendUint32(nil, stream))
	f.Write(payload)
}

// request is a HEADERS frame of literal fields and, unless it is empty, one of DATA.
func (f *h2) request(stream uint32, body string, fields ...string) {
	var block []byte
	for i := 0; i+1 < len(fields); i += 2 {
		block = append(block, 0) // literal, a new name, not to be remembered
		block = appendText(appendText(block, fields[i]), fields[i+1])
	}
	const endStream, endHeaders = 1, 4
	if body == "" {
		f.frame(1, endHeaders|endStream, stream, block)
		return
	}
	f.frame(1, endHeaders, stream, block)
	f.frame(0, endStream, stream, []byte(body))
}

// appendText is a string without Huffman coding, its length an integer of seven bits.
func appendText(b []byte, s string) []byte {
	n := len(s)
	if n < 127 {
		return append(append(b, byte(n)), s...)
	}
	b = append(b, 127)
	for n -= 127; n >= 128; n >>= 7 {
		b = append(b, byte(n)|128)
	}
	return append(append(b, byte(n)), s...)
}

const h2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// exchange2 writes a connection's frames and waits until the gateway has dealt with all
// of them and their streams: it has answered a ping behind them, or has closed the connection.
func (w *twoApps) exchange2(t testing.TB, frames []byte, streams int) {
	t.Helper()
	c := w.dial(t)
	defer c.Close()
	var all h2
	all.WriteString(h2Preface)
	all.frame(4, 0, 0, nil)
	all.Write(frames)
	c.Write(all.Bytes())
	open := map[uint32]bool{}
	for n := range uint32(streams) {
		open[2*n+1] = true
	}
	for pinged := false; !pinged || len(open) > 0; {
		if !pinged && len(open) == 0 {
			var ping h2
			ping.frame(6, 0, 0, []byte("all done"))
			c.Write(ping.Bytes())
		}
		var head [9]byte
		if _, err := io.ReadFull(c, head[:]); err != nil {
			if isTimeout(err) {
				t.Fatalf("%q: no end after %s", frames, patience)
			}
			return
		}
		size, stream := binary.BigEndian.Uint32(head[:4])>>8, binary.BigEndian.Uint32(head[5:])
		if _, err := io.CopyN(io.Discard, c, int64(size)); err != nil {
			return
		}
		switch kind, flags := head[3], head[4]; {
		case kind == 3, kind <= 1 && flags&1 != 0: // reset, or its end
			delete(open, stream)
		case kind == 7: // goodbye
			return
		case kind == 6 && flags&1 != 0:
			pinged = true
		}
	}
}

// downgraded are HTTP/2 requests that would be something else if they were written out
// as HTTP/1 as they are.
var downgraded = [][]string{
	{":path", "/1 HTTP/1.1\r\nHost: b.test\r\n\r\nGET /hidden"},
	{":path", "/1 x"},
	{":path", "1"},
	{":path", ""},
	{":path", "/a/../b"},
	{":path", "/%2e%2e/b"},
	{":path", "http://b.test/hidden"},
	{":method", "GET /hidden HTTP/1.1\r\nHost: b.test\r\n\r\nGET"},
	{":method", "GET "},
	{":method", ""},
	{":method", "CONNECT"},
	{":method", "TRACE"},
	{":authority", "b.test\r\nX: y"},
	{":authority", "a.test/hidden"},
	{":authority", "b.test@a.test"},
	{":authority", ""},
	{":scheme", "http://b.test/hidden?"},
	{":scheme", ""},
	{":protocol", "websocket"},
	{":unknown", "x"},
	{"connection", "close, x-forwarded-for"},
	{"connection", "upgrade", "upgrade", "websocket"},
	{"transfer-encoding", "chunked"},
	{"te", "gzip"},
	{"keep-alive", "timeout=5"},
	{"proxy-connection", "keep-alive"},
	{"host", "b.test"},
	{"host", "a.test", "host", "b.test"},
	{"content-length", "3"},
	{"content-length", "3", "content-length", "5"},
	{"content-length", "5, 5"},
	{"content-length", "+5"},
	{"content-length", ""},
	{"content-length", "5", "content-length", "5"},
	{"x", "a\r\nHost: b.test"},
	{"x", "a\x00b"},
	{"x", "a\nSlipway-Principal: root"},
	{"x\r\nhost", "b.test"},
	{"x y", "z"},
	{"X-Upper", "z"},
	{"", "z"},
	{"slipway-principal", "root"},
	{"slipway_principal", "root"},
	{"x-forwarded-for", "6.6.6.6"},
	{"cookie", "a=b\r\nx: y"},
}

// with is an honest request with one thing changed.
func with(change ...string) (fields []string) {
	honest := []string{":method", "POST", ":scheme", "http", ":authority", "a.test", ":path", "/1"}
	for i := 0; i < len(honest); i += 2 {
		if change[0] == honest[i] {
			fields = append(fields, change[:2]...)
			change = []string{"x-nothing", "else"}
			continue
		}
		fields = append(fields, honest[i:i+2]...)
	}
	return append(fields, change...)
}

func TestDowngrades(t *testing.T) {
	for _, protocol := range []string{ProtocolHTTP, ProtocolH2C} {
		w := newTwoApps(t, protocol)
		for _, change := range downgraded {
			var f h2
			f.request(1, "hello", w.tagged(with(change...))...)
			w.exchange2(t, f.Bytes(), 1)
			seen := w.run()
			if err := soundness(seen, f.Len()); err != nil {
				t.Errorf("%s: %q: %v", protocol, change, err)
			}
			for _, x := range seen {
				if x.body != "hello" || x.uri != "/1" || len(seen) > 1 {
					t.Errorf("%s: %q: seen %+v", protocol, change, seen)
				}
			}
		}
		var f h2
		f.request(1, "hello", with("x", "y")...)
		if w.exchange2(t, f.Bytes(), 1); len(w.take()) != 1 {
			t.Error("an honest request is not served")
		}
	}
}

// A connection that carries many streams keeps them apart.
func TestManyStreamsAreManyRequests(t *testing.T) {
	w := newTwoApps(t, ProtocolHTTP)
	var f h2
	for n := range uint32(7) {
		f.request(2*n+1, fmt.Sprint(n), with(":authority", []string{"a.test", "b.test"}[n%2])...)
	}
	w.exchange2(t, f.Bytes(), 7)
	seen := w.take()
	if err := soundness(seen, f.Len()); err != nil || len(seen) != 7 {
		t.Fatalf("%v, seen %d", err, len(seen))
	}
	for _, x := range seen {
		if (x.body[0]-'0')%2 != x.app[0]-'a' {
			t.Errorf("app %s got the body %s", x.app, x.body)
		}
	}
}

// dataplane 5.5: a WebSocket inside HTTP/2 is not offered, and not served.
func TestWebSocketOverHTTP2IsNotServed(t *testing.T) {
	r := &http.Request{Method: "CONNECT", ProtoMajor: 2, Header: http.Header{":protocol": {"websocket"}}, Host: "a.test"}
	if f := misshapen(r); f != unsupported || f.status != http.StatusNotImplemented {
		t.Fatalf("%+v", f)
	}
}
