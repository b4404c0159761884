package proxy

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

// inPieces gives a reader's bytes to the framing in pieces of that size and
// returns what is left of them.
func inPieces(text string, size int) string {
	var f framing
	b := []byte(text)
	for from := 0; from < len(b); from += size {
		f.see(b[from:min(from+size, len(b))])
	}
	return string(b)
}

func TestFraming(t *testing.T) {
	sound := []string{
		"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST / HTTP/1.1\r\nContent-Length: 28\r\n\r\nA: b\r\n c\r\nContent-Length: 1\n\n\r\n\r\nGET / HTTP/1.1\r\nContent-Length: 0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
		"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nA;x=\"y\"\r\n\r\n folded\n\r\n0\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nPOST / HTTP/1.1\r\nContent-Length: 1\r\n\r\n x",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nContent-Length: 1\r\nContent-Length: 1\r\n folded",
		"\x16\x03\x01GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n",
		"POST / HTTP/1.1\nContent-Length: 3\n\n\n \n\r\nPOST / HTTP/1.1\nX-Content-Length: 3\nContent-Length-X: 4\nContent-Length: 0\n\n",
	}
	broken := []string{
		"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
		"GET / HTTP/1.1\r\nContent-Length: 1\r\ntransfer-ENCODING: chunked\r\n\r\nx",
		"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n",
		"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"GET / HTTP/1.1\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
		"GET / HTTP/1.1\r\nA: b\r\n\tc\r\n\r\n",
		"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\nGET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
	}
	for size := range 9 {
		for _, text := range sound {
			if got := inPieces(text, size+1); got != text {
				t.Errorf("pieces of %d: %q became %q", size+1, text, got)
			}
		}
		for _, text := range broken {
			if got := inPieces(text, size+1); strings.Count(got, "\x00") != 1 {
				t.Errorf("pieces of %d: %q became %q", size+1, text, got)
			}
		}
	}
}

// Whatever a request says of its length, it is refused if it says two things, and
// what hides in its body is nobody's request.
func TestAmbiguousLengthsAreRefused(t *testing.T) {
	w, asked := newWay(t, Config{}), &atomic.Int64{}
	e, _ := serve(t, "web", 1, func(w http.ResponseWriter, r *http.Request) { asked.Add(1) })
	w.apply(t, want("web", 1, 1, e))
	w.refuses(t, func() net.Conn { return w.dial(t) })
	if n := asked.Load(); n != 0 {
		t.Errorf("the endpoint was asked %d times", n)
	}
}

// ambiguous are headers that tell a length in two ways, or in none.
var ambiguous = map[string]string{
	"CL.CL equal":     "Content-Length: 5\r\nContent-Length: 5",
	"CL.CL different": "Content-Length: 5\r\nContent-Length: 6",
	"CL list":         "Content-Length: 5, 5",
	"CL.TE":           "Content-Length: 5\r\nTransfer-Encoding: chunked",
	"TE.CL":           "Transfer-Encoding: chunked\r\nContent-Length: 5",
	"TE.TE":           "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
	"TE folded":       "Transfer-Encoding:\r\n chunked",
	"TE with a tab":   "Transfer-Encoding\t: chunked",
	"CL signed":       "Content-Length: +5",
	"CL in hex":       "Content-Length: 0x5",
}

// refuses sends each of them.
func (w *way) refuses(t *testing.T, dial func() net.Conn) {
	for name, header := range ambiguous {
		t.Run(name, func(t *testing.T) {
			c := dial()
			defer c.Close()
			fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: shop.example.com\r\n%s\r\n\r\n0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: x\r\n\r\n", header)
			answer, _ := io.ReadAll(c) // to the end: it must be closed
			if !bytes.HasPrefix(answer, []byte("HTTP/1.1 400 ")) && !bytes.HasPrefix(answer, []byte("HTTP/1.1 501 ")) || bytes.Count(answer, []byte("HTTP/1.1 ")) != 1 {
				t.Errorf("%q", answer)
			}
		})
	}
}
