package longlog_test

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway.dev/events"
	"slipway.dev/services/slipway/longlog"
)

// inFlight messages are sent before the first must be stored.
const inFlight = 4000

// publish tells a log into a server whose SLIPWAY_EVENTS is made and empty.
func publish(ctx context.Context, nc *nats.Conn, o longlog.Options) (int, error) {
	js, err := jetstream.New(nc, jetstream.WithPublishAsyncMaxPending(inFlight))
	if err != nil {
		return 0, fmt.Errorf("write log: %w", err)
	}
	var last jetstream.PubAckFuture
	n, err := longlog.Tell(o, func(subject string, body []byte) (err error) {
		m := nats.NewMsg(subject)
		m.Header.Set("content-type", "application/cloudevents+json")
		m.Data = body
		last, err = js.PublishMsgAsync(m)
		return err
	})
	if err != nil {
		return n, fmt.Errorf("write log: %w", err)
	}
	select {
	case <-js.PublishAsyncComplete():
	case <-ctx.Done():
		return n, fmt.Errorf("write log: %w", ctx.Err())
	}
	return n, stored(js, last, n)
}

// stored checks that the last message stands where the count says.
func stored(js jetstream.JetStream, last jetstream.PubAckFuture, n int) error {
	select {
	case ack := <-last.Ok():
		if ack.Sequence != uint64(n) || ack.Stream != events.StreamEvents {
			return fmt.Errorf("write log: %d events, the last stands at %s %d", n, ack.Stream, ack.Sequence)
		}
		return nil
	case err := <-last.Err():
		return fmt.Errorf("write log: %w", err)
	}
}
