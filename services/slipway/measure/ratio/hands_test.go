package ratio

import (
	"context"
	"sync"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/service"
	"slipway.dev/services/gateway"
	"slipway.dev/services/node"
)

// hands do at once whatever they are told, so that what is measured is ours: a
// process starts, a check passes and a table is published in no time.
type hands struct {
	bus   *bus.Bus
	lease string // subject
	first []any  // senses of the start
	do    func(data any) (sense any)

	mu    sync.Mutex
	sense func(service.Signal)
}

var _ service.Driver = (*hands)(nil)

// Watch tells the first senses.
func (h *hands) Watch(ctx context.Context, sense func(service.Signal), ready func()) error {
	h.mu.Lock()
	h.sense = sense
	h.mu.Unlock()
	for _, data := range h.first {
		sense(service.Signal{Data: data})
	}
	ready()
	<-ctx.Done()
	return ctx.Err()
}

// Do does an act.
func (h *hands) Do(ctx context.Context, a service.Act) {
	switch d := a.Data.(type) {
	case node.Lease:
		h.renew(ctx, d.Incarnation)
	case gateway.Lease:
		h.renew(ctx, d.Incarnation)
	default:
		if told := h.do(d); told != nil {
			h.mu.Lock()
			sense := h.sense
			h.mu.Unlock()
			sense(service.Signal{Data: told})
		}
		if a.Long {
			<-ctx.Done()
		}
	}
}

func (h *hands) renew(ctx context.Context, incarnation int) {
	tick := time.NewTicker(events.LeaseEvery)
	defer tick.Stop()
	for n := uint64(1); ctx.Err() == nil; n++ {
		_ = h.bus.Lease(h.lease, events.LeaseBody{Incarnation: incarnation, N: n})
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

func nodeHands(b *bus.Bus, name string) *hands {
	return &hands{
		bus: b, lease: events.LeaseSubject("node", name),
		first: []any{
			node.Boot{Nonce: name, Arch: "amd64", Os: "linux", Drivers: []string{"process"}, CPUMilli: 1_000_000, MemoryBytes: 1 << 42},
			node.Listed{First: true},
		},
		do: func(data any) any {
			switch d := data.(type) {
			case node.Fetch:
				return node.Content{ID: d.ID}
			case node.Start:
				return node.Running{ID: d.ID, Try: d.Try, Pid: 1}
			case node.Watch:
				return node.Checked{ID: d.ID, Try: d.Try, OK: true, Consecutive: 1}
			case node.Halt:
				return node.Ended{ID: d.ID, Try: d.Try, Code: -1, Signal: "TERM"}
			case node.Stop:
				return node.Confirmed{ID: d.ID}
			}
			return nil
		},
	}
}

func gatewayHands(b *bus.Bus, name string) *hands {
	return &hands{
		bus: b, lease: events.LeaseSubject("gateway", name), first: []any{gateway.Boot{Nonce: name}},
		do: func(data any) any {
			switch d := data.(type) {
			case gateway.Desired:
				return gateway.Applied{App: d.App, Order: d.Order, Generation: d.Generation, Pool: d.Pool}
			case gateway.Listen:
				return gateway.Opened{}
			case gateway.Health:
				return gateway.Healthy{Life: d.Life}
			}
			return nil
		},
	}
}
