package plane

import (
	"context"
	"time"

	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/wait"
	"slipway.dev/services/deployer"
)

// roomEvery is the time between two looks at the log's size: a wish that came at the
// last moment waits no longer for its refusal.
const roomEvery = time.Second

// room senses for the deployer how full the log is; it has no act to do.
type room struct{ bus *bus.Bus }

// Do is service.Driver's.
func (room) Do(context.Context, service.Act) {}

// Watch tells while the log is nearly full, and once when it has room again.
func (r room) Watch(ctx context.Context, sense func(service.Signal), listed func()) error {
	listed() // there is nothing to list: a decision the log does not take is decided again
	for near := false; ; {
		if info, err := r.bus.Info(ctx); err == nil && (info.Near() || near) {
			near = info.Near()
			sense(service.Signal{Data: deployer.Room{Percent: info.Percent(), Near: near}})
		}
		if !wait.For(ctx, roomEvery) {
			return ctx.Err()
		}
	}
}
