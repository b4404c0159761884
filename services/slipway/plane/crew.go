package plane

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
)

// crew are the participants of this process under way.
type crew struct {
	parts  []part
	ready  []chan struct{}   // closed when each has caught up once
	read   []events.Position // how far each had read then
	failed chan error        // what no new start can mend
	cancel context.CancelFunc
	all    sync.WaitGroup

	collectAsUsual func()
}

// start begins every participant. They outlive the caller's context: stop ends them.
func start(ctx context.Context, h *host, parts []part) *crew {
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	h.convoy = convoyOf(parts)
	c := &crew{parts: parts, read: make([]events.Position, len(parts)), failed: make(chan error, len(parts)), cancel: cancel, collectAsUsual: collectLess()}
	for i, p := range parts {
		caught := make(chan struct{})
		c.ready = append(c.ready, caught)
		tell := sync.OnceFunc(func() {
			c.read[i] = h.beats.position(p.name)
			close(caught)
		})
		c.all.Go(func() {
			if err := p.keep(run, tell); err != nil {
				c.failed <- err
			}
		})
	}
	return c
}

// convoyOf is for those participants who read the log; nil for one alone.
func convoyOf(parts []part) *bus.Convoy {
	readers := 0
	for _, p := range parts {
		if !p.blind {
			readers++
		}
	}
	if readers < 2 {
		return nil
	}
	return bus.NewConvoy(readers)
}

// caughtUp waits until every participant has caught up with the log.
func (c *crew) caughtUp(ctx context.Context) error {
	defer c.collectAsUsual()
	for i, ready := range c.ready {
		select {
		case <-ready:
		case err := <-c.failed:
			return err
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", c.parts[i].name, ctx.Err())
		}
	}
	return nil
}

// wait returns when ctx ends, or with the error no new start can mend.
func (c *crew) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-c.failed:
		return err
	}
}

// stop lets each participant leave politely, the first one first, then ends them.
// ctx bounds the politeness.
func (c *crew) stop(ctx context.Context) (err error) {
	for _, p := range c.parts {
		if p.leave == nil {
			continue
		}
		if left := p.leave(ctx); left != nil {
			err = errors.Join(err, fmt.Errorf("stop %s: %w", p.name, left))
		}
	}
	c.collectAsUsual()
	c.cancel()
	c.all.Wait()
	return err
}
