package plane

import (
	"context"
	"time"
)

// watcher asks each part whether it is ready, as somebody outside would.
type watcher struct {
	host    *host
	gateway string        // host:port; empty: none
	live    func() bool   // whether the gateway here answers; nil: it is asked at its address
	within  time.Duration // of the last one having read the log; 0: however long it takes
}

func (w watcher) ready(ctx context.Context, c *crew) error {
	if err := c.caughtUp(ctx); err != nil {
		return err
	}
	if w.within > 0 { // a log of years takes long to read, and whoever reads it is not stuck
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, w.within)
		defer cancel()
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
	switch {
	case w.gateway == "":
		return nil
	case w.live != nil:
		return lives(ctx, w.live)
	}
	return serving(ctx, w.gateway)
}
