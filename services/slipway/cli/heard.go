package cli

import (
	"context"

	"slipway.dev/events"
	"slipway.dev/services/slipway/progress"
	"slipway.dev/services/slipway/view"
)

// listen hears what gateways count, for a picture that shows it, until ctx ends. It is
// hearsay: should it fail, the picture lacks the numbers.
func (f *follower) listen(ctx context.Context) {
	if f.progressKind() != progress.TTY {
		return
	}
	since := f.began
	for _, l := range f.legs {
		if w := f.log.Way(l.App, l.Release, since); w.Live && w.Planned.Before(since) {
			since = w.Planned
		}
	}
	go func() {
		_ = f.bus.Telemetry(ctx, gatewaySamples, since.Add(-trafficWindow-view.Lookback), true, func(t events.Telemetry) error {
			select {
			case f.counted <- t:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
}

// hearCounts takes what gateways have counted so far.
func (f *follower) hearCounts(t events.Telemetry) {
	f.meter.Hear(t)
	for {
		select {
		case t := <-f.counted:
			f.meter.Hear(t)
		default:
			f.meter.Forget(f.meter.Newest().Add(-trafficWindow - view.Lookback))
			return
		}
	}
}
