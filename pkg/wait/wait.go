package wait

import (
	"context"
	"time"
)

// For waits until d has passed, and tells whether it did before ctx ended. Nothing and
// less than nothing has passed at once.
func For(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
