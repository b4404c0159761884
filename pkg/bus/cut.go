package bus

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// errCut is the error of a dial while the connection is cut.
var errCut = errors.New("cut off by a drill")

// dialWait bounds one dial, as the client's own dialer does.
const dialWait = 2 * time.Second

// wire is what every connection of a Bus goes by, so that it can be cut.
type wire struct {
	mu    sync.Mutex
	cuts  int // how many Cut are on
	conns map[net.Conn]bool
	dial  func(network, address string) (net.Conn, error)
}

// Dial is nats.CustomDialer's.
func (w *wire) Dial(network, address string) (net.Conn, error) {
	return w.open(func() (net.Conn, error) { return w.dial(network, address) })
}

// open opens a connection, unless it is cut: neither before nor meanwhile.
func (w *wire) open(dial func() (net.Conn, error)) (net.Conn, error) {
	if w.isCut() {
		return nil, errCut
	}
	c, err := dial()
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cuts > 0 {
		c.Close()
		return nil, errCut
	}
	cut := &wired{Conn: c, wire: w}
	w.conns[cut] = true
	return cut, nil
}

func (w *wire) isCut() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.cuts > 0
}

// wired is a connection that its wire knows of.
type wired struct {
	net.Conn
	wire *wire
}

// Close is net.Conn's.
func (c *wired) Close() error {
	c.wire.mu.Lock()
	delete(c.wire.conns, c)
	c.wire.mu.Unlock()
	return c.Conn.Close()
}

// inside is an embedded server reached by a wire.
type inside struct {
	*wire
	server nats.InProcessConnProvider
}

// InProcessConn is nats.InProcessConnProvider's.
func (i inside) InProcessConn() (net.Conn, error) { return i.open(i.server.InProcessConn) }

func newWire() *wire {
	return &wire{conns: map[net.Conn]bool{}, dial: (&net.Dialer{Timeout: dialWait}).Dial}
}

// Cut keeps this connection from every server until ctx ends, as a broken network
// does; then it comes back by itself. It is for drills.
func (b *Bus) Cut(ctx context.Context) {
	w := b.wire
	w.mu.Lock()
	w.cuts++
	for c := range w.conns {
		c.(*wired).Conn.Close() // the client finds it broken and closes its own end
	}
	w.mu.Unlock()
	<-ctx.Done()
	w.mu.Lock()
	w.cuts--
	w.mu.Unlock()
}
