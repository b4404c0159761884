package bus

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"slipway.dev/events"
	"slipway.dev/pkg/wait"
)

// DurableCopy is what a durable stands for: enough to make it stand again on a log with
// the same events.
type DurableCopy struct {
	Name          string   `json:"name"`
	Filters       []string `json:"filters"`
	Wish          string   `json:"wish"`
	From          string   `json:"from"`
	MaxAckPending int      `json:"maxAckPending"`
	BackOffMs     []int64  `json:"backOffMs"`
	IdleMs        int64    `json:"idleMs"`
	Acked         uint64   `json:"acked"` // sequence up to which everything was acknowledged
}

// CopyDurables are copies of all with our mark, and the names of the other durables:
// somebody else has made them, or their server is away. A list of a cluster's server
// leaves out whoever was late, so each one is asked by its name.
func (b *Bus) CopyDurables(ctx context.Context) (ours []DurableCopy, others []string, err error) {
	names, err := b.consumerNames(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("list consumers: %w", err)
	}
	for _, name := range names {
		info, err := b.consumerInfo(ctx, name)
		switch {
		case ctx.Err() != nil:
			return nil, nil, ctx.Err()
		case errors.Is(err, jetstream.ErrConsumerNotFound): // gone meanwhile
		case err == nil && info.Config.Metadata[metaWish] != "":
			ours = append(ours, durable(info).copy())
		case err != nil || info.Config.Durable != "":
			others = append(others, name)
		}
	}
	return ours, others, nil
}

// Names of our readers' consumers, which nobody misses.
var readersName = regexp.MustCompile(`^[0-9A-Za-z]{22}_[0-9]+$`)

const (
	namesWait = 5 * time.Second  // one question for all names
	namesMost = 20 * time.Second // and its repetitions
	infoMost  = 12 * time.Second // one consumer, and an election of who leads it
)

func (b *Bus) consumerNames(ctx context.Context) (names []string, err error) {
	err = b.persist(ctx, namesWait, namesMost, func(ctx context.Context) error {
		s, err := b.js.Stream(ctx, events.StreamEvents)
		if err != nil {
			return err
		}
		list := s.ConsumerNames(ctx)
		names = nil
		for name := range list.Name() {
			if !readersName.MatchString(name) {
				names = append(names, name)
			}
		}
		return list.Err()
	})
	slices.Sort(names)
	return names, err
}

func (b *Bus) consumerInfo(ctx context.Context, name string) (info *jetstream.ConsumerInfo, err error) {
	err = b.persist(ctx, askWait, infoMost, func(ctx context.Context) error {
		c, err := b.js.Consumer(ctx, events.StreamEvents, name)
		if err == nil {
			info = c.CachedInfo()
		}
		return err
	})
	return info, err
}

// persist asks again what met nobody who leads, for so long.
func (b *Bus) persist(ctx context.Context, one, most time.Duration, ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	for {
		asking, cancel := context.WithTimeout(ctx, one)
		err := ask(asking)
		cancel()
		if err == nil || !leaderless(err) || !wait.For(ctx, askWait/5) {
			return err
		}
	}
}

func (d Durable) copy() DurableCopy {
	c := DurableCopy{
		Name: d.Name, Filters: d.Filters, Wish: d.Wish, From: d.From, MaxAckPending: d.MaxAckPending,
		IdleMs: d.IdleAfter.Milliseconds(), Acked: d.Acked,
	}
	for _, wait := range d.BackOff {
		c.BackOffMs = append(c.BackOffMs, wait.Milliseconds())
	}
	return c
}

// Stands tells which of the copies were still so in a later listing: who was withdrawn
// or made anew meanwhile is not.
func Stands(earlier, later []DurableCopy) (both []DurableCopy) {
	for _, d := range earlier {
		if slices.ContainsFunc(later, func(o DurableCopy) bool { return o.Name == d.Name && o.Wish == d.Wish }) {
			both = append(both, d)
		}
	}
	return both
}

// RestoreDurable lets a copied durable stand where it had acknowledged everything: what
// was in flight then is given again.
func (b *Bus) RestoreDurable(ctx context.Context, d DurableCopy) error {
	as := Durable{Name: d.Name, Filters: d.Filters, Wish: d.Wish, MaxAckPending: d.MaxAckPending, IdleAfter: time.Duration(d.IdleMs) * time.Millisecond}
	for _, wait := range d.BackOffMs {
		as.BackOff = append(as.BackOff, time.Duration(wait)*time.Millisecond)
	}
	c := as.config(d.From)
	c.DeliverPolicy, c.OptStartSeq = jetstream.DeliverByStartSequencePolicy, d.Acked+1
	if _, err := b.js.CreateConsumer(ctx, events.StreamEvents, c); err != nil {
		return fmt.Errorf("restore consumer %s: %w", d.Name, sayNo(err))
	}
	return nil
}
