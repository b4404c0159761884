package plane

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"

	"slipway.dev/events"
	"slipway.dev/pkg/ship"
	"slipway.dev/services/gateway"
	"slipway.dev/services/gateway/edge"
	"slipway.dev/services/gateway/proxy"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/version"
)

// gateway is the way in. The two slots of a gateway have its folder, its table and
// what it has served in common; the fold of what a slot has said is the slot's own.
func (h *host) gateway(id, onNode string, d *door) part {
	folder := filepath.Join(h.data, "gateway")
	p := part{name: "gateway-" + id, leased: true, log: h.logger("gateway-" + id)}
	p.run = func(ctx context.Context, ready func()) error {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return err
		}
		b := &later{}
		certificates, told, err := d.certificates(folder, b)
		if err != nil {
			return err
		}
		ctx, end := context.WithCancelCause(ctx)
		defer end(nil)
		hands := edge.New(edge.Config{
			Usurped: func(incarnation int) { end(usurped(id, incarnation)) },
			Name:    id, Node: onNode, Listen: d.addresses(), Open: d.open, Opened: d.opened, Pid: os.Getpid(), Logger: p.log,
			Table: filepath.Join(folder, "table"), Streams: d.streams, Hearsay: b, TLS: certificates,
			Proxy: proxy.Config{TrustedProxies: d.trusted}, Cut: b.cut,
		}, b)
		defer hands.Close()
		bus, err := h.connectServing(ctx, p.name, hands, d.heir)
		if err != nil {
			return err
		}
		defer bus.Close()
		b.line.Store(&bus)
		d.hands.Store(hands)
		defer d.hands.Store(nil)
		times, err := leaseTimesOf(ctx, bus.Bus)
		if err != nil {
			return err
		}
		hands.Renew(times.Every)
		svc := gateway.Service(gateway.Config{
			Name: id, Node: onNode, Addresses: d.addresses(), Version: version.Number, Pid: os.Getpid(), TTL: times.TTL, TLS: told,
			Drills: h.drill,
		}, hands)
		opt := h.options(p.name, ready)
		beat := opt.Applied
		opt.Applied = func(at events.Position) { beat(at); hands.Folded(at) }
		opt.Behind = hands.Behind
		err = h.drive(ctx, svc, bus, opt, fileKeeper(filepath.Join(folder, "snapshot-"+url.PathEscape(id))))
		var gone *fault.Fault
		if ended := context.Cause(ctx); errors.As(ended, &gone) {
			return ended
		}
		return err
	}
	p.leave = func(ctx context.Context) error {
		hands := d.hands.Load()
		switch {
		case hands == nil:
			return nil
		case d.handedOver():
			return hands.HandOver(ctx)
		}
		return hands.Leave(ctx)
	}
	return p
}

// usurped is the end of a gateway whose name another process goes by.
func usurped(id string, incarnation int) error {
	return fault.New("SLW-C006", "gateway %s is another process now", id).
		Because(fmt.Sprintf("incarnation %d has joined by that name since", incarnation)).Try("slipway run gateway --id NAME")
}

// connectServing connects; while the bus is away the last table is served, unless a
// predecessor serves by a newer one.
func (h *host) connectServing(ctx context.Context, name string, hands *edge.Driver, heir bool) (line, error) {
	id := h.reach
	id.Name, id.Log = name, h.logger(name)
	if b, err := once(ctx, id); err == nil {
		return line{b, id.Log}, nil
	}
	if heir {
		return h.connect(ctx, name)
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

// cut keeps the gateway from the bus until ctx ends.
func (l *later) cut(ctx context.Context) {
	if b := l.line.Load(); b != nil {
		b.Cut(ctx)
	}
}

// Hearsay is the bus's, once there is one.
func (l *later) Hearsay(subject, id string, body []byte, done func(ship.Outcome)) bool {
	b := l.line.Load()
	return b != nil && b.Hearsay(subject, id, body, done)
}
