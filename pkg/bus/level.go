package bus

import (
	"context"
	"fmt"

	"slipway.dev/events"
)

// Level is the event level the log has been raised to: that of the last level.raised,
// else that of cluster.founded.
func (b *Bus) Level(ctx context.Context) (int, error) {
	raised := events.Subject(events.K[events.LevelRaised](), "", "")
	m, err := b.get(ctx, events.StreamEvents, getRequest{LastFor: raised})
	if isNoMessage(err) {
		first, err := b.founded(ctx)
		if err != nil {
			return 0, err
		}
		return first.Data.(events.ClusterFounded).Level, nil
	}
	if err != nil {
		return 0, err
	}
	return LevelOf(m.Subject, m.header, m.Data)
}

// LevelOf is the level that a level.raised says.
func LevelOf(subject string, header map[string][]string, body []byte) (int, error) {
	e, err := events.Parse(subject, header, body)
	if err == nil {
		err = e.Decode()
	}
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", subject, err)
	}
	d, ok := e.Data.(events.LevelRaised)
	if !ok {
		return 0, fmt.Errorf("read %s: it holds no level", subject)
	}
	return d.Level, nil
}
