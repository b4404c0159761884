package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"slipway.dev/events"
	"slipway.dev/pkg/wait"
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

// Untouched tells whether no server holds a stream of ours.
func (b *Bus) Untouched(ctx context.Context) (bool, error) {
	all, err := b.Shapes(ctx)
	return len(all) == 0, err
}

// RestoreOver tells whether there is a log, and nobody is still restoring it: the last
// thing said of a restored one, in its era, is that it is restored.
func (b *Bus) RestoreOver(ctx context.Context) (bool, error) {
	i, err := b.Info(ctx)
	if errors.Is(err, ErrNoStream) || err == nil && i.Era == firstEra {
		return err == nil, nil
	}
	if err != nil {
		return false, err
	}
	m, err := b.get(ctx, events.StreamEvents, getRequest{LastFor: events.Subject(events.K[events.ClusterRestored](), "", "")})
	if isNoMessage(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	e, err := events.Parse(m.Subject, m.header, m.Data)
	if err == nil {
		err = e.Decode()
	}
	said, is := e.Data.(events.ClusterRestored)
	return is && said.Era == i.Era, err
}

// AwaitReplicas waits until every server that is to keep a stream has all of it.
func (b *Bus) AwaitReplicas(ctx context.Context, stream string) error {
	for {
		si, err := b.streamInfo(ctx, stream)
		if err != nil {
			return err
		}
		if inStep(si) {
			return nil
		}
		if !wait.For(ctx, askWait/5) {
			return fmt.Errorf("await the replicas of %s: %w", stream, ctx.Err())
		}
	}
}

func inStep(si *jetstream.StreamInfo) bool {
	if si.Cluster == nil {
		return si.Config.Replicas == 1
	}
	behind := func(p *jetstream.PeerInfo) bool { return p.Offline || !p.Current }
	return si.Cluster.Leader != "" && len(si.Cluster.Replicas) == si.Config.Replicas-1 && !slices.ContainsFunc(si.Cluster.Replicas, behind)
}

// dropTry is how long one try to take a stream away may take: what is asked while its
// servers agree on who leads is answered by nobody.
const dropTry = 5 * time.Second

// DropRestored takes away what a restore that failed has made, as long as ctx lasts.
func (b *Bus) DropRestored(ctx context.Context, streams []string) (err error) {
	for _, stream := range streams {
		err = errors.Join(err, b.dropRestored(ctx, stream))
	}
	return err
}

func (b *Bus) dropRestored(ctx context.Context, stream string) error {
	for {
		try, cancel := context.WithTimeout(ctx, dropTry)
		err := b.js.DeleteStream(try, stream)
		cancel()
		switch {
		case err == nil, errors.Is(err, jetstream.ErrStreamNotFound):
			return nil
		case ctx.Err() != nil, !errors.Is(err, context.DeadlineExceeded):
			return fmt.Errorf("remove stream %s: %w", stream, err)
		}
	}
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
