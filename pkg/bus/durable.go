package bus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"slipway.dev/events"
)

// What marks a consumer as made for an integrator: the wish it was made for, and the
// first event it may be given.
const (
	metaWish = "slipway.wish"
	metaFrom = "slipway.from"
)

// Durable is a pull consumer of an integrator: the server keeps how far it has read.
type Durable struct {
	Name    string
	Filters []string
	Wish    string // position of the wish it was made for
	From    string // era:seq of the first event it may be given

	Since         time.Time       // when made: of what was stored since; zero: from the first event on
	MaxAckPending int             // messages that may wait for their acknowledgement at once
	BackOff       []time.Duration // waits before each delivery again
	IdleAfter     time.Duration   // it is swept once nobody has asked for so long

	Acked   uint64 // sequence up to which everything was acknowledged
	Pending uint64 // messages to come
	Waiting int    // requests for messages that wait
}

// Errors about durables.
var (
	ErrNoDurable = errors.New("no such consumer")
	ErrForeign   = errors.New("a consumer of that name is there that is not ours")
	ErrRefused   = errors.New("the server refused the consumer")
	ErrNoRoom    = errors.New("the stream has as many consumers as it may")
)

// MakeDurable lets a durable stand on the log and returns it as it stands. One that
// stands already gets the new filters and keeps its place. Made twice for one wish it
// is the same. ErrForeign: somebody else has one of that name; ErrRefused, ErrNoRoom:
// the server said no, and would again.
func (b *Bus) MakeDurable(ctx context.Context, d Durable) (Durable, error) {
	have, err := b.Durable(ctx, d.Name)
	if err == nil && have.Wish == d.Wish && have.From != "" {
		return have, nil
	}
	if err != nil && !errors.Is(err, ErrNoDurable) {
		return Durable{}, err
	}
	if err != nil {
		_, err := b.js.CreateConsumer(ctx, events.StreamEvents, d.config(""))
		if err != nil && !errors.Is(err, jetstream.ErrConsumerExists) { // a twin was first
			return Durable{}, fmt.Errorf("make consumer %s: %w", d.Name, sayNo(err))
		}
	}
	return b.changeDurable(ctx, d)
}

// changeDurable gives a durable that stands its filters and marks. Where it begins is
// only known once it stands.
func (b *Bus) changeDurable(ctx context.Context, d Durable) (Durable, error) {
	c, err := b.js.Consumer(ctx, events.StreamEvents, d.Name)
	if err != nil {
		return Durable{}, noDurable(d.Name, err)
	}
	info := c.CachedInfo()
	if info.Config.Metadata[metaWish] == "" {
		return Durable{}, fmt.Errorf("consumer %s: %w", d.Name, ErrForeign)
	}
	from := info.Config.Metadata[metaFrom]
	if from == "" {
		era, err := b.era(ctx, events.StreamEvents)
		if err != nil {
			return Durable{}, err
		}
		from = events.Position{Era: era, Seq: info.Delivered.Stream + 1}.String()
	}
	to := d.config(from)
	to.DeliverPolicy, to.OptStartTime, to.OptStartSeq = info.Config.DeliverPolicy, info.Config.OptStartTime, info.Config.OptStartSeq // cannot be changed
	if c, err = b.js.UpdateConsumer(ctx, events.StreamEvents, to); err != nil {
		return Durable{}, fmt.Errorf("change consumer %s: %w", d.Name, sayNo(err))
	}
	return durable(c.CachedInfo()), nil
}

// Durable is one as it stands: ErrNoDurable, or ErrForeign for one without our mark.
func (b *Bus) Durable(ctx context.Context, name string) (Durable, error) {
	c, err := b.js.Consumer(ctx, events.StreamEvents, name)
	if err != nil {
		return Durable{}, noDurable(name, err)
	}
	if c.CachedInfo().Config.Metadata[metaWish] == "" {
		return Durable{}, fmt.Errorf("consumer %s: %w", name, ErrForeign)
	}
	return durable(c.CachedInfo()), nil
}

// Durables are all that carry our mark, by name. In a cluster some may be missing for a
// while, as their servers have not answered: Durable tells for sure.
func (b *Bus) Durables(ctx context.Context) (all []Durable, err error) {
	s, err := b.js.Stream(ctx, events.StreamEvents)
	if err != nil {
		return nil, fmt.Errorf("list consumers: %w", err)
	}
	list := s.ListConsumers(ctx)
	for info := range list.Info() {
		if info.Config.Metadata[metaWish] != "" {
			all = append(all, durable(info))
		}
	}
	if err := list.Err(); err != nil {
		return nil, fmt.Errorf("list consumers: %w", err)
	}
	slices.SortFunc(all, func(a, b Durable) int { return cmp.Compare(a.Name, b.Name) })
	return all, nil
}

// DropDurable lets none of ours stand under that name.
func (b *Bus) DropDurable(ctx context.Context, name string) error {
	if _, err := b.Durable(ctx, name); err != nil {
		if errors.Is(err, ErrNoDurable) {
			return nil
		}
		return err
	}
	err := b.js.DeleteConsumer(ctx, events.StreamEvents, name)
	if err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
		return fmt.Errorf("remove consumer %s: %w", name, err)
	}
	return nil
}

func noDurable(name string, err error) error {
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		return fmt.Errorf("%w: %s", ErrNoDurable, name)
	}
	return fmt.Errorf("ask about consumer %s: %w", name, err)
}

// noRoom is the server's code for a stream that has as many consumers as it may.
const noRoom = 10026

// sayNo tells a refusal of the server, which no other try mends, from its absence.
func sayNo(err error) error {
	var api *jetstream.APIError
	switch {
	case !errors.As(err, &api) || api.Code != badRequest:
		return err
	case api.ErrorCode == noRoom:
		return fmt.Errorf("%w: %w", ErrNoRoom, err)
	}
	return fmt.Errorf("%w: %w", ErrRefused, err)
}

const badRequest = 400

func (d Durable) config(from string) jetstream.ConsumerConfig {
	c := jetstream.ConsumerConfig{
		Durable: d.Name, Name: d.Name, FilterSubjects: d.Filters,
		AckPolicy: jetstream.AckExplicitPolicy, DeliverPolicy: jetstream.DeliverAllPolicy,
		MaxAckPending: d.MaxAckPending, MaxDeliver: -1, BackOff: d.BackOff, InactiveThreshold: d.IdleAfter,
		Metadata: map[string]string{metaWish: d.Wish, metaFrom: from},
	}
	if !d.Since.IsZero() {
		c.DeliverPolicy, c.OptStartTime = jetstream.DeliverByStartTimePolicy, &d.Since
	}
	return c
}

func durable(i *jetstream.ConsumerInfo) Durable {
	d := Durable{
		Name: i.Name, Filters: i.Config.FilterSubjects, Wish: i.Config.Metadata[metaWish], From: i.Config.Metadata[metaFrom],
		MaxAckPending: i.Config.MaxAckPending, BackOff: i.Config.BackOff, IdleAfter: i.Config.InactiveThreshold,
		Acked: i.AckFloor.Stream, Pending: i.NumPending, Waiting: i.NumWaiting,
	}
	if f := i.Config.FilterSubject; f != "" {
		d.Filters = []string{f}
	}
	return d
}
