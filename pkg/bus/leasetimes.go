package bus

import (
	"context"
	"time"

	"slipway.dev/events"
)

// LeaseTimes say how often a holder tells that it lives and for how long silence is
// not believed.
type LeaseTimes struct {
	Every time.Duration
	TTL   time.Duration
}

// LeaseTimes are those of the bus as it is: where leases lie on several servers an
// election may silence everybody for some seconds. ErrNoStream before they are made.
func (b *Bus) LeaseTimes(ctx context.Context) (LeaseTimes, error) {
	si, err := b.streamInfo(ctx, events.StreamLeases)
	if err != nil {
		return LeaseTimes{}, err
	}
	if si.Config.Replicas > 1 {
		return LeaseTimes{Every: events.LeaseEveryCluster, TTL: events.LeaseTTLCluster}, nil
	}
	return LeaseTimes{Every: events.LeaseEvery, TTL: events.LeaseTTL}, nil
}
