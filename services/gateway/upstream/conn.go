package upstream

import (
	"errors"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"time"
)

// stage is how far a connection has come with a request.
type stage int

const (
	looking stage = iota // whether it is still silent
	writing
	reading
)

// conn is one connection to the endpoint.
type conn struct {
	tcp      *net.TCPConn
	raw      syscall.RawConn
	step     func(fd uintptr) bool // talk, bound once
	since    time.Time             // when it became idle
	answered bool                  // it has brought an answer before

	// of the request that it carries
	at         stage
	head, body []byte
	sent       int // bytes that the kernel took
	in         *buffer
	err        error // of the look, the write or the first read
	one        [1]byte
	rest       atomic.Int32 // of the request, that is written beside the answer
}

const (
	restNone int32 = iota
	restUnderWay
	restFailed
)

var (
	errStale  = errors.New("the endpoint has closed an idle connection or spoken unasked")
	errUnsaid = errors.New("the endpoint has closed the connection without an answer")
)

func newConn(c *net.TCPConn) (*conn, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, err
	}
	made := &conn{tcp: c, raw: raw}
	made.step = made.talk
	return made, nil
}

// begin writes a request and reads what comes back first.
func (c *conn) begin(head, body []byte) (*buffer, error) {
	c.at, c.head, c.body, c.sent, c.in, c.err = looking, head, body, 0, nil, nil
	err := c.raw.Read(c.step)
	in := c.in
	c.head, c.body, c.in = nil, nil, nil
	if err != nil {
		return nil, err
	}
	return in, c.err
}

// again reads what comes next. No buffer is lent while that is waited for.
func (c *conn) again() (*buffer, error) {
	c.at, c.in, c.err = reading, nil, nil
	err := c.raw.Read(c.step)
	in := c.in
	c.in = nil
	switch {
	case err != nil:
		return nil, err
	case c.err == errUnsaid:
		return nil, io.ErrUnexpectedEOF
	}
	return in, c.err
}

// talk goes on with what the socket allows now, and reports whether it is done. It runs
// inside one read of the poller, which was made ready before the look: what comes after
// the look wakes it, so the read that follows the write finds something.
func (c *conn) talk(fd uintptr) bool {
	if c.at == looking {
		if n, err := readNow(fd, c.one[:]); n > 0 || !wouldBlock(err) {
			c.err = errStale
			return true
		}
		c.at = writing
	}
	if c.at == writing {
		if !c.write(fd) {
			return true
		}
		c.at = reading
		return false
	}
	return c.hear(fd)
}

// write reports whether an answer is to be waited for.
func (c *conn) write(fd uintptr) bool {
	for _, part := range [...][]byte{c.head, c.body} {
		for len(part) > 0 {
			n, err := writeNow(fd, part)
			if n > 0 {
				c.sent += n
				part = part[n:]
				continue
			}
			if wouldBlock(err) {
				c.finishBeside()
				return true
			}
			c.err = err
			return c.sent > 0 // it may have answered before it closed
		}
	}
	return true
}

// finishBeside writes what the kernel does not take now while the answer is waited for:
// an endpoint may answer first and read the rest then, or never.
func (c *conn) finishBeside() {
	rest := append(append([]byte(nil), c.head...), c.body...)[c.sent:]
	c.rest.Store(restUnderWay)
	go func() {
		if _, err := c.tcp.Write(rest); err != nil {
			c.rest.Store(restFailed)
			return
		}
		c.rest.Store(restNone)
	}()
}

// hear reads once.
func (c *conn) hear(fd uintptr) bool {
	in := lend()
	n, err := readNow(fd, in.b[:])
	if n > 0 {
		c.in, c.err, in.w = in, nil, n
		return true
	}
	buffers.Put(in)
	if wouldBlock(err) {
		return false
	}
	if c.err = err; err == nil {
		c.err = errUnsaid
	}
	return true
}

// more reads behind what is unread.
func (c *conn) more(in *buffer) error {
	n, err := c.tcp.Read(in.b[in.w:])
	in.w += n
	if n > 0 {
		return nil
	}
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
