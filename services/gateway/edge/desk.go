package edge

import (
	"context"
	"sync"
	"time"

	"slipway.dev/pkg/service"
	"slipway.dev/services/gateway"
	"slipway.dev/services/gateway/proxy"
)

// firstConnect is how long a gateway that starts waits for endpoints it served
// before; then it serves and goes on connecting.
const firstConnect = 2 * time.Second

// retryEvery is the pause between two tries of what was refused.
const retryEvery = time.Second

// app is what the driver remembers of one app. turn is held while a table of it is
// made; what follows is guarded by it, inside by Driver.mu.
type app struct {
	turn     sync.Mutex
	order    int
	route    *proxy.Route   // the last one that could be served
	restored *proxy.Desired // as the file had it, until the log speaks
	inside   map[string]bool
}

func (d *Driver) app(name string) *app {
	d.mu.Lock()
	defer d.mu.Unlock()
	a, ok := d.apps[name]
	if !ok {
		a = &app{inside: map[string]bool{}}
		d.apps[name] = a
	}
	return a
}

func (d *Driver) names() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return service.Sorted(d.apps)
}

// serve makes an app be served as wanted, or tells why it cannot be. What was
// refused before is tried again until it is not wanted any more.
func (d *Driver) serve(ctx context.Context, want gateway.Desired) {
	if !want.Again {
		d.try(ctx, want)
		return
	}
	if want.Refuse != "" {
		return // another order comes when it can be
	}
	tick := time.NewTicker(retryEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if d.try(ctx, want) {
			return
		}
	}
}

// try does one order and tells whether it is done with.
func (d *Driver) try(ctx context.Context, want gateway.Desired) bool {
	a := d.app(want.App)
	a.turn.Lock()
	defer a.turn.Unlock()
	if want.Order < a.order || ctx.Err() != nil {
		return true
	}
	a.order = want.Order
	if want.Removed {
		d.remove(a, want)
		return true
	}
	reason := want.Refuse
	if reason == "" {
		table := desired(want)
		done, err := d.publish(ctx, a, table, want.First)
		if err == nil {
			a.route = &table.Route
			d.tellApplied(want.App, want.Order, done)
			return true
		}
		reason = err.Error()
	}
	if ctx.Err() != nil {
		return true
	}
	if !want.Again {
		d.refuse(ctx, a, want, reason)
	}
	return false
}

// refuse keeps the old route, if there is one, with the endpoints of today, so that
// who is to go can go.
func (d *Driver) refuse(ctx context.Context, a *app, want gateway.Desired, reason string) {
	no := gateway.Refused{App: want.App, Order: want.Order, Generation: want.Generation, Pool: want.Pool, Reason: reason}
	if a.route == nil {
		no.Idle = d.strangers(a, want)
		d.tell(no)
		return
	}
	table := desired(want)
	hold := table.Route.Hold
	table.Route = *a.route
	table.Route.Hold = hold
	if done, err := d.publish(ctx, a, table, false); err == nil {
		d.tellApplied(want.App, want.Order, done)
	}
	d.tell(no)
}

func (d *Driver) tellApplied(app string, order int, done proxy.Applied) {
	d.tell(gateway.Applied{
		App: app, Order: order, Generation: int(done.Generation), Pool: int(done.PoolGeneration),
		Unreachable: done.Unreachable, Idle: done.Idle, Totals: d.counted(app),
	})
}

func (d *Driver) remove(a *app, want gateway.Desired) {
	d.proxy.Remove(want.App)
	a.route, a.restored = nil, nil
	d.dirty.Store(true)
	d.mesh()
	d.tell(gateway.Applied{
		App: want.App, Order: want.Order, Generation: want.Generation, Pool: want.Pool,
		Idle: d.strangers(a, want), Totals: d.counted(want.App),
	})
}

// publish gives the proxy a table. One that was served before the start goes on
// without waiting long for connects; a file of another log does not stand in its way.
func (d *Driver) publish(ctx context.Context, a *app, table proxy.Desired, first bool) (proxy.Applied, error) {
	if old := a.restored; old != nil {
		a.restored = nil
		if table.Route.Generation < old.Route.Generation || table.PoolGeneration < old.PoolGeneration {
			d.proxy.Remove(table.Route.App)
		}
	}
	if err := d.claimPorts(table.Route); err != nil {
		return proxy.Applied{}, err
	}
	wait, cancel := ctx, context.CancelFunc(func() {})
	if first {
		wait, cancel = context.WithTimeout(ctx, firstConnect)
	}
	defer cancel()
	done, err := d.proxy.Apply(wait, table)
	if err != nil && first && ctx.Err() == nil {
		table.Restored = true
		done, err = d.proxy.Apply(ctx, table)
	}
	if err != nil {
		return done, err
	}
	d.dirty.Store(true)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.meshLocked()
	d.portsLocked()
	for _, e := range table.Endpoints {
		if !e.Terminating {
			a.inside[e.ID] = true
		}
	}
	return done, nil
}

// strangers are the endpoints that are to go and have never been let in.
func (d *Driver) strangers(a *app, want gateway.Desired) (ids []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range want.Endpoints {
		if e.Terminating && !a.inside[e.Endpoint] {
			ids = append(ids, e.Endpoint)
		}
	}
	return ids
}

func (d *Driver) outside(name, endpoint string) {
	a := d.app(name)
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(a.inside, endpoint)
}
