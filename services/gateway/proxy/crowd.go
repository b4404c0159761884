package proxy

import (
	"net"
	"net/netip"
	"sync"
)

// connectionsPerClient bounds what one address may hold of a gateway's
// connections.
const connectionsPerClient = 256

// crowd counts the connections of each client's address. Whoever speaks for
// many is not counted: a trusted proxy, and the machine itself.
type crowd struct {
	max    int // Unlimited: nobody is counted; so it is by a nil crowd
	exempt func(netip.Addr) bool

	mu sync.Mutex
	of map[netip.Addr]int
}

func newCrowd(most int, exempt func(netip.Addr) bool) *crowd {
	if most == 0 {
		most = connectionsPerClient
	}
	return &crowd{max: most, exempt: exempt, of: map[netip.Addr]int{}}
}

// accept returns the next connection of a client that may have one more; others
// are closed.
func (c *crowd) accept(l net.Listener) (conn net.Conn, left func(), err error) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return nil, nil, err
		}
		if left, ok := c.enter(conn); ok {
			return conn, left, nil
		}
		conn.Close()
	}
}

// enter counts a connection in; ok is false if its client has as many as it may.
// left counts it out.
func (c *crowd) enter(conn net.Conn) (left func(), ok bool) {
	if c == nil || c.max < 0 {
		return func() {}, true
	}
	ap, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	from := ap.Addr().Unmap().WithZone("")
	if err != nil || c.exempt(from) {
		return func() {}, true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of[from] >= c.max {
		return nil, false
	}
	c.of[from]++
	return func() { c.leave(from) }, true
}

func (c *crowd) leave(from netip.Addr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of[from]--; c.of[from] == 0 {
		delete(c.of, from)
	}
}

// speaksForMany tells that an address is no one client's.
func (p *Proxy) speaksForMany(a netip.Addr) bool { return a.IsLoopback() || p.trusts(a) }
