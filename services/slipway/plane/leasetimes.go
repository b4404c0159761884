package plane

import (
	"context"

	"slipway.dev/pkg/bus"
)

// leaseTimesOf are the bus's. It waits until the streams are made.
func leaseTimesOf(ctx context.Context, b *bus.Bus) (bus.LeaseTimes, error) {
	for wait := logWait; ; wait = min(2*wait, againMax) {
		times, err := b.LeaseTimes(ctx)
		if err == nil || !sleep(ctx, jitter(wait)) {
			return times, err
		}
	}
}
