package plane

import (
	"context"

	"slipway.dev/pkg/bus"
	"slipway.dev/services/metrics"
	"slipway.dev/services/metrics/hands"
)

// metrics folds samples into load windows, any number of copies of it.
func (h *host) metrics() part {
	return h.member(metrics.Owner, func(_ context.Context, b line, _ bus.LeaseTimes, run drive) error {
		return run(metrics.Service(hands.New(b, b.log)))
	})
}
