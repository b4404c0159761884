package proxy

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"slipway.dev/pkg/breaker"
)

const (
	connectEvery = 500 * time.Millisecond
	connectGive  = 10 * time.Second // a release that nobody reached for so long is refused
)

// connect makes one TCP connect to every endpoint that comes into use. A
// release whose share grows must have one that answers, within 10 s; the
// others that do not are left out of the choice, tried on, and named.
func (p *Proxy) connect(ctx context.Context, d *desk, pl *plan) ([]string, error) {
	if pl.want.Restored {
		for _, s := range pl.unprobed() {
			s.target.silent.Store(true)
		}
		return nil, nil
	}
	give, cancel := context.WithTimeout(ctx, p.connectGive)
	defer cancel()
	probe(give, pl.fresh())
	for {
		pool := pl.unreached(d)
		if pool == nil {
			break
		}
		if len(pool.seats) == 0 {
			return nil, refusedf("release %d has no endpoint", pool.release)
		}
		select {
		case <-give.Done():
			if err := ctx.Err(); err != nil {
				return nil, fmt.Errorf("connect to release %d: %w", pool.release, err)
			}
			return nil, refusedf("no endpoint of release %d could be reached for %s", pool.release, p.connectGive)
		case <-time.After(connectEvery):
			probe(give, pool.seats)
		}
	}
	var silent []string
	for _, s := range pl.unprobed() {
		s.target.silent.Store(true)
		silent = append(silent, s.id)
	}
	slices.Sort(silent)
	return silent, nil
}

// fresh returns the seats that come into use and were never tried.
func (pl *plan) fresh() []*Seat {
	return slices.DeleteFunc(pl.unprobed(), func(s *Seat) bool { return s.target.silent.Load() })
}

// unprobed returns the seats in use that no connect has reached.
func (pl *plan) unprobed() []*Seat {
	var list []*Seat
	for _, pool := range pl.app.pools() {
		for _, s := range pool.seats {
			if !s.target.reached.Load() && !slices.Contains(list, s) {
				list = append(list, s)
			}
		}
	}
	return list
}

// unreached returns a pool whose share grows and of which nobody was reached.
// A pool without anybody counts only where it would take over from one that
// serves: else 503 is the truth.
func (pl *plan) unreached(d *desk) *Pool {
	for _, pool := range pl.app.pools() {
		if d.app != nil && pl.want.Route.shareOf(pool.release) <= d.want.Route.shareOf(pool.release) {
			continue
		}
		if len(pool.seats) == 0 && !d.serves(pool.release) {
			continue
		}
		if !slices.ContainsFunc(pool.seats, func(s *Seat) bool { return s.target.reached.Load() }) {
			return pool
		}
	}
	return nil
}

// serves reports whether some release but this one answers now.
func (d *desk) serves(but uint64) bool {
	return d.app != nil && d.app.stable.release != but && len(d.app.stable.seats) > 0
}

// probe connects to all that were not reached yet, at once.
func probe(ctx context.Context, seats []*Seat) {
	var all sync.WaitGroup
	for _, s := range seats {
		if !s.target.reached.Load() {
			all.Go(func() { s.target.probe(ctx) })
		}
	}
	all.Wait()
}

// unreachable takes a seat that could not be dialled out of the choice, while
// there is another, until a connect reaches it.
func (p *Proxy) unreachable(s *Seat) {
	s.target.silent.Store(true)
	p.keepTrying(s)
}

// keepTrying connects to a seat that is out until it answers or leaves. Each
// failure is an attempt, so that a breaker sees it.
func (p *Proxy) keepTrying(s *Seat) {
	if s.life.Err() != nil || !s.trying.CompareAndSwap(false, true) {
		return
	}
	p.work.Go(func() {
		p.connectAgain(s)
		s.trying.Store(false)
		if s.target.silent.Load() { // gone again meanwhile
			p.keepTrying(s)
		}
	})
}

func (p *Proxy) policyOf(app string) (b breaker.Policy) {
	if a := p.table.Load().apps[app]; a != nil {
		b = a.breaker
	}
	return b
}

func (p *Proxy) connectAgain(s *Seat) {
	tick := time.NewTicker(connectEvery)
	defer tick.Stop()
	for s.target.probe(s.life) != nil {
		failed := Attempt{App: s.app, Endpoint: s.id, Release: s.release, Outcome: OutcomeDial}
		p.attempted(failed, s, p.policyOf(s.app), false)
		select {
		case <-s.life.Done():
			return
		case <-tick.C:
		}
	}
}
