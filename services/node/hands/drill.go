package hands

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"

	"slipway.dev/pkg/drill"
	"slipway.dev/pkg/wait"
	"slipway.dev/services/node"
	"slipway.dev/services/node/driver"

	"slipway.dev/events"
)

// breath is how long an instance runs between two times that it stands still: enough for a few answers.
const breath = 50 * time.Millisecond

// drill makes something fail and tells when that is over. It ends by itself at Until: nobody may be there to say so.
func (h *Hands) drill(ctx context.Context, d node.Drill) {
	ctx, cancel := context.WithDeadline(ctx, d.Until)
	defer cancel()
	b, err := h.config.Breaker, error(nil)
	switch {
	case b == nil:
		err = errors.New("the driver breaks nothing")
	case d.Kind == events.DrillKillInstance:
		err = b.Kill(d.Instance, d.Try)
	case d.Kind == events.DrillSlowInstance:
		err = slow(ctx, b, d)
	case d.Kind == events.DrillKillNode:
		if err = b.KillAll(); err == nil {
			h.config.Die()
		}
	}
	if err != nil {
		h.config.Logger.Warn().Err(err).Str("drill", d.Kind).Str("instance", d.Instance).Msg("drill")
	}
	h.sense(drill.Done{ID: d.ID})
}

// slow lets an instance stand still again and again until ctx ends, then run.
func slow(ctx context.Context, b driver.Breaker, d node.Drill) error {
	defer b.Thaw(d.Instance)
	for ctx.Err() == nil {
		if err := b.Freeze(d.Instance, d.Try); err != nil {
			return err
		}
		wait.For(ctx, d.Delay)
		if err := b.Thaw(d.Instance); err != nil {
			return err
		}
		wait.For(ctx, breath)
	}
	return nil
}

// thaw lets run what an agent that was killed in the midst of a drill left standing still.
func (h *Hands) thaw(found []node.Found) {
	for _, f := range found {
		if h.config.Breaker == nil || !f.Running {
			continue
		}
		if err := h.config.Breaker.Thaw(f.ID); err != nil {
			h.config.Logger.Warn().Err(err).Str("instance", f.ID).Msg("thaw")
		}
	}
}

// die is the end of an agent by kill -9.
func die() { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL) }
