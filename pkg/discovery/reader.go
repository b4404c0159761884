package discovery

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway.dev/events"
)

const (
	askWait       = 5 * time.Second
	pullExpiry    = 5 * time.Second
	pullHeartbeat = time.Second      // two missed ones are an interruption
	inactiveAfter = 30 * time.Second // a consumer nobody pulls from goes away
	soon          = 100 * time.Millisecond
)

var errBusAway = errors.New("the bus is away")

// reader hears one subject. Each life of it begins with the last message of each
// subject, so that it need not know where it was.
type reader struct {
	of      *Client
	js      jetstream.JetStream
	subject string
	routes  bool // it hears routes, not pools
	caught  bool // in this life
	heard   bool // in any life
}

func (r *reader) run(ctx context.Context) {
	for ctx.Err() == nil {
		err := r.life(ctx)
		if r.caught {
			r.caught = false
			r.of.up(-1)
		}
		if ctx.Err() != nil {
			return
		}
		r.of.failed(fmt.Errorf("discover by %s: %w", r.subject, err))
		select {
		case <-time.After(soon + rand.N(spread)):
		case <-ctx.Done():
		}
	}
}

// life reads until something interrupts it.
func (r *reader) life(ctx context.Context) error {
	ctx, leave := r.connected(ctx)
	defer leave()
	consumer, era, err := r.open(ctx)
	if err != nil {
		return err
	}
	if consumer.CachedInfo().NumPending == 0 {
		r.upToDate()
	}
	messages, err := consumer.Messages(jetstream.PullExpiry(pullExpiry), jetstream.PullHeartbeat(pullHeartbeat),
		jetstream.WithMessagesErrOnMissingHeartbeat(true))
	if err != nil {
		return fmt.Errorf("pull: %w", err)
	}
	defer messages.Stop()
	for heard := uint64(1); ; heard++ {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return errors.Join(context.Cause(ctx), err)
		}
		at, err := m.Metadata()
		if err != nil {
			return fmt.Errorf("read metadata: %w", err)
		}
		if at.Sequence.Consumer != heard {
			return fmt.Errorf("message %d came as %d", heard, at.Sequence.Consumer)
		}
		r.hear(m, events.Position{Era: era, Seq: at.Sequence.Stream})
		if at.NumPending == 0 {
			r.upToDate()
		}
	}
}

// connected ends a context with the connection, which the client library alone would
// wait for in silence.
func (r *reader) connected(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	lost := r.of.nc.StatusChanged(nats.DISCONNECTED, nats.RECONNECTING, nats.CLOSED)
	go func() {
		select {
		case <-lost:
			cancel(errBusAway)
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		r.of.nc.RemoveStatusListener(lost)
		cancel(nil)
	}
}

func (r *reader) open(ctx context.Context) (jetstream.Consumer, uint32, error) {
	ctx, cancel := context.WithTimeout(ctx, askWait)
	defer cancel()
	log, err := r.js.Stream(ctx, events.StreamEvents)
	if err != nil {
		return nil, 0, fmt.Errorf("ask about %s: %w", events.StreamEvents, err)
	}
	c, err := log.CreateConsumer(ctx, jetstream.ConsumerConfig{
		DeliverPolicy: jetstream.DeliverLastPerSubjectPolicy, AckPolicy: jetstream.AckNonePolicy,
		FilterSubject: r.subject, InactiveThreshold: inactiveAfter, MemoryStorage: true, Replicas: 1,
	})
	if err != nil {
		return nil, 0, fmt.Errorf("open consumer: %w", err)
	}
	return c, eraOf(log), nil
}

// hear takes what can be read; the next one of the app is whole again.
func (r *reader) hear(m jetstream.Msg, at events.Position) {
	if r.routes {
		w, tells, err := readWay(m.Subject(), m.Headers(), m.Data(), at)
		switch {
		case err != nil:
			r.of.failed(err)
		case tells:
			r.of.route(w)
		}
		return
	}
	l, err := read(m.Subject(), m.Headers(), m.Data(), at)
	if err != nil {
		r.of.failed(err)
		return
	}
	r.of.take(l)
}

func (r *reader) upToDate() {
	if r.routes && !r.heard {
		r.heard = true
		r.of.routesHeard()
	}
	if !r.caught {
		r.caught = true
		r.of.up(1)
	}
}
