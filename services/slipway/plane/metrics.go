package plane

import (
	"context"

	"slipway.dev/services/metrics"
	"slipway.dev/services/metrics/hands"
)

// metrics folds samples into load windows, any number of copies of it.
func (h *host) metrics() part {
	name := metrics.Owner
	return part{name: name, log: h.logger(name), run: func(ctx context.Context, ready func()) error {
		b, err := h.connect(ctx, name)
		if err != nil {
			return err
		}
		defer b.Close()
		times, err := leaseTimesOf(ctx, b.Bus)
		if err != nil {
			return err
		}
		opt := h.options(name, ready)
		opt.Lease = times.Every
		return h.drive(ctx, metrics.Service(hands.New(b, opt.Logger)), b, opt, busKeeper{b.Bus, name})
	}}
}
