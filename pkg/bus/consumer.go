package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// consumer is one life's consumer on the server.
type consumer struct {
	b            *Bus
	of           jetstream.Consumer
	it           jetstream.MessagesContext
	stream, name string
	era          uint32
	wide         bool   // it reads the whole stream, whatever the filters are
	start        uint64 // last stream sequence delivered
	heard        uint64 // last consumer sequence; a hole in these is a lost message
	goal         uint64 // last sequence of the filters that the leader held when it was opened
	pending      uint64 // messages to come when it was opened
	left         int64  // of these

	until jetstream.NextOpt // the end of this life: made once, not for every message
}

// next waits for a message; where watch is set, a silence of a second ends with none.
// A timer for every message would cost as much as the message.
func (c *consumer) next(ctx context.Context, watch bool) (m service.Message, some bool, err error) {
	until := c.until
	if watch {
		waiting, cancel := context.WithTimeout(ctx, idleCheck)
		defer cancel()
		until = jetstream.NextContext(waiting)
	}
	msg, err := c.it.Next(until)
	if err != nil {
		if watch && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
			return m, false, nil
		}
		return m, false, err
	}
	md, err := msg.Metadata()
	if err != nil {
		return m, false, fmt.Errorf("read metadata: %w", err)
	}
	if c.heard++; md.Sequence.Consumer != c.heard {
		return m, false, fmt.Errorf("message %d of %s came as %d", c.heard, c.name, md.Sequence.Consumer)
	}
	return service.Message{
		Subject: msg.Subject(),
		Pos:     events.Position{Era: c.era, Seq: md.Sequence.Stream},
		Stored:  md.Timestamp,
		Header:  msg.Headers(),
		Body:    msg.Data(),
		Pending: md.NumPending,
	}, true, nil
}

// silence asks whether anything is left: what was counted when the consumer was
// opened may have been removed since.
func (r *reading) silence(ctx context.Context, c *consumer) error {
	ctx, cancel := context.WithTimeout(ctx, apiWait)
	defer cancel()
	info, err := c.of.Info(ctx)
	if err != nil {
		return fmt.Errorf("ask about reader %s: %w", c.name, err)
	}
	r.heardAll(info.NumPending == 0 && info.Delivered.Consumer == c.heard)
	return nil
}

// close gives the consumer back without waiting for the answer; where that fails it
// goes away by itself.
func (c *consumer) close() {
	c.it.Stop()
	ask := &nats.Msg{Subject: "$JS.API.CONSUMER.DELETE." + c.stream + "." + c.name, Reply: c.b.inbox + ".none"}
	_ = c.b.nc.PublishMsg(ask)
}
