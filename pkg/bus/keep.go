package bus

import (
	"context"

	"slipway.dev/pkg/wait"
)

// Keep ensures the streams now and after every reconnect, until ctx ends: a server
// that restarts has forgotten the streams it kept in memory. done hears of each run
// that did something or failed, and of the first that is well again; a failed one is
// tried again.
func (b *Bus) Keep(ctx context.Context, p Profile, done func([]Change, error)) error {
	for failures := 0; ; {
		alive, leave, err := b.life.join(ctx)
		if err != nil {
			return err
		}
		changes, err := b.Ensure(alive, p)
		if len(changes) > 0 || err == nil && failures > 0 || err != nil && alive.Err() == nil {
			done(changes, err)
		}
		if err == nil {
			failures = 0
			<-alive.Done()
		} else {
			failures++
			wait.For(alive, pause(failures))
		}
		leave()
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}
