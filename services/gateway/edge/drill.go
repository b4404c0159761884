package edge

import (
	"context"

	"slipway.dev/pkg/drill"
	"slipway.dev/services/gateway"
)

// cut keeps the gateway from the bus until the act's own time is over: nobody can tell
// it anything meanwhile.
func (d *Driver) cut(ctx context.Context, act gateway.Cut) {
	ctx, cancel := context.WithDeadline(ctx, act.Until)
	defer cancel()
	if d.cfg.Cut != nil {
		d.cfg.Cut(ctx)
	}
	d.tell(drill.Done{ID: act.ID})
}
