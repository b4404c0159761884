package plane

import (
	"context"
)

// watcher asks each part whether it is ready, as somebody outside would.
type watcher struct {
	host    *host
	gateway string // host:port; empty: none
}

func (w watcher) ready(ctx context.Context, c *crew) error {
	if err := c.caughtUp(ctx); err != nil {
		return err
	}
	b, err := w.host.connect(ctx, "watcher")
	if err != nil {
		return err
	}
	defer b.Close()
	for i, p := range c.parts {
		if !p.leased {
			continue
		}
		if err := alive(ctx, b.Bus, p.name, c.read[i]); err != nil {
			return err
		}
	}
	if w.gateway == "" {
		return nil
	}
	return serving(ctx, w.gateway)
}
