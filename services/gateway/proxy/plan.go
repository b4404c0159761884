package proxy

import (
	"math/rand/v2"
	"slices"
	"time"

	"slipway.dev/pkg/balance"
)

// plan is one app's next place in the table, before it is published.
type plan struct {
	want   Desired
	app    *App
	seats  map[string]*Seat // everybody who stays or comes
	left   []*Seat          // whose gates close after the publish
	begins bool             // a hold
	closed []*Gate          // to be closed for the hold that begins
	quiet  []*Gate          // to be done before it has quiesced
	lift   *Barrier         // of a hold that ends
	idle   []string
}

func (p *Proxy) plan(d *desk, want Desired) *plan {
	pl := &plan{want: want, seats: map[string]*Seat{}}
	route := &pl.want.Route
	pl.app = &App{
		name: route.App, generation: route.Generation, pool: want.PoolGeneration,
		limits: route.Limits.filled(), breaker: route.Breaker.policy(), route: route, flow: d.flow, previews: map[uint64]*Pool{},
	}
	used := pl.choose()
	p.seat(d, pl, used)
	pl.holds(d)
	live := route.live()
	pl.app.stable = pl.pool(d, live[0].Release, used[live[0].Release])
	if len(live) == 2 {
		pl.app.canary = pl.pool(d, live[1].Release, used[live[1].Release])
		pl.app.split = d.share(route, live[1])
	}
	for _, r := range route.Rules {
		if r.Release != 0 && pl.app.previews[r.Release] == nil {
			pl.app.previews[r.Release] = pl.pool(d, r.Release, used[r.Release])
		}
	}
	return pl
}

// choose returns the endpoints of each release that take requests. Where
// nothing of a release is ready its terminating endpoints serve on; those of
// a canary only if stable has nobody at all.
func (pl *plan) choose() map[uint64][]Endpoint {
	all, route := pl.want.Endpoints, &pl.want.Route
	used := map[uint64][]Endpoint{}
	for _, r := range route.Rules {
		if r.Release != 0 {
			used[r.Release] = choose(all, r.Release, false, true)
		}
	}
	live := route.live()
	stable := choose(all, live[0].Release, true, true)
	used[live[0].Release] = stable
	if len(live) == 2 {
		used[live[1].Release] = choose(all, live[1].Release, false, len(stable) == 0)
	}
	return used
}

// seat gives everybody who is not leaving a seat: the one they have, if they
// are where they were.
func (p *Proxy) seat(d *desk, pl *plan, used map[uint64][]Endpoint) {
	using := map[string]bool{}
	for _, list := range used {
		for _, e := range list {
			using[e.ID] = true
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range pl.want.Endpoints {
		old := d.seats[e.ID]
		if e.Terminating && !using[e.ID] {
			if old == nil && !d.isLeaving(e.ID) {
				pl.idle = append(pl.idle, e.ID)
			}
			if old != nil {
				old.drain.Store(int64(e.drain()))
			}
			continue
		}
		if old == nil || !old.target.is(e) {
			old = newSeat(p.ctx, pl.app.name, e, d.judge(e.ID))
			old.since = pl.came(d)
		}
		old.drain.Store(int64(e.drain()))
		old.target.dialLimit.Store(int64(pl.app.limits.Dial))
		pl.seats[e.ID] = old
	}
	for id, s := range d.seats {
		if pl.seats[id] != s {
			pl.left = append(pl.left, s)
		}
	}
	slices.Sort(pl.idle)
}

// came is when a new endpoint begins slowly; those that are there from the first table
// on do not.
func (pl *plan) came(d *desk) time.Time {
	if d.app == nil || pl.want.Restored {
		return time.Time{}
	}
	return time.Now()
}

// holds puts the barrier up, keeps it or takes it away. A hold that begins
// gives every seat a new request gate, so that the old ones, once closed and
// done, prove that nothing is in flight.
func (pl *plan) holds(d *desk) {
	var was *Barrier
	if d.app != nil {
		was = d.app.held
	}
	hold := pl.want.Route.Hold
	if was != nil && hold != nil && *d.want.Route.Hold == *hold {
		pl.app.held = was
		return
	}
	pl.lift = was
	if hold == nil {
		return
	}
	pl.begins = true
	pl.app.held = newBarrier(*hold)
	for id, s := range pl.seats {
		if d.seats[id] != s {
			continue // new: nobody has passed its gate
		}
		pl.closed = append(pl.closed, s.requests)
		pl.quiet = append(pl.quiet, s.gates()...)
		pl.seats[id] = s.renewed()
	}
	for _, s := range pl.left {
		pl.quiet = append(pl.quiet, s.gates()...)
	}
}

func (pl *plan) pool(d *desk, release uint64, list []Endpoint) *Pool {
	if d.ledgers[release] == nil {
		d.ledgers[release] = &balance.Ledger{Seed: rand.Uint64()}
	}
	pool := &Pool{release: release, tally: d.flow.tally(release)}
	var members []balance.Member
	for _, e := range list {
		pool.seats = append(pool.seats, pl.seats[e.ID])
		members = append(members, balance.Member{ID: e.ID, Weight: e.Weight, Since: pl.seats[e.ID].since})
	}
	// the name was checked with the route
	pool.balancer, _ = balance.New(pl.want.Route.Balance, d.ledgers[release], members)
	return pool
}
