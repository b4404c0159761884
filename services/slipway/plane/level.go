package plane

import (
	"context"
	"fmt"
	"slices"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/service"
)

// levelRaised is where it is said that a newer level may be written.
var levelRaised = events.Subject(events.K[events.LevelRaised](), "", "")

// followLevel tells the writer the level that the log has been raised to. A log that
// is beyond this binary is service.ErrNewerLog.
func (l line) followLevel(ctx context.Context) error {
	level, err := l.Level(ctx)
	if err != nil {
		return fmt.Errorf("ask for the level of the log: %w", err)
	}
	return l.raised(level)
}

func (l line) raised(level int) error {
	if level > events.Level {
		return fmt.Errorf("%w: the log is at level %d, this binary reads %d", service.ErrNewerLog, level, events.Level)
	}
	l.SetLevel(level)
	return nil
}

// Read delivers the log and follows its level.
func (l line) Read(ctx context.Context, after events.Position, filters []string, r service.Reader) error {
	if len(filters) > 0 && !slices.ContainsFunc(filters, func(f string) bool { return matches(f, levelRaised) }) {
		filters = append(slices.Clone(filters), levelRaised)
	}
	deliver := r.Deliver
	r.Deliver = func(m service.Message) error {
		if m.Subject == levelRaised {
			level, err := bus.LevelOf(m.Subject, m.Header, m.Body)
			if err == nil {
				err = l.raised(level)
			}
			if err != nil {
				return err
			}
		}
		return deliver(m)
	}
	return l.Bus.Read(ctx, after, filters, r)
}
