package plane

import (
	"context"
	"time"

	"slipway.dev/pkg/bus"
	"slipway.dev/services/provisioner"
	"slipway.dev/services/provisioner/hands"
)

// provisions is what a bus's part of the control plane is told.
type provisions struct {
	profile bus.Profile
	hold    time.Duration // of a level; 0: the default
}

// provisioner keeps the streams as declared: a server that was started anew has
// forgotten those it kept in memory. It answers for them, for the consumers of
// integrators and for the event level.
func (h *host) provisioner(p provisions) part {
	return h.member(provisioner.Owner, func(ctx context.Context, b line, _ bus.LeaseTimes, run drive) error {
		driver := hands.New(b, b.log)
		keep, stop := context.WithCancel(ctx)
		kept := make(chan struct{})
		go func() {
			defer close(kept)
			_ = b.Keep(keep, p.profile, func(changes []bus.Change, err error) { // ends with keep
				b.changed(changes, err)
				driver.Ensured(err)
			})
		}()
		defer func() { stop(); <-kept }()
		return run(provisioner.Service(provisioner.Config{Hold: p.hold}, driver))
	})
}
