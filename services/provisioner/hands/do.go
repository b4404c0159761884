package hands

import (
	"context"
	"errors"

	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/service"
	"slipway.dev/services/provisioner"
)

// Do is service.Driver's.
func (h *Hands) Do(ctx context.Context, a service.Act) {
	select {
	case <-h.heard:
	case <-ctx.Done():
		return
	}
	switch d := a.Data.(type) {
	case provisioner.Make:
		h.retry(ctx, a.ID, func(ctx context.Context) error { return h.make(ctx, a.ID, d) })
	case provisioner.Drop:
		h.retry(ctx, a.ID, func(ctx context.Context) error { return h.drop(ctx, a.ID, d) })
	case provisioner.Look:
		h.retry(ctx, a.ID, func(ctx context.Context) error { return h.find(ctx, a.ID, d) })
	}
}

func (h *Hands) make(ctx context.Context, act string, m provisioner.Make) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	d, err := h.bus.MakeDurable(ctx, bus.Durable{
		Name: m.Name, Filters: m.Filters, Wish: m.Wish, Since: m.Since,
		MaxAckPending: provisioner.MaxAckPending, BackOff: provisioner.BackOff(), IdleAfter: provisioner.IdleAfter(),
	})
	if err == nil {
		h.sense(service.Signal{Data: provisioner.Stands{Durable: standing(d)}})
		return nil
	}
	return h.failed(act, err)
}

// failed senses what no other try mends, and returns the rest.
func (h *Hands) failed(act string, err error) error {
	for _, no := range []struct {
		is    error
		cause string
	}{{bus.ErrForeign, "name"}, {bus.ErrNoRoom, "limit"}, {bus.ErrRefused, "filter"}} {
		if errors.Is(err, no.is) {
			h.sense(service.Signal{Data: provisioner.Failed{Act: act, Cause: no.cause, Why: err.Error()}})
			return nil
		}
	}
	return err
}

func (h *Hands) drop(ctx context.Context, act string, d provisioner.Drop) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.bus.DropDurable(ctx, d.Name); err != nil && !errors.Is(err, bus.ErrForeign) {
		return err
	}
	h.sense(service.Signal{Data: provisioner.Absent{Name: d.Name, Act: act}})
	return nil
}

func (h *Hands) find(ctx context.Context, act string, d provisioner.Look) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	found, err := h.bus.Durable(ctx, d.Name)
	switch {
	case err == nil:
		h.sense(service.Signal{Data: provisioner.Stands{Durable: standing(found)}})
	case errors.Is(err, bus.ErrNoDurable), errors.Is(err, bus.ErrForeign):
		h.sense(service.Signal{Data: provisioner.Absent{Name: d.Name, Act: act}})
	default:
		return err
	}
	return nil
}
