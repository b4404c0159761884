package gateway

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// cell is one kind of load.
type cell struct {
	method      string
	size        int // bytes of the answer, and of the request of a POST
	connections int
}

func (c cell) String() string { return fmt.Sprintf("%s-%dB-%d", c.method, c.size, c.connections) }

func (c cell) request() []byte {
	text := c.method + " /path/to/something HTTP/1.1\r\nHost: shop.example.com\r\nUser-Agent: measure/1\r\nAccept: */*\r\nAccept-Encoding: gzip\r\n"
	if c.method == "GET" {
		return []byte(text + "\r\n")
	}
	return append(fmt.Appendf(nil, "%sContent-Length: %d\r\n\r\n", text, c.size), bytes.Repeat([]byte("y"), c.size)...)
}

// caller is one client with one connection.
type caller struct {
	to   string
	c    net.Conn
	r    *bufio.Reader
	said []byte
}

const callTimeout = 10 * time.Second

// call sends the request and reads the whole answer.
func (x *caller) call() error {
	if x.c == nil {
		c, err := net.Dial("tcp", x.to)
		if err != nil {
			return err
		}
		x.c, x.r = c, bufio.NewReaderSize(c, 16<<10)
	}
	if _, err := x.c.Write(x.said); err != nil {
		return x.broken(err)
	}
	m, err := readHead(x.r)
	if err == nil {
		err = m.discard(x.r)
	}
	if err == nil && !bytes.HasPrefix(m.first, []byte("HTTP/1.1 200")) {
		err = fmt.Errorf("answered %s", m.first)
	}
	if err != nil {
		return x.broken(err)
	}
	return nil
}

func (x *caller) broken(err error) error {
	x.c.Close()
	x.c = nil
	return err
}

// closed calls on all connections, each as fast as it is answered, until the time is
// over, and returns how many were.
func closed(to string, c cell, d time.Duration) (answered int, err error) {
	var n atomic.Int64
	var failed atomic.Pointer[error]
	var all sync.WaitGroup
	end := time.Now().Add(d)
	for range c.connections {
		all.Go(func() {
			x := &caller{to: to, said: c.request()}
			for time.Now().Before(end) && failed.Load() == nil {
				if err := x.call(); err != nil {
					failed.Store(&err)
					return
				}
				n.Add(1)
			}
			x.c.Close()
		})
	}
	all.Wait()
	if err := failed.Load(); err != nil {
		return 0, *err
	}
	return int(n.Load()), nil
}

// open calls at a rate whether or not earlier calls have been answered, and returns how
// long after it was due each was.
func open(to string, c cell, rate int, d time.Duration) (took []time.Duration, err error) {
	due := make(chan time.Time, rate)
	go func() {
		defer close(due)
		every, at := time.Second/time.Duration(rate), time.Now()
		for end := at.Add(d); at.Before(end); at = at.Add(every) {
			time.Sleep(time.Until(at)) // until it is due
			due <- at
		}
	}()
	var mu sync.Mutex
	var all sync.WaitGroup
	for range c.connections {
		all.Go(func() {
			x := &caller{to: to, said: c.request()}
			for at := range due {
				failed := x.call()
				late := time.Since(at)
				mu.Lock()
				took = append(took, late)
				if failed != nil {
					err = failed
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	slices.Sort(took)
	return took, err
}

// warm lets a contender make its connections and grow its heap.
func warm(b *testing.B, p *process, c cell) {
	b.Helper()
	if _, err := closed(p.address, c, 200*time.Millisecond); err != nil {
		b.Fatalf("%s: %v", p.of.name, err)
	}
}
