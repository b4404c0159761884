package edge

import (
	"context"
	"math/rand/v2"
	"time"

	"slipway.dev/events"
	"slipway.dev/services/gateway"
)

// lease says that the gateway lives, until the act ends. A tenth of jitter keeps a
// fleet that started at once from speaking at once.
func (d *Driver) lease(ctx context.Context, l gateway.Lease) {
	subject := events.LeaseSubject(gateway.Owner, d.cfg.Name)
	body := events.LeaseBody{Incarnation: l.Incarnation, Level: events.Level, Pid: d.cfg.Pid, Node: d.cfg.Node}
	if len(d.cfg.Listen) > 0 {
		body.Address = d.cfg.Listen[0]
	}
	if d.told != nil {
		d.told.access.incarnation.Store(int64(l.Incarnation))
	}
	for {
		body.N++
		body.Head = d.position().Seq
		d.bus.Lease(subject, body)
		every := time.Duration(d.every.Load())
		jitter := time.Duration((rand.Float64() - 0.5) / 5 * float64(every))
		select {
		case <-ctx.Done():
			return
		case <-time.After(every + jitter):
		}
	}
}
