package proxy

import (
	"bytes"
	"strings"
	"testing"
)

// What framing breaks does not depend on the pieces that the network delivers, and it
// never breaks twice what one reader would have refused at the first.
func FuzzFraming(f *testing.F) {
	for _, sent := range smuggled {
		f.Add([]byte(sent), 1)
		f.Add([]byte(sent), 7)
	}
	f.Fuzz(func(t *testing.T, sent []byte, size int) {
		size = max(1, size%100)
		whole := bytes.Clone(sent)
		new(framing).see(whole)
		if pieces := inPieces(string(sent), size); pieces != string(whole) {
			t.Fatalf("%q: whole %q, in pieces of %d %q", sent, whole, size, pieces)
		}
	})
}

// Whatever bytes a client writes: no crash, no connection without an end, nothing at an
// app that is another's, twice served, or told by a header that is the gateway's own.
func FuzzBytes(f *testing.F) {
	for _, sent := range smuggled {
		f.Add([]byte(sent))
	}
	for _, sent := range []string{
		"GET / HTTP/1.1\r\nHost: a.test\r\n\r\nGET / HTTP/1.1\r\nHost: b.test\r\n\r\n",
		"GET http://a.test/ HTTP/1.1\r\nHost: b.test\r\nConnection: slipway-request-id, x-forwarded-for\r\nX_Forwarded_For: 1\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a.test.\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
		"PUT /%zz HTTP/1.1\r\nHost: a.test\r\n\r\n",
		"OPTIONS * HTTP/1.1\r\nHost: a.test\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a.test\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n\x81\x05hello",
		"GET /\x00 HTTP/1.1\r\nHost: a.test\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: A.TEST:80\r\nTransfer-Encoding: chunked\r\nTrailer: Slipway-X\r\n\r\n1\r\nx\r\n0\r\nSlipway-X: y\r\n\r\n",
		h2Preface, h2Preface + "\x00\x00\x00\x04\x00\x00\x00\x00\x00", "\x16\x03\x01\x00\x01\x00", "", "\r\n\r\n\r\n", strings.Repeat("A", 70<<10),
	} {
		f.Add([]byte(sent))
	}
	w := newTwoApps(f, ProtocolHTTP)
	f.Fuzz(func(t *testing.T, sent []byte) { w.check(t, sent) })
}

// The same of HTTP/2's fields, a line each, that become a request of HTTP/1.
func FuzzFields(f *testing.F) {
	for _, change := range downgraded {
		f.Add(strings.Join(with(change...), "\xff"), "hello")
	}
	w := newTwoApps(f, ProtocolHTTP)
	f.Fuzz(func(t *testing.T, fields, body string) {
		if len(fields)+len(body) > 12<<10 {
			return // more than one frame holds
		}
		var frames h2
		frames.request(1, body, w.tagged(strings.Split(fields, "\xff"))...)
		w.exchange2(t, frames.Bytes(), 1)
		seen := w.run()
		if err := soundness(seen, frames.Len()); err != nil || len(seen) > 1 {
			t.Fatalf("%q: %v, %d requests", fields, err, len(seen))
		}
		if len(seen) == 1 && seen[0].body != body {
			t.Fatalf("%q: body %q, sent %q", fields, seen[0].body, body)
		}
	})
}
