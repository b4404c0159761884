package simulation

import (
	"fmt"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/sim"
	"slipway.dev/services/gateway"
)

// edge is a gateway's world: its tables, and the requests that are in flight.
type edge struct {
	w     *sim.World
	name  string
	boots int
	acts  map[string]bool
	apps  map[string]*table
	open  bool
	alive func(instance string) bool
}

// table is what one app's requests meet at this gateway.
type table struct {
	order   int
	targets map[string]*target // by endpoint, those that take requests
	leaving map[string]*target
	totals  map[int]int64
	held    bool
}

type target struct {
	id       string
	release  int
	inFlight int
	deadline time.Time
	done     bool
}

func newEdge(w *sim.World, name string, alive func(string) bool) *edge {
	return &edge{w: w, name: name, alive: alive, acts: map[string]bool{}, apps: map[string]*table{}}
}

// Boot begins a gateway's life with empty tables.
func (g *edge) Boot(h *sim.Host) {
	g.boots++
	g.acts, g.apps, g.open = map[string]bool{}, map[string]*table{}, false
	life := h.Incarnation()
	h.Sense(life, gateway.Boot{Nonce: fmt.Sprintf("%s-%d", g.name, g.boots)})
	g.every(h, life, time.Second, func() bool {
		h.Sense(life, gateway.Beat{Totals: g.totals()})
		return true
	})
	g.every(h, life, 100*time.Millisecond, func() bool { g.load(h, life); return true })
}

func (g *edge) every(h *sim.Host, life int, d time.Duration, f func() bool) {
	g.w.After(d, func() {
		if h.Incarnation() == life && f() {
			g.every(h, life, d, f)
		}
	})
}

// Crash takes the process and what was in flight with it.
func (g *edge) Crash(*sim.Host) {
	g.acts, g.apps, g.open = map[string]bool{}, map[string]*table{}, false
}

// Cancel ends an act.
func (g *edge) Cancel(_ *sim.Host, id string) { delete(g.acts, id) }

// Do does one act of the gateway's decider.
func (g *edge) Do(h *sim.Host, a service.Act) {
	life := h.Incarnation()
	g.acts[a.ID] = true
	switch d := a.Data.(type) {
	case gateway.Lease:
		g.lease(h, life, a.ID, d)
	case gateway.Desired:
		g.w.After(time.Duration(1+g.w.Rand().IntN(30))*time.Millisecond, func() {
			if h.Incarnation() == life && g.acts[a.ID] {
				g.apply(h, life, d)
				h.Done(life, a.ID)
			}
		})
	case gateway.Listen:
		g.open = true
		h.Sense(life, gateway.Opened{})
	case gateway.Health:
		h.Sense(life, gateway.Healthy{Life: d.Life})
	case gateway.Empty:
		h.Sense(life, gateway.Emptied{Totals: g.totals()})
	}
}

func (g *edge) lease(h *sim.Host, life int, id string, d gateway.Lease) {
	n := uint64(0)
	renew := func() bool {
		n++
		if g.acts[id] && !h.Cut() {
			g.w.Lease("gateway", g.name, events.LeaseBody{Incarnation: d.Incarnation, N: n})
		}
		return g.acts[id]
	}
	renew()
	g.every(h, life, events.LeaseEvery, renew)
}

