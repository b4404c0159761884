package upstream

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// sound are answers that any client reads.
var sound = map[string]whole{
	"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nx-MIXED: a\r\nX-Mixed:  b \t\r\n\r\nhello": {
		status: 200, header: http.Header{"Content-Length": {"5"}, "X-Mixed": {"a", "b"}}, length: 5, body: "hello"},
	"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n": {status: 200, header: http.Header{"Content-Length": {"0"}}},
	"HTTP/1.0 200 OK\nA: b\n\nto the end":       {status: 200, header: http.Header{"A": {"b"}}, length: -1, body: "to the end"},
	"HTTP/1.1 200 OK\r\n\r\n":                   {status: 200, header: http.Header{}, length: -1},
	"HTTP/1.1 204 No Content\r\n\r\n":           {status: 204, header: http.Header{}},
	"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n": {
		status: 304, header: http.Header{"Content-Length": {"7"}}},
	"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok": {
		status: 200, header: http.Header{"Content-Length": {"2"}}, length: 2, body: "ok"},
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nTrailer: Sum\r\n\r\n3;ext=1\r\nabc\r\n00A \r\n0123456789\r\n0\r\nSum: 13\r\nMore: yes\r\n\r\n": {
		status: 200, header: http.Header{"Transfer-Encoding": {"Chunked"}, "Trailer": {"Sum"}}, length: -1,
		body: "abc0123456789", trailer: http.Header{"Sum": {"13"}, "More": {"yes"}}},
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nF\r\n0123456789abcde\r\na\r\nfghijklmno\r\n0\r\n\r\n": {
		status: 200, header: http.Header{"Transfer-Encoding": {"chunked"}}, length: -1, body: "0123456789abcdefghijklmno"},
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n": {status: 200, header: http.Header{"Transfer-Encoding": {"chunked"}}, length: -1},
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok": {
		status: 200, header: http.Header{"Content-Length": {"2"}}, length: 2, body: "ok"},
}

// Answers are the same in whatever pieces they come.
func TestAnswersInPieces(t *testing.T) {
	for text, want := range sound {
		if want.trailer == nil {
			want.trailer = http.Header{}
		}
		for _, size := range []int{1, 2, 7, len(text)} {
			p := endpoint(t, func(_ int, c *net.TCPConn, r *bufio.Reader) {
				if !hears(r) {
					return
				}
				for piece := range slices.Chunk([]byte(text), size) {
					c.Write(piece)
				}
			})
			if got, err := ask(p, get); err != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("%q in pieces of %d: %+v %v, want %+v", text, size, got, err, want)
			}
		}
	}
}

// unsound are answers that could be read in two ways, or are none.
var unsound = []string{
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
	"HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok",
	"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok",
	"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok",
	"HTTP/1.1 200 OK\r\nContent-Length: 0x2\r\n\r\nok",
	"HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nok",
	"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nok",
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\nok\r\n0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\nok",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
	"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nA: b\r\n folded: c\r\nContent-Length: 2\r\n\r\nok",
	"HTTP/1.1 200 OK\r\n A: b\r\nContent-Length: 2\r\n\r\nok",
	"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok",
	"HTTP/1.1 200 OK\r\n: 2\r\n\r\nok",
	"HTTP/1.1 200 OK\r\nno colon\r\n\r\nok",
	"HTTP/1.1 200 OK\r\nA\x00: b\r\n\r\nok",
	"HTTP/1.1 200 OK\r\nA: b\x00c\r\n\r\nok",
	"HTTP/1.1 200 OK\r\nA: b\rContent-Length: 2\r\n\r\nok",
	"HTTP/1.1 200 OK\r\nContent-Length: \r2\r\n\r\nok",
	"HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 099 OK\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n",
	"HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.2 200 OK\r\n\r\n", "http/1.1 200 OK\r\n\r\n", "HTTP/1.1  200 OK\r\n\r\n",
	"SSH-2.0-no\r\n\r\n", "\r\n\r\n", "\r\nHTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 20",
	"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
	strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", beforeMost) + "HTTP/1.1 200 OK\r\n\r\n",
	"HTTP/1.1 200 OK\r\nA: " + strings.Repeat("b", headMost) + "\r\n\r\n",
}

func TestAnswersThatCouldBeReadInTwoWaysAreNone(t *testing.T) {
	for _, text := range unsound {
		p := says1(t, text)
		if reach := fails(t, p, get); reach != Malformed {
			t.Errorf("%.90q: %s", text, reach)
		}
		if p.Idle() != 0 {
			t.Errorf("%.90q: the connection is kept", text)
		}
	}
}

