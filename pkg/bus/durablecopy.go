package bus

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"slipway.dev/events"
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

// CopyDurables are copies of all with our mark, and the names of those that somebody
// else has made.
func (b *Bus) CopyDurables(ctx context.Context) (ours []DurableCopy, others []string, err error) {
	all, others, err := b.durables(ctx)
	for _, d := range all {
		c := DurableCopy{
			Name: d.Name, Filters: d.Filters, Wish: d.Wish, From: d.From, MaxAckPending: d.MaxAckPending,
			IdleMs: d.IdleAfter.Milliseconds(), Acked: d.Acked,
		}
		for _, wait := range d.BackOff {
			c.BackOffMs = append(c.BackOffMs, wait.Milliseconds())
		}
		ours = append(ours, c)
	}
	return ours, others, err
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
