package bus

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/wait"
)

const (
	wishWait  = 5 * time.Second        // then the person is told that nobody keeps it
	wishAgain = 200 * time.Millisecond // between two tries; the id makes them one wish
)

// ErrUnkept says that no server took a wish in time. It may be kept nevertheless: said
// again under the same id it is one wish.
var ErrUnkept = errors.New("nobody has kept it yet")

// Wish keeps a wish and returns its position. Said again under the same id within
// the ten minutes of duplicates it is the same wish, at the same position. It tries
// for at most five seconds, then returns ErrUnkept.
func (b *Bus) Wish(ctx context.Context, w events.Event) (events.Position, error) {
	m, err := b.wishMessage(w)
	if err != nil {
		return events.Position{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, wishWait)
	defer cancel()
	ctx, unwatch := b.denials.watch(ctx, []string{m.Subject})
	defer unwatch()
	for {
		seq, last, err := b.keepWish(ctx, m)
		if err == nil {
			era, err := b.era(ctx, events.StreamWishes)
			return events.Position{Era: era, Seq: seq}, err
		}
		if cause := context.Cause(ctx); errors.Is(cause, service.ErrDenied) {
			return events.Position{}, fmt.Errorf("wish %s: %w", m.Subject, cause)
		}
		if last {
			return events.Position{}, fmt.Errorf("wish %s: %w", m.Subject, err)
		}
		if !wait.For(ctx, wishAgain+rand.N(wishAgain)) {
			return events.Position{}, fmt.Errorf("wish %s: %w: %w", m.Subject, ErrUnkept, err)
		}
	}
}

// wishMessage validates, signs and writes a wish.
func (b *Bus) wishMessage(w events.Event) (*nats.Msg, error) {
	switch {
	case !w.Kind.IsWish() || !w.Kind.Known():
		return nil, fmt.Errorf("wish %s: not a wish of the catalogue", w.Kind.Name())
	case w.ID == "" || len(w.ID) > events.MaxIDBytes:
		return nil, fmt.Errorf("wish %s: id of %d bytes, want 1 to %d", w.Kind.Name(), len(w.ID), events.MaxIDBytes)
	}
	body, err := events.Encode(w)
	if err != nil {
		return nil, fmt.Errorf("encode wish %s: %w", w.Kind.Name(), err)
	}
	m := nats.NewMsg(w.StreamSubject())
	m.Data = body
	m.Header.Set(headerID, w.ID)
	m.Header.Set(headerStream, events.StreamWishes)
	m.Header.Set(headerType, cloudEvent)
	return m, Sign(m.Header, m.Subject, body)
}

// keepWish makes one try; last tells that another one would not help.
func (b *Bus) keepWish(ctx context.Context, m *nats.Msg) (seq uint64, last bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, tryWait)
	defer cancel()
	ack, err := b.publish(ctx, m)
	if err != nil {
		o, _ := judge(err)
		return 0, o == refused || o == full, err
	}
	return ack.Sequence, false, nil
}

// Wishes delivers what is kept of wishes after a position and goes on for ever, as
// Read does. What has been forgotten is passed over.
func (b *Bus) Wishes(ctx context.Context, after events.Position, filters []string, r service.Reader) error {
	if len(filters) == 0 {
		filters = []string{"slipway.wish.>"}
	}
	return b.read(ctx, source{stream: events.StreamWishes, filters: filters}, after, r)
}

// Answer waits for the fact that answers a wish: the first one stored after a
// position, taken before the wish was made, that matches the filter and names the
// wish. When ctx ends it returns ctx's error: the addressee is silent, and wishing
// again would not help.
func (b *Bus) Answer(ctx context.Context, wish, after events.Position, filter string) (answer events.Event, err error) {
	err = b.Read(ctx, after, []string{filter}, service.Reader{Deliver: func(m service.Message) error {
		e, err := events.Parse(m.Subject, m.Header, m.Body)
		if err != nil || e.Wish != wish {
			return nil // what nobody can read answers nobody
		}
		answer = e
		answer.Pos, answer.Stored = m.Pos, m.Stored
		return errAnswered
	}})
	if !errors.Is(err, errAnswered) {
		return events.Event{}, fmt.Errorf("wait for the answer to wish %s: %w", wish, err)
	}
	if err := answer.Decode(); err != nil {
		return events.Event{}, fmt.Errorf("read the answer to wish %s: %w", wish, err)
	}
	return answer, nil
}

var errAnswered = errors.New("answered")
