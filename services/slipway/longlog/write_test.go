package longlog_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
)

// inFlight messages are sent before the first must be stored.
const inFlight = 4000

// stall is how long a busy machine may take to store one of them.
const stall = time.Minute

// sink stores a log in a server whose SLIPWAY_EVENTS was empty.
type sink struct {
	js   jetstream.JetStream
	last jetstream.PubAckFuture
	n    uint64
}

func newSink(t testing.TB, s *bus.Server) *sink {
	t.Helper()
	nc, err := nats.Connect(s.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc, jetstream.WithPublishAsyncMaxPending(inFlight))
	if err != nil {
		t.Fatal(err)
	}
	return &sink{js: js}
}

func (s *sink) put(subject string, body []byte) (err error) {
	m := nats.NewMsg(subject)
	m.Header.Set("content-type", "application/cloudevents+json")
	m.Data = body
	s.n++
	s.last, err = s.js.PublishMsgAsync(m, jetstream.WithStallWait(stall))
	return err
}

// flush waits until everything is stored, and checks that it stands where the count
// says.
func (s *sink) flush(ctx context.Context) error {
	select {
	case <-s.js.PublishAsyncComplete():
	case <-ctx.Done():
		return fmt.Errorf("write log: %w", ctx.Err())
	}
	select {
	case ack := <-s.last.Ok():
		if ack.Sequence != s.n || ack.Stream != events.StreamEvents {
			return fmt.Errorf("write log: %d events, the last stands at %s %d", s.n, ack.Stream, ack.Sequence)
		}
		return nil
	case err := <-s.last.Err():
		return fmt.Errorf("write log: %w", err)
	}
}
