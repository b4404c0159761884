package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/when"
)

// moment is what a verb looks at: the log up to a position, at a time. The world
// stands like that from the storing of that event until the next one is stored.
type moment struct {
	at   events.Position // zero: before the first event
	time time.Time
}

// atFlag gives a verb that reads its --at.
func atFlag(cmd *cobra.Command, at *string) {
	cmd.Flags().StringVar(at, "at", "", "as it was then: RFC 3339, 15:04, an age such as 10m, or #18190")
}

// zone is where a person's clock stands.
func (e *Env) zone() *time.Location {
	if e.UTC {
		return time.UTC
	}
	return time.Local
}

// named reads a moment as a person writes it.
func (e *Env) named(text string) (when.When, error) {
	w, err := when.Parse(text, e.Now(), e.zone())
	if err != nil {
		return w, fault.New("SLW-U002", "%v", err)
	}
	return w, nil
}

// when is a time as a person writes it; a sequence is when its event was stored.
func (s *session) when(ctx context.Context, text string) (time.Time, error) {
	w, err := s.named(text)
	if err != nil || w.Position.IsZero() {
		return w.Time, err
	}
	head, err := s.head(ctx)
	if err != nil {
		return time.Time{}, s.away(ctx, err)
	}
	at, err := within(w.Position, head)
	if err != nil {
		return time.Time{}, err
	}
	return s.stored(ctx, at)
}

// moment is what --at names.
func (s *session) moment(ctx context.Context, text string) (moment, error) {
	w, err := s.named(text)
	if err != nil {
		return moment{}, err
	}
	head, err := s.head(ctx)
	switch {
	case err != nil:
		return moment{}, s.away(ctx, err)
	case !w.Position.IsZero():
		return s.momentAt(ctx, w.Position, head)
	case w.Time.After(s.Now()):
		return moment{}, fault.New("SLW-U002", "--at %s has not been yet", w.Time.In(s.zone()).Format(time.RFC3339))
	}
	next, err := s.bus.At(ctx, w.Time.Add(time.Nanosecond)) // what was stored at that very time had been
	if errors.Is(err, bus.ErrNoEvent) {
		return moment{head, w.Time}, nil
	}
	if err != nil {
		return moment{}, s.away(ctx, err)
	}
	return moment{before(next), w.Time}, nil
}

// momentAt ends when the next event was stored; the log's last goes on.
func (s *session) momentAt(ctx context.Context, at, head events.Position) (moment, error) {
	at, err := within(at, head)
	switch {
	case err != nil:
		return moment{}, err
	case at == head:
		return moment{at, s.Now()}, nil
	}
	next, err := s.stored(ctx, events.Position{Era: at.Era, Seq: at.Seq + 1})
	return moment{at, next.Add(-time.Nanosecond)}, err
}

// stored is when an event was stored.
func (s *session) stored(ctx context.Context, at events.Position) (time.Time, error) {
	m, err := s.bus.GetEvent(ctx, at)
	if err != nil {
		return time.Time{}, s.away(ctx, err)
	}
	return m.Stored, nil
}

// within is a place in the log that ends at head; era 0 is the present one.
func within(at, head events.Position) (events.Position, error) {
	if at.Era == 0 {
		at.Era = head.Era
	}
	if at.Era != head.Era || at.Seq > head.Seq {
		return at, fault.New("SLW-E001", "there is no event #%d.%d", at.Era, at.Seq).
			Because(fmt.Sprintf("the log is in era %d and ends at #%d", head.Era, head.Seq)).Try("slipway events -n 20")
	}
	return at, nil
}

// before is the position before one, zero before the first.
func before(at events.Position) events.Position {
	if at.Seq <= 1 {
		return events.Position{}
	}
	return events.Position{Era: at.Era, Seq: at.Seq - 1}
}

// then is the time that is looked at: now, or that of --at.
func (s *session) then() time.Time {
	if s.past != nil {
		return s.past.time
	}
	return s.Now()
}
