package upstream

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Request is what is sent: the header to its empty line, and the whole body.
type Request struct {
	Head, Body []byte
	Bodiless   bool // the method is HEAD: no answer to it has a body
	Repeatable bool // sending it twice does what once does
}

// Call is one request and its answer. The zero Call is ready; it is used once. All but
// Stop and Dialled are called by one goroutine.
type Call struct {
	mu      sync.Mutex
	conn    *conn
	quit    context.CancelFunc // of a dial under way
	stopped bool

	dialled atomic.Int64
	pool    *Pool
	answer  Answer
}

var errStopped = errors.New("stopped")

// Send sends the request and returns the answer's header; Close it. An error is an *Error.
func (c *Call) Send(p *Pool, r Request) (*Answer, error) {
	c.pool = p
	for broke, remade := false, false; ; {
		conn, err := c.connect(broke || remade)
		if err != nil {
			return nil, err
		}
		before := conn.answered
		in, err := conn.begin(r.Head, r.Body)
		if err == nil {
			conn.answered = true
			return c.read(conn, in, r.Bodiless)
		}
		sent := conn.sent > 0
		c.settle(false)
		switch {
		case before && !sent: // nobody can have seen it
		case !sent && !remade: // it was made a while ago, and not used
			remade = true
		case !sent:
			return nil, &Error{Unsent, err}
		case before && r.Repeatable && !broke:
			broke = true
		default:
			return nil, &Error{Unanswered, err}
		}
	}
}

// Stop ends the call: whatever waits for its endpoint returns an error.
func (c *Call) Stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = true
	if c.conn != nil {
		c.conn.tcp.Close()
	}
	if c.quit != nil {
		c.quit()
	}
}

// Dialled returns when a connection had been made for the call, in Unix nanoseconds; 0
// if it needed none. It may be asked from any goroutine.
func (c *Call) Dialled() int64 { return c.dialled.Load() }

// connect takes a kept connection, or makes one.
func (c *Call) connect(fresh bool) (*conn, error) {
	if !fresh {
		if conn := c.pool.take(); conn != nil {
			return conn, c.holds(conn)
		}
	}
	made, err := c.dial()
	if err != nil {
		return nil, &Error{Unconnected, err}
	}
	c.dialled.Store(time.Now().UnixNano())
	conn, err := newConn(made)
	if err != nil {
		made.Close()
		return nil, &Error{Unconnected, err}
	}
	return conn, c.holds(conn)
}

// holds makes a connection the call's, unless it was stopped.
func (c *Call) holds(conn *conn) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		conn.tcp.Close()
		return &Error{Unsent, errStopped}
	}
	c.conn = conn
	return nil
}

func (c *Call) dial() (*net.TCPConn, error) {
	ctx, quit := context.WithCancel(context.Background())
	defer quit()
	c.mu.Lock()
	if c.stopped {
		quit()
	}
	c.quit = quit
	c.mu.Unlock()
	made, err := c.pool.dial(ctx)
	c.mu.Lock()
	c.quit = nil
	c.mu.Unlock()
	return made, err
}

// settle gives the connection up, to the pool or for good.
func (c *Call) settle(whole bool) {
	c.mu.Lock()
	conn := c.conn
	c.conn = nil
	stopped := c.stopped
	c.mu.Unlock()
	switch {
	case conn == nil:
	case whole && !stopped:
		c.pool.keep(conn)
	default:
		conn.tcp.Close()
	}
}
