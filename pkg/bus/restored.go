package bus

import (
	"context"
	"fmt"
	"time"

	"slipway.dev/events"
)

// Founded is the first event of the log: whose it is.
func (b *Bus) Founded(ctx context.Context) (events.Event, error) { return b.founded(ctx) }

// Restored says cluster.restored behind the last event of a log that was restored.
func (b *Bus) Restored(ctx context.Context, c events.ClusterRestored, now time.Time) (events.Event, error) {
	guard := events.Guard(provisioner, "", "")
	last, err := b.tailOf(ctx, guard)
	if err != nil {
		return events.Event{}, fmt.Errorf("read what the provisioner said: %w", err)
	}
	about, id := c.About(), events.ID(guard, last.Ordinal+1)
	e := events.Event{
		ID: id, Source: provisionerPlace, Kind: events.KindOf(c), App: about.App, Place: about.Place,
		Subject: about.Subject, Time: now.UTC(), Correlation: id, Actor: provisionerSays,
		Reason:  "restored from a backup of " + c.TakenAt.UTC().Format(time.RFC3339) + " at " + c.Position,
		Ordinal: last.Ordinal + 1, Data: c,
	}
	if _, err := b.Append(ctx, guard, last.Pos.Seq, []events.Event{e}); err != nil {
		return events.Event{}, fmt.Errorf("say that the cluster is restored: %w", err)
	}
	return b.tailOf(ctx, guard)
}

// tailOf is the last event under a guard; there is one.
func (b *Bus) tailOf(ctx context.Context, guard string) (events.Event, error) {
	m, err := b.get(ctx, events.StreamEvents, getRequest{LastFor: guard})
	if err != nil {
		return events.Event{}, err
	}
	e, err := events.Parse(m.Subject, m.header, m.Data)
	if err != nil {
		return events.Event{}, err
	}
	era, err := b.era(ctx, events.StreamEvents)
	if err != nil {
		return events.Event{}, err
	}
	e.Pos, e.Stored = events.Position{Era: era, Seq: m.Seq}, m.Time
	return e, nil
}
