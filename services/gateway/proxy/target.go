package proxy

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// warmFor bounds how long a connection made by the probe may wait for its
	// first request; servers close those that send no header soon.
	warmFor = time.Second
)

// Target is one endpoint's address with its connections.
type Target struct {
	address  string
	ports    map[string]string
	protocol string

	main      *line        // in its own protocol
	dialLimit atomic.Int64 // nanoseconds
	reached   atomic.Bool  // a connect has succeeded
	silent    atomic.Bool  // no connect succeeds: not to be picked while others can be

	mu     sync.Mutex
	others map[string]*line // by protocol, where a route asks for another
	warm   net.Conn         // the probe's connection, until its first use
}

func newTarget(e Endpoint) *Target {
	t := &Target{address: e.Address, ports: e.Ports, protocol: e.Protocol}
	t.dialLimit.Store(int64(defaults.Dial))
	t.main = newLine(t, e.Protocol)
	return t
}

// is reports whether the target is where that endpoint says it is.
func (t *Target) is(e Endpoint) bool {
	return t.address == e.Address && t.protocol == e.Protocol && sameMap(t.ports, e.Ports)
}

func sameMap(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}

// at returns the address of a named port ("" is the main one), "" if there
// is none of that name.
func (t *Target) at(port string) string {
	if port == "" {
		return t.address
	}
	return t.ports[port]
}

// over returns the connections in a protocol; "" is the endpoint's own.
func (t *Target) over(protocol string) *line {
	if protocol == "" || protocol == t.main.protocol {
		return t.main
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.others[protocol]
	if l == nil {
		if t.others == nil {
			t.others = map[string]*line{}
		}
		l = newLine(t, protocol)
		t.others[protocol] = l
	}
	return l
}

func (t *Target) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if address == t.address {
		if c := t.takeWarm(); c != nil {
			return c, nil
		}
	}
	d := net.Dialer{Timeout: time.Duration(t.dialLimit.Load()), KeepAlive: 15 * time.Second}
	c, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c}, nil
}

// dialTCP is dial for our own client, which needs no count of what was written.
func (t *Target) dialTCP(ctx context.Context, address string) (*net.TCPConn, error) {
	c, err := t.dial(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return c.(*conn).Conn.(*net.TCPConn), nil
}

// probe makes the one TCP connect before the first request and keeps it warm.
func (t *Target) probe(ctx context.Context) error {
	c, err := t.dial(ctx, "tcp", t.address)
	if err != nil {
		return err
	}
	t.mu.Lock()
	t.warm = c
	t.mu.Unlock()
	time.AfterFunc(warmFor, t.closeWarm)
	t.reached.Store(true)
	t.silent.Store(false)
	return nil
}

func (t *Target) takeWarm() net.Conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.warm
	t.warm = nil
	return c
}

func (t *Target) closeWarm() {
	if c := t.takeWarm(); c != nil {
		c.Close()
	}
}

// close drops idle connections; the target has left the table.
func (t *Target) close() {
	t.closeWarm()
	t.main.closeIdle()
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, l := range t.others {
		l.closeIdle()
	}
}
