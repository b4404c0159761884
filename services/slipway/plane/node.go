package plane

import (
	"context"
	"path/filepath"
	"sync/atomic"
	"time"

	"slipway.dev/services/node"
	"slipway.dev/services/node/driver"
	"slipway.dev/services/node/hands"
	"slipway.dev/services/node/process"
	"slipway.dev/services/slipway/version"
)

// nodeAddress is where a node's instances are reached: until identities exist
// nothing of ours listens beyond this machine.
const nodeAddress = "127.0.0.1"

// graceMax is how long workloads that are taken along may take after TERM.
const graceMax = 1500 * time.Millisecond

// node runs workloads as processes. taking: its clean end stops them too.
func (h *host) node(id string, taking bool) part {
	var now atomic.Pointer[hands.Hands]
	hurry := &hasty{}
	p := part{name: "node-" + id, leased: true, log: h.logger("node-" + id)}
	p.run = func(ctx context.Context, ready func()) error {
		b, err := h.connect(ctx, p.name)
		if err != nil {
			return err
		}
		defer b.Close()
		folder := filepath.Join(h.data, "node")
		d, err := process.New(process.Config{Data: folder, Source: hands.Artifacts(b)})
		if err != nil {
			return err
		}
		hurry.Driver = d
		times, err := leaseTimesOf(ctx, b.Bus)
		if err != nil {
			return err
		}
		agent, err := hands.New(hands.Config{
			Node: id, Driver: hurry, Folder: filepath.Join(folder, "checks"),
			Lease: b.Lease, Logs: b, Every: times.Every, Version: version.Number, Logger: p.log,
			Breaker: d, Meter: d, Hearsay: b,
		})
		if err != nil {
			return err
		}
		now.Store(agent)
		defer now.Store(nil)
		svc := node.Service(node.Config{Name: id, Address: nodeAddress, TakeAlong: taking, Drills: h.drill, Alone: h.alone}, agent)
		return h.drive(ctx, svc, b, h.options(p.name, ready), fileKeeper(filepath.Join(folder, "snapshot")))
	}
	p.leave = func(ctx context.Context) error {
		agent := now.Load()
		if agent == nil || !taking {
			return nil
		}
		hurry.on.Store(true)
		return agent.Leave(ctx)
	}
	return p
}

// hasty is a driver that, once on, gives no workload more time to end than a person
// who pressed Ctrl-C would wait.
type hasty struct {
	driver.Driver
	on atomic.Bool
}

// Halt is the driver's, with a shorter grace when in haste.
func (h *hasty) Halt(ctx context.Context, id string, try int, s driver.Stop) (driver.Stopped, error) {
	return h.Driver.Halt(ctx, id, try, h.stop(s))
}

// Stop is the driver's, with a shorter grace when in haste.
func (h *hasty) Stop(ctx context.Context, id string, s driver.Stop) (driver.Stopped, error) {
	return h.Driver.Stop(ctx, id, h.stop(s))
}

func (h *hasty) stop(s driver.Stop) driver.Stop {
	if h.on.Load() {
		s.Grace = min(s.Grace, graceMax)
	}
	return s
}
