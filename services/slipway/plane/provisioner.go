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
	name := provisioner.Owner
	return part{name: name, log: h.logger(name), run: func(ctx context.Context, ready func()) error {
		b, err := h.connect(ctx, name)
		if err != nil {
			return err
		}
		defer b.Close()
		times, err := leaseTimesOf(ctx, b.Bus)
		if err != nil {
			return err
		}
		opt := h.options(name, ready)
		opt.Lease = times.Every
		driver := hands.New(b, opt.Logger)
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
		svc := provisioner.Service(provisioner.Config{Hold: p.hold}, driver)
		return h.drive(ctx, svc, b, opt, busKeeper{b.Bus, name})
	}}
}
