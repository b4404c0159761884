package plane

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/wait"
)

// levelRaised is where it is said that a newer level may be written.
var levelRaised = events.Subject(events.K[events.LevelRaised](), "", "")

// followLevel tells the writer the level that the log has been raised to. It waits until
// the cluster is founded. A log that is beyond this binary is service.ErrNewerLog.
func (l line) followLevel(ctx context.Context) error {
	for pause := logWait; ; pause = min(2*pause, againMax) {
		level, err := l.Level(ctx)
		switch {
		case err == nil:
			return l.raised(level)
		case errors.Is(err, service.ErrLogReplaced) || !wait.For(ctx, jitter(pause)):
			return fmt.Errorf("ask for the level of the log: %w", err)
		}
	}
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
