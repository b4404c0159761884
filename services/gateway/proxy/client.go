package proxy

import (
	"context"
	"net"
	"sync"
	"syscall"
	"time"
)

// clientConn is a client's connection. It spares the server what most requests do not
// need: deadlines that nobody waits for are noted and not set, and the server's look for
// a client that leaves, which costs a goroutine a read that finds nothing, is put off
// until a request takes long.
type clientConn struct {
	net.Conn
	framing framing
	once    sync.Once
	left    func()
	raw     syscall.RawConn    // nil: the server looks by itself
	gone    context.CancelFunc // of every request of the connection; nil: likewise

	mu      sync.Mutex
	want    time.Time     // deadline of reads
	have    time.Time     // the one that is set
	late    bool          // a deadline of writes is set
	reading bool          // a read is under way
	put     bool          // the look of this request was put off
	look    bool          // the look of this request is wanted
	looking chan struct{} // closed when ours has ended; nil: there is none

	gathering gathering
}

func newClientConn(c net.Conn, left func()) *clientConn {
	made := &clientConn{Conn: c, left: left}
	if tcp, ok := c.(*net.TCPConn); ok {
		made.raw, _ = tcp.SyscallConn()
	}
	return made
}

// Close is net.Conn's; it gives the connection's place back once.
func (c *clientConn) Close() error {
	if c.gathering.holds.Load() {
		c.Conn.SetWriteDeadline(time.Now().Add(lastWord))
		c.sendHeld() // an error comes with the close
	}
	err := c.Conn.Close()
	c.once.Do(c.left)
	return err
}

// CloseWrite ends the server's direction of a tunnel.
func (c *clientConn) CloseWrite() error {
	if err := c.sendHeld(); err != nil {
		return err
	}
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return c.Close()
}

// Read is net.Conn's.
func (c *clientConn) Read(p []byte) (int, error) {
	if c.putsOff(p) {
		return 0, nil // nothing was there, for all the server knows
	}
	if err := c.sendHeld(); err != nil {
		return 0, err
	}
	if err := c.setDeadline(); err != nil {
		return 0, err
	}
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	c.reading = false
	c.mu.Unlock()
	c.framing.see(p[:n])
	return n, err
}

// putsOff reports whether a read is the server's look for a client that leaves, and may
// wait: it is of one byte, where a request has ended, and the first there.
func (c *clientConn) putsOff(p []byte) bool {
	if c.gone == nil || c.framing.at != atRequest || c.framing.n > 0 {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(p) > 1 { // for another request
		c.put, c.look = false, false
		return false
	}
	first := !c.put && !c.look
	c.put = c.put || first
	return first
}

// SetReadDeadline is net.Conn's. A read that is under way heeds it at once.
func (c *clientConn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.want = t
	if !c.reading || c.have.Equal(t) {
		return nil
	}
	c.have = t
	return c.Conn.SetReadDeadline(t)
}

// SetWriteDeadline is net.Conn's.
func (c *clientConn) SetWriteDeadline(t time.Time) error {
	if t.IsZero() {
		c.sendHeld() // an error comes with the next read
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.late && t.IsZero() {
		return nil
	}
	c.late = !t.IsZero()
	return c.Conn.SetWriteDeadline(t)
}

// SetDeadline is net.Conn's.
func (c *clientConn) SetDeadline(t time.Time) error {
	if err := c.SetWriteDeadline(t); err != nil {
		return err
	}
	return c.SetReadDeadline(t)
}

// setDeadline sets what is wanted before a read, which is then under way.
func (c *clientConn) setDeadline() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopLooking()
	c.reading = true
	if near(c.have, c.want) {
		return nil
	}
	c.have = c.want
	return c.Conn.SetReadDeadline(c.want)
}

// nearEnough is the share of its time by which a deadline may come early: one that is
// pushed on with each request need not be set each time.
const nearEnough = 64

// near reports whether a deadline that is set serves for another that is wanted.
func near(have, want time.Time) bool {
	early := want.Sub(have)
	if early == 0 || have.IsZero() || want.IsZero() {
		return early == 0
	}
	return early > 0 && early < time.Until(want)/nearEnough
}

// past is a deadline that has passed.
var past = time.Unix(1, 0)

type clientKey struct{}

// withClient lets a connection end its requests.
func withClient(ctx context.Context, conn net.Conn) context.Context {
	c, ok := conn.(*clientConn)
	if !ok || c.raw == nil {
		return ctx
	}
	ctx, c.gone = context.WithCancel(ctx)
	return context.WithValue(ctx, clientKey{}, c)
}

// lookOut has the request's context end when its client leaves, from now on: it takes
// long, or does what should not be done for nobody.
func (x *exchange) lookOut() {
	if c, ok := x.r.Context().Value(clientKey{}).(*clientConn); ok {
		c.lookOut()
	}
}

func (c *clientConn) lookOut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.look = true; !c.put || c.looking != nil {
		return // the server will look, or somebody does
	}
	c.looking = make(chan struct{})
	c.have = time.Time{}
	c.Conn.SetReadDeadline(c.have)
	go c.watch(c.looking)
}

// watch waits for the client's next byte without taking it. What it waits for is the
// end; a next request that comes early is another's concern.
func (c *clientConn) watch(ended chan struct{}) {
	defer close(ended)
	left := false
	err := c.raw.Read(func(fd uintptr) bool {
		var one [1]byte
		n, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK)
		left = n == 0 && err == nil || err != nil && err != syscall.EAGAIN && err != syscall.EINTR
		return left || n > 0
	})
	if left && err == nil {
		c.gone()
	}
}

// stopLooking ends our look before a read; the caller holds the lock.
func (c *clientConn) stopLooking() {
	if c.looking == nil {
		return
	}
	c.have = past
	c.Conn.SetReadDeadline(past)
	<-c.looking
	c.looking = nil
}