func (g *edge) apply(h *sim.Host, life int, d gateway.Desired) {
	t := g.apps[d.App]
	if t == nil {
		t = &table{targets: map[string]*target{}, leaving: map[string]*target{}, totals: map[int]int64{}}
		g.apps[d.App] = t
	}
	if d.Order < t.order {
		return
	}
	t.order, t.held = d.Order, d.Hold != nil
	next, last := map[string]*target{}, map[string]*target{}
	var terminating []events.PoolEndpoint
	for _, p := range d.Endpoints {
		switch {
		case p.Ready && !p.Terminating:
			next[p.Endpoint] = t.keep(p)
		case p.Terminating:
			terminating = append(terminating, p)
			if p.Serving {
				last[p.Endpoint] = t.keep(p)
			}
		}
	}
	if len(next) == 0 {
		next = last
	}
	if d.Removed {
		next = map[string]*target{}
	}
	var idle []string
	for _, p := range terminating {
		if _, stays := next[p.Endpoint]; stays {
			continue
		}
		x := t.targets[p.Endpoint]
		switch {
		case x != nil:
			x.deadline = g.w.Now().Add(time.Duration(p.DrainMs) * time.Millisecond)
			t.leaving[p.Endpoint] = x
		case t.leaving[p.Endpoint] == nil:
			idle = append(idle, p.Endpoint)
		}
	}
	gone := t.targets
	t.targets = next
	h.Sense(life, gateway.Applied{App: d.App, Order: d.Order, Generation: d.Generation, Pool: d.Pool, Idle: idle, Totals: g.count(t)})
	for _, id := range service.Sorted(gone) {
		if next[id] == nil && t.leaving[id] != nil {
			h.Sense(life, gateway.Closed{App: d.App, Endpoint: id})
			g.drain(h, life, d.App, t, t.leaving[id])
		}
	}
	if t.held {
		h.Sense(life, gateway.Quiesced{App: d.App, Generation: d.Generation})
	}
}

func (t *table) keep(p events.PoolEndpoint) *target {
	if x := t.targets[p.Endpoint]; x != nil {
		return x
	}
	return &target{id: p.Endpoint, release: p.Release}
}

// drain waits until nothing is open, or cuts what is left at the deadline.
func (g *edge) drain(h *sim.Host, life int, app string, t *table, x *target) {
	if h.Incarnation() != life || x.done {
		return
	}
	cut := 0
	if !g.w.Now().Before(x.deadline) {
		cut, x.inFlight = x.inFlight, 0
	}
	if x.inFlight > 0 {
		g.w.After(20*time.Millisecond, func() { g.drain(h, life, app, t, x) })
		return
	}
	x.done = true
	delete(t.leaving, x.id)
	h.Sense(life, gateway.Drained{App: app, Endpoint: x.id, Requests: cut, Totals: g.count(t)})
}

// load sends one request to each app; it enters an endpoint of the table and ends a
// while later.
func (g *edge) load(h *sim.Host, life int) {
	if !g.open {
		return
	}
	for _, app := range service.Sorted(g.apps) {
		t := g.apps[app]
		ids := service.Sorted(t.targets)
		if len(ids) == 0 || t.held {
			continue
		}
		x := t.targets[ids[g.w.Rand().IntN(len(ids))]]
		if !g.alive(x.id) {
			continue // a dial error: another endpoint, or an honest 502
		}
		x.inFlight++
		g.w.After(time.Duration(g.w.Rand().IntN(400))*time.Millisecond, func() {
			if h.Incarnation() == life && x.inFlight > 0 {
				x.inFlight--
				t.totals[x.release]++
			}
		})
	}
}

func (g *edge) totals() map[string]gateway.Totals {
	all := map[string]gateway.Totals{}
	for app, t := range g.apps {
		all[app] = g.count(t)
	}
	return all
}

func (g *edge) count(t *table) (c gateway.Totals) {
	for _, r := range service.Sorted(t.totals) {
		c = append(c, events.ReleaseCount{Release: r, Requests: t.totals[r]})
	}
	return c
}

// uses tells whether requests may be at an instance through this gateway.
func (g *edge) uses(app, id string) (why string, uses bool) {
	t := g.apps[app]
	if t == nil {
		return "", false
	}
	if x := t.targets[id]; x != nil {
		return fmt.Sprintf("%s has it in its table", g.name), true
	}
	if x := t.leaving[id]; x != nil && x.inFlight > 0 {
		return fmt.Sprintf("%s has %d in flight", g.name, x.inFlight), true
	}
	return "", false
}
