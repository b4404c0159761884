package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

const (
	provisioner      = "provisioner"
	provisionerSays  = "service:" + provisioner
	provisionerPlace = "/slipway/" + provisioner
)

// Found says cluster.founded as the first event of the log and returns the event
// that stands there: this one, or what a run before or a twin has said. Where the
// log begins with anything else it returns service.ErrLogReplaced.
func (b *Bus) Found(ctx context.Context, c events.ClusterFounded, now time.Time) (events.Event, error) {
	first, err := b.founded(ctx)
	if err == nil || !isNoMessage(err) {
		return first, err
	}
	guard := events.Guard(provisioner, "", "")
	id := events.ID(guard, 1)
	about := c.About()
	e := events.Event{
		ID: id, Source: provisionerPlace, Kind: events.KindOf(c), App: about.App, Place: about.Place,
		Subject: about.Subject, Time: now.UTC(), Correlation: id, Actor: provisionerSays,
		Reason: "the log is empty", Ordinal: 1, Data: c,
	}
	_, err = b.Append(ctx, guard, 0, []events.Event{e})
	var conflict *service.ErrConflict
	if err != nil && !errors.As(err, &conflict) {
		return events.Event{}, fmt.Errorf("found the cluster: %w", err)
	}
	return b.founded(ctx)
}

// founded reads the first event of the log.
func (b *Bus) founded(ctx context.Context) (events.Event, error) {
	m, err := b.get(ctx, events.StreamEvents, getRequest{Seq: 1})
	if err != nil {
		return events.Event{}, fmt.Errorf("read the first event: %w", err)
	}
	era, err := b.era(ctx, events.StreamEvents)
	if err != nil {
		return events.Event{}, err
	}
	e, err := events.Parse(m.Subject, m.header, m.Data)
	if err == nil {
		err = e.Decode()
	}
	if _, ok := e.Data.(events.ClusterFounded); !ok || err != nil {
		return events.Event{}, fmt.Errorf("%w: it begins with %s (%v)", service.ErrLogReplaced, m.Subject, err)
	}
	e.Pos, e.Stored = events.Position{Era: era, Seq: m.Seq}, m.Time
	return e, nil
}
