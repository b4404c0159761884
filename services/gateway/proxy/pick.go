package proxy

import (
	"slices"

	"slipway.dev/pkg/breaker"
)

// acquire picks an endpoint and passes its gate. A closed gate means that
// the table has changed: load it and pick again; it no longer holds that gate.
func (x *exchange) acquire() *fault {
	for {
		pool, i, f := x.pick()
		if f != nil {
			return f
		}
		seat := pool.seats[i]
		if x.p.afterPick != nil {
			x.p.afterPick(x.app.name, seat.id)
		}
		try, may := seat.judge.enter()
		if !may && x.sound { // another request took the last trial meanwhile
			pool.balancer.Done(i)
			continue
		}
		if !may {
			try = trial{} // too few are left: it is asked although it is out
		}
		if seat.requests.Enter() {
			x.makeWay()
			x.pool, x.index, x.seat, x.trial = pool, i, seat, try
			x.tried = append(x.tried, seat.id)
			return nil
		}
		if try.judge != nil {
			try.end(breaker.Good, false, x.start)
		}
		pool.balancer.Done(i)
		if f := x.route(); f != nil {
			return f
		}
	}
}

// pick chooses the release and then one of its endpoints. What an empty
// canary cannot take goes to stable; nothing of stable's goes to the canary.
func (x *exchange) pick() (*Pool, int, *fault) {
	pool := x.choose()
	i, f := x.from(pool)
	if f != nil && pool == x.app.canary {
		pool = x.app.stable
		i, f = x.from(pool)
	}
	x.atCanary = pool == x.app.canary
	if x.attempts == 0 {
		x.tally, x.release = pool.tally, pool.release
	}
	return pool, i, f
}

// choose returns the pool that the request is for; a splitter decides once
// about a request.
func (x *exchange) choose() *Pool {
	if x.rule.Release != 0 {
		return x.app.previews[x.rule.Release]
	}
	if x.app.canary == nil || x.spilled {
		return x.app.stable
	}
	if x.epoch != x.app.split {
		x.epoch = x.app.split
		x.canary = x.epoch.next(x)
	}
	if x.canary {
		return x.app.canary
	}
	return x.app.stable
}

// elsewhere reports whether an endpoint that was not asked yet can be.
func (x *exchange) elsewhere() bool {
	pool := x.choose()
	for _, s := range pool.seats {
		if !slices.Contains(x.tried, s.id) && !s.target.silent.Load() && !s.judge.out.Load() {
			return true
		}
	}
	return false
}

// sound reports whether at least half of the pool may be asked.
func (p *Pool) sound() bool {
	usable := 0
	for _, s := range p.seats {
		if !s.target.silent.Load() && !s.judge.out.Load() {
			usable++
		}
	}
	return 2*usable >= len(p.seats)
}

// from picks an endpoint of the pool. One that cannot be dialled is taken only if none
// can be. Those whose breaker is out are taken only if less than half of the pool is
// left without them.
func (x *exchange) from(pool *Pool) (int, *fault) {
	key := x.hashed(x.app.route.Key)
	o := &offer{x: x, pool: pool}
	skip := o.skips // one closure for all that may be asked
	if x.sound = pool.sound(); x.sound {
		o.judged, o.reached = true, true
		if i, ok := pool.balancer.Pick(key, x.start, skip); ok {
			return i, nil
		}
	}
	x.sound, o.judged, o.reached = false, false, true
	if i, ok := pool.balancer.Pick(key, x.start, skip); ok {
		return i, nil
	}
	o.reached = false
	if i, ok := pool.balancer.Pick(key, x.start, skip); ok {
		return i, nil
	}
	if o.full {
		return 0, overload
	}
	return 0, noEndpoint
}

// offer is what of a pool a request may have.
type offer struct {
	x       *exchange
	pool    *Pool
	judged  bool // not those whose breaker is out
	reached bool // not those that cannot be dialled
	full    bool // somebody was passed over who has as many as may be
}

func (o *offer) skips(i int) bool {
	s := o.pool.seats[i]
	switch {
	case o.judged && s.judge.out.Load(), o.reached && s.target.silent.Load():
		return true
	case o.x.rule.Port != "" && s.target.at(o.x.rule.Port) == "", slices.Contains(o.x.tried, s.id):
		return true
	case s.inFlight() >= o.x.app.limits.InFlight:
		o.full = true
		return true
	}
	return false
}
