package plane

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"slipway.dev/events"
	"slipway.dev/pkg/ship"
	"slipway.dev/services/gateway"
	"slipway.dev/services/gateway/edge"
	"slipway.dev/services/slipway/version"
)

// door is where a gateway listens. A held listener is handed out once.
type door struct {
	address string
	mu      sync.Mutex
	held    net.Listener
}

func (d *door) open(address string) (net.Listener, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if l := d.held; l != nil {
		d.held = nil
		return l, nil
	}
	return net.Listen("tcp", address)
}

// close gives back a listener nobody opened.
func (d *door) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.held != nil {
		d.held.Close()
		d.held = nil
	}
}

// gateway is the way in.
func (h *host) gateway(id, onNode string, d *door) part {
	var now atomic.Pointer[edge.Driver]
	folder := filepath.Join(h.data, "gateway")
	p := part{name: "gateway-" + id, leased: true, log: h.logger("gateway-" + id)}
	p.run = func(ctx context.Context, ready func()) error {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return err
		}
		b := &later{}
		hands := edge.New(edge.Config{
			Name: id, Node: onNode, Listen: []string{d.address}, Open: d.open, Pid: os.Getpid(), Logger: p.log,
			Table: filepath.Join(folder, "table"), Hearsay: b,
		}, b)
		defer hands.Close()
		bus, err := h.connectServing(ctx, p.name, hands)
		if err != nil {
			return err
		}
		defer bus.Close()
		b.line.Store(&bus)
		now.Store(hands)
		defer now.Store(nil)
		times, err := leaseTimesOf(ctx, bus.Bus)
		if err != nil {
			return err
		}
		hands.Renew(times.Every)
		svc := gateway.Service(gateway.Config{
			Name: id, Node: onNode, Addresses: []string{d.address}, Version: version.Number, Pid: os.Getpid(), TTL: times.TTL,
		}, hands)
		opt := h.options(p.name, ready)
		beat := opt.Applied
		opt.Applied = func(at events.Position) { beat(at); hands.Folded(at) }
		return h.drive(ctx, svc, bus, opt, fileKeeper(filepath.Join(folder, "snapshot")))
	}
	p.leave = func(ctx context.Context) error {
		if hands := now.Load(); hands != nil {
			return hands.Leave(ctx)
		}
		return nil
	}
	return p
}

// connectServing connects; while the bus is away the last table is served.
func (h *host) connectServing(ctx context.Context, name string, hands *edge.Driver) (line, error) {
	id := h.reach
	id.Name, id.Log = name, h.logger(name)
	if b, err := once(ctx, id); err == nil {
		return line{b, id.Log}, nil
	}
	if err := hands.ServeStale(ctx); err != nil {
		id.Log.Warn().Err(err).Msg("no bus, and no table to serve meanwhile")
	}
	return h.connect(ctx, name)
}

// later is the bus of a driver that is made before it is there.
type later struct{ line atomic.Pointer[line] }

// Lease is the bus's, once there is one.
func (l *later) Lease(subject string, body events.LeaseBody) {
	if b := l.line.Load(); b != nil {
		b.Lease(subject, body)
	}
}

// Hearsay is the bus's, once there is one.
func (l *later) Hearsay(subject, id string, body []byte, done func(ship.Outcome)) bool {
	b := l.line.Load()
	return b != nil && b.Hearsay(subject, id, body, done)
}
