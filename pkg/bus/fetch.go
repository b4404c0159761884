package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

const (
	fetchBatch = 500     // messages of one question; the server answers at most 1,024
	fetchBytes = 8 << 20 // and their bytes
)

// ErrNoEvent says that the log holds no event there.
var ErrNoEvent = errors.New("no such event")

// Fetch delivers what the log holds after one position, up to another and including
// it, of a filter; a zero upTo is the end of the log as it is now. It makes no
// consumer and comes to an end. Any replica may answer, a late one with less. It
// returns fn's error as it is.
func (b *Bus) Fetch(ctx context.Context, filter string, after, upTo events.Position, fn func(service.Message) error) error {
	info, err := b.Info(ctx)
	if err != nil {
		return err
	}
	if upTo.IsZero() || upTo.After(info.Last) {
		upTo = info.Last
	}
	if !after.IsZero() && after.Era != info.Era {
		return fmt.Errorf("fetch after %s: %w: it is in era %d", after, service.ErrLogReplaced, info.Era)
	}
	for next := after.Seq + 1; next <= upTo.Seq; {
		batch, err := b.fetch(ctx, filter, next, upTo)
		if err != nil || len(batch) == 0 {
			return err
		}
		for _, m := range batch {
			if err := fn(m); err != nil {
				return err
			}
			next = m.Pos.Seq + 1
		}
	}
	return nil
}

// fetch asks once; no answer is the end. It gathers before anyone is told: a caller
// who is slow to show one message must not make the next ones late.
func (b *Bus) fetch(ctx context.Context, filter string, from uint64, upTo events.Position) (got []service.Message, err error) {
	ctx, cancel := context.WithTimeout(ctx, apiWait)
	defer cancel()
	batch, err := jetstreamext.GetBatch(ctx, b.js, events.StreamEvents, fetchBatch,
		jetstreamext.GetBatchSeq(from), jetstreamext.GetBatchSubject(filter), jetstreamext.GetBatchMaxBytes(fetchBytes))
	if err != nil {
		return nil, fmt.Errorf("fetch %s from %d: %w", filter, from, err)
	}
	for m, err := range batch {
		if errors.Is(err, jetstreamext.ErrNoMessages) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("fetch %s from %d: %w", filter, from, err)
		}
		if m.Sequence > upTo.Seq {
			break
		}
		got = append(got, rawMessage(m, upTo.Era))
	}
	return got, nil
}

// GetEvent returns the event at a position, from the log's leader.
func (b *Bus) GetEvent(ctx context.Context, at events.Position) (service.Message, error) {
	era, err := b.era(ctx, events.StreamEvents)
	if err != nil {
		return service.Message{}, err
	}
	if at.Era != era {
		return service.Message{}, fmt.Errorf("%w: %s, the log is in era %d", ErrNoEvent, at, era)
	}
	m, err := b.get(ctx, events.StreamEvents, getRequest{Seq: at.Seq})
	if isNoMessage(err) {
		return service.Message{}, fmt.Errorf("%w: %s", ErrNoEvent, at)
	}
	if err != nil {
		return service.Message{}, err
	}
	return service.Message{Subject: m.Subject, Pos: at, Stored: m.Time, Header: m.header, Body: m.Data}, nil
}

// At is the position of the first event stored at a time or later, ErrNoEvent where
// nothing has been stored since.
func (b *Bus) At(ctx context.Context, t time.Time) (events.Position, error) {
	era, err := b.era(ctx, events.StreamEvents)
	if err != nil {
		return events.Position{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, apiWait)
	defer cancel()
	batch, err := jetstreamext.GetBatch(ctx, b.js, events.StreamEvents, 1, jetstreamext.GetBatchStartTime(t))
	if err != nil {
		return events.Position{}, fmt.Errorf("find the log at %s: %w", t, err)
	}
	for m, err := range batch {
		if errors.Is(err, jetstreamext.ErrNoMessages) {
			break
		}
		if err != nil {
			return events.Position{}, fmt.Errorf("find the log at %s: %w", t, err)
		}
		return events.Position{Era: era, Seq: m.Sequence}, nil
	}
	return events.Position{}, fmt.Errorf("%w: nothing was stored since %s", ErrNoEvent, t.UTC().Format(time.RFC3339))
}

func rawMessage(m *jetstream.RawStreamMsg, era uint32) service.Message {
	return service.Message{
		Subject: m.Subject, Pos: events.Position{Era: era, Seq: m.Sequence},
		Stored: m.Time, Header: m.Header, Body: m.Data,
	}
}
