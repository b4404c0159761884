package bus

import (
	"context"
	"errors"

	"slipway.dev/events"
)

// Shapes are the streams of ours there are, as the server has them.
func (b *Bus) Shapes(ctx context.Context) (map[string]events.StreamShape, error) {
	all := map[string]events.StreamShape{}
	for _, name := range append(streamNames(), objectStream) {
		si, err := b.streamInfo(ctx, name)
		if errors.Is(err, ErrNoStream) {
			continue
		}
		if err != nil {
			return nil, err
		}
		c := si.Config
		all[name] = events.StreamShape{CreatedAt: si.Created.UTC(), MaxBytes: c.MaxBytes, Replicas: c.Replicas, Subjects: c.Subjects}
	}
	return all, nil
}

func streamNames() (names []string) {
	for _, s := range events.Streams {
		names = append(names, s.Name)
	}
	return names
}
