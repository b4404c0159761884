package proxy

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// An answer that is there as a whole is one write, and a larger one is whole, too.
func TestAnAnswerIsGathered(t *testing.T) {
	for _, c := range []struct{ size, writes int }{{100, 1}, {5000, 1}, {gatherMost, 1}, {2 * gatherMost, 6}} {
		body := strings.Repeat("x", c.size)
		near, seen := servedAlone(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(c.size))
			if c.size > 4000 {
				(&exchange{w: w, r: r}).gather(min(c.size, gatherMost))
			}
			io.WriteString(w, body)
		})
		r := bufio.NewReader(near)
		const all = 20
		for range all {
			io.WriteString(near, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
			res, err := http.ReadResponse(r, nil)
			if err != nil {
				t.Fatal(err)
			}
			if b, err := io.ReadAll(res.Body); string(b) != body || err != nil {
				t.Fatalf("%d bytes of %d, %v", len(b), c.size, err)
			}
		}
		if n := seen.writes.Load(); n > int64(c.writes)*all {
			t.Errorf("%d bytes: %d writes for %d answers", c.size, n, all)
		}
	}
}

// What is gathered waits for nobody: neither for a next request that came with it, nor
// for the end of the connection.
func TestWhatIsGatheredGoesOut(t *testing.T) {
	w := newWay(t, Config{})
	let := make(chan struct{})
	body := strings.Repeat("x", 10<<10)
	e, _ := serve(t, "a", 1, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/late" {
			<-let
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		io.WriteString(w, body)
	})
	w.apply(t, want("web", 1, 1, e))
	c := w.dial(t)
	defer c.Close()
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /late HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	r := bufio.NewReader(c)
	for n := range 3 {
		if n == 1 {
			close(let) // the first answer was whole before
		}
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(res.Body); string(b) != body || err != nil {
			t.Fatalf("%d bytes, %v", len(b), err)
		}
	}
	if _, err := r.ReadByte(); err != io.EOF {
		t.Fatal(err)
	}
}
