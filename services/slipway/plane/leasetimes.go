package plane

import (
	"context"

	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/wait"
)

// leaseTimesOf are the bus's. It waits until the streams are made.
func leaseTimesOf(ctx context.Context, b *bus.Bus) (bus.LeaseTimes, error) {
	for pause := logWait; ; pause = min(2*pause, againMax) {
		times, err := b.LeaseTimes(ctx)
		if err == nil || !wait.For(ctx, jitter(pause)) {
			return times, err
		}
	}
}
