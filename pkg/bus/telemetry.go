package bus

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// Telemetry delivers what is kept of samples, loads and evaluations since a time and
// matches a filter such as slipway.telemetry.gateway.>; zero is all that is kept.
// Without follow it returns nil at the end of it. What cannot be read is passed over.
// It returns fn's error.
func (b *Bus) Telemetry(ctx context.Context, filter string, since time.Time, follow bool, fn func(events.Telemetry) error) error {
	return b.hearsay(ctx, events.StreamTelemetry, filter, since, follow, func(m service.Message) error {
		t, err := events.ParseTelemetry(m.Body)
		if err != nil {
			return nil
		}
		return fn(t)
	})
}

// Measured delivers samples and load windows that match any of the filters, from now on.
func (b *Bus) Measured(ctx context.Context, filters []string, r service.Reader) error {
	return b.read(ctx, source{stream: events.StreamTelemetry, filters: filters, policy: jetstream.DeliverNewPolicy}, events.Position{}, r)
}

// hearsay delivers what a stream that forgets still keeps.
func (b *Bus) hearsay(ctx context.Context, stream, filter string, since time.Time, follow bool, fn func(service.Message) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	from := source{stream: stream, filters: []string{filter}, policy: jetstream.DeliverAllPolicy}
	if !since.IsZero() {
		from.policy, from.since = jetstream.DeliverByStartTimePolicy, since
	}
	ended := false
	err := b.read(ctx, from, events.Position{}, service.Reader{
		Deliver: fn,
		CaughtUp: func() {
			if !follow {
				ended = true
				cancel()
			}
		},
	})
	if ended {
		return nil
	}
	return fmt.Errorf("read %s: %w", filter, err)
}