// A body that does not end where its framing says is an error, and the last of its
// connection.
func TestBodiesThatBreakOff(t *testing.T) {
	const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	for _, text := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
		chunked, chunked + "5", chunked + "5\r\nhal", chunked + "5\r\nwhole", chunked + "5\r\nwhole\r\n", chunked + "5\r\nwhole\r\n0\r\n",
		chunked + "5\r\nlonger\r\n0\r\n\r\n", chunked + "5\r\nwhole--0\r\n\r\n", chunked + "5\r\nwhole\r-0\r\n\r\n", chunked + "5\nwhole\r\n0\r\n\r\n", chunked + "5\r\nwhole\n0\r\n\r\n",
		chunked + "-5\r\nwhole\r\n0\r\n\r\n", chunked + "0x5\r\nwhole\r\n0\r\n\r\n", chunked + " 5\r\nwhole\r\n0\r\n\r\n", chunked + "\r\n\r\n",
		chunked + "10000000000000005\r\nwhole\r\n0\r\n\r\n", chunked + "5;" + strings.Repeat("x", sizeLine) + "\r\nwhole\r\n0\r\n\r\n",
		chunked + "5;a\rb\r\nwhole\r\n0\r\n\r\n",
		chunked + "0\r\n\n", chunked + "0\r\nA: b\n\r\n", chunked + "0\r\nA b\r\n\r\n", chunked + "0\r\nA: b\r\n c\r\n\r\n", chunked + "0\r\nA: b\x00\r\n\r\n",
		chunked + "0\r\nA: " + strings.Repeat("b", pieceMost) + "\r\n\r\n",
	} {
		p := says1(t, text)
		if w, err := ask(p, get); err == nil || w.status != 200 {
			t.Errorf("%.90q: %+v %v", text, w, err)
		}
		if p.Idle() != 0 {
			t.Errorf("%.90q: the connection is kept", text)
		}
	}
}

func TestAHeaderThatBreaksOffIsBroken(t *testing.T) {
	for _, text := range []string{"HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nA: b", "HTTP/1.1 100 Continue\r\n\r\n"} {
		if reach := fails(t, says1(t, text), get); reach != Broken {
			t.Errorf("%q: %s", text, reach)
		}
	}
}

// What a client asked by HEAD is told of a body is no body.
func TestHeadHasNoBody(t *testing.T) {
	p := answers(t, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
	for range 3 {
		if w, err := ask(p, head); err != nil || w.length != 5 || w.body != "" {
			t.Fatalf("%+v %v", w, err)
		}
	}
	if p.Idle() != 1 {
		t.Fatalf("%d connections", p.Idle())
	}
}

// Large bodies of every framing come whole.
func TestLargeBodies(t *testing.T) {
	body := strings.Repeat("0123456789abcdef", 20_000)
	var chunked strings.Builder
	for piece := range slices.Chunk([]byte(body), 7001) {
		fmt.Fprintf(&chunked, "%x\r\n%s\r\n", len(piece), piece)
	}
	for kind, text := range map[string]string{
		"length":  fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body),
		"chunked": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked.String() + "0\r\n\r\n",
	} {
		p := answers(t, text)
		for range 3 {
			must(t, p, get, body)
		}
		if p.Idle() != 1 {
			t.Errorf("%s: %d connections", kind, p.Idle())
		}
	}
	must(t, says1(t, "HTTP/1.1 200 OK\r\n\r\n"+body), get, body)
}

// oracle reads an answer as net/http's client does.
func oracle(text string) (w whole, err error) {
	r := bufio.NewReader(strings.NewReader(text))
	for {
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			return w, err
		}
		if res.StatusCode >= 100 && res.StatusCode < 200 && res.StatusCode != http.StatusSwitchingProtocols {
			continue
		}
		body, err := io.ReadAll(res.Body)
		return whole{status: res.StatusCode, header: res.Header, length: res.ContentLength, body: string(body), trailer: res.Trailer}, err
	}
}

// same compares what both read, but for what net/http takes out, adds or says once.
func same(ours, theirs whole) bool {
	for _, h := range []http.Header{ours.header, theirs.header} {
		if h.Get("Pragma") == "no-cache" {
			delete(h, "Cache-Control")
		}
		for _, name := range []string{"Transfer-Encoding", "Trailer", "Content-Length"} {
			delete(h, name)
		}
	}
	maps.DeleteFunc(theirs.trailer, func(_ string, v []string) bool { return len(v) == 0 })
	return ours.status == theirs.status && ours.body == theirs.body && reflect.DeepEqual(ours.header, theirs.header) &&
		(len(ours.trailer) == 0 && len(theirs.trailer) == 0 || reflect.DeepEqual(ours.trailer, theirs.trailer))
}

// What we take for an answer is what net/http takes it for: we are only stricter.
func FuzzAnswer(f *testing.F) {
	for text := range sound {
		f.Add(text)
	}
	for _, text := range unsound {
		f.Add(text)
	}
	texts := make(chan string, 1)
	p := endpoint(f, func(_ int, c *net.TCPConn, r *bufio.Reader) {
		if hears(r) {
			io.WriteString(c, <-texts)
		}
	})
	f.Fuzz(func(t *testing.T, text string) {
		texts <- text
		ours, err := ask(p, Request{Head: get.Head})
		p.CloseIdle()
		if err != nil {
			return
		}
		theirs, err := oracle(text)
		if err != nil || !same(ours, theirs) {
			t.Fatalf("%q: ours %+v, theirs %+v %v", text, ours, theirs, err)
		}
	})
}
