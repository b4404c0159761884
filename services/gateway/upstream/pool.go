package upstream

import (
	"context"
	"net"
	"sync"
	"time"
)

// idleMost is how many idle connections a pool keeps.
const idleMost = 512

// Dial makes a connection to the endpoint.
type Dial func(ctx context.Context) (*net.TCPConn, error)

// Pool is the connections to one address.
type Pool struct {
	dial Dial

	mu    sync.Mutex
	idle  []*conn // in the order they came, the latest last
	limit time.Duration
	sweep *time.Timer // of the longest idle; nil: it does not run
}

// NewPool returns a pool that keeps a connection as long as it is idle for no more than
// the limit. It dials nobody.
func NewPool(dial Dial, limit time.Duration) *Pool { return &Pool{dial: dial, limit: limit} }

// SetIdle changes the limit, for those that are idle now as well.
func (p *Pool) SetIdle(limit time.Duration) {
	p.mu.Lock()
	p.limit = limit
	p.mu.Unlock()
	p.letGo()
}

// CloseIdle closes all idle connections.
func (p *Pool) CloseIdle() {
	p.mu.Lock()
	all := p.idle
	p.idle = nil
	p.mu.Unlock()
	closeAll(all)
}

// Idle returns how many connections are idle.
func (p *Pool) Idle() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.idle)
}

// take returns the connection that was idle for the shortest time, nil if there is none
// that may be used.
func (p *Pool) take() *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(p.idle) - 1
	if last < 0 || time.Since(p.idle[last].since) > p.limit {
		return nil // the sweep is about to close them
	}
	c := p.idle[last]
	p.idle[last] = nil
	p.idle = p.idle[:last]
	return c
}

// keep takes a connection back.
func (p *Pool) keep(c *conn) {
	c.since = time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle) == idleMost {
		c.tcp.Close()
		return
	}
	p.idle = append(p.idle, c)
	if p.sweep == nil {
		p.sweep = time.AfterFunc(p.limit, p.letGo)
	}
}

// letGo closes what was idle for too long, and comes again when the next will be.
func (p *Pool) letGo() {
	p.mu.Lock()
	n := 0
	for n < len(p.idle) && time.Since(p.idle[n].since) >= p.limit {
		n++
	}
	old := append([]*conn(nil), p.idle[:n]...)
	p.idle = append(p.idle[:0], p.idle[n:]...)
	clear(p.idle[len(p.idle):cap(p.idle)])
	if p.sweep != nil {
		p.sweep.Stop()
		p.sweep = nil
	}
	if len(p.idle) > 0 {
		p.sweep = time.AfterFunc(time.Until(p.idle[0].since.Add(p.limit)), p.letGo)
	}
	p.mu.Unlock()
	closeAll(old)
}

func closeAll(all []*conn) {
	for _, c := range all {
		c.tcp.Close()
	}
}
