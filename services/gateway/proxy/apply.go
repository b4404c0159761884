package proxy

import (
	"context"
	"maps"
)

// Apply makes one app be served as wanted and returns when the table that
// does so is published. It waits for connects to new endpoints, at most 10 s;
// then, and for anything wrong with what is wanted, the error is a *Refused
// and the old table stays. Applies of one app take turns; ctx ends the
// waiting. Going back to an older generation is refused.
func (p *Proxy) Apply(ctx context.Context, want Desired) (Applied, error) {
	if err := want.Route.check(); err != nil {
		return Applied{}, err
	}
	d := p.desk(want.Route.App)
	d.turn.Lock()
	defer d.turn.Unlock()
	if err := d.newer(&want); err != nil {
		return Applied{}, err
	}
	pl := p.plan(d, want)
	unreachable, err := p.connect(ctx, d, pl)
	if err != nil {
		return Applied{}, err
	}
	if err := p.publish(d, pl); err != nil {
		return Applied{}, err
	}
	p.settle(d, pl)
	return Applied{
		Generation: want.Route.Generation, PoolGeneration: want.PoolGeneration,
		Unreachable: unreachable, Idle: pl.idle,
	}, nil
}

// Remove takes an app's route away: its hosts answer 404 and its endpoints
// leave.
func (p *Proxy) Remove(app string) {
	d := p.desk(app)
	d.turn.Lock()
	defer d.turn.Unlock()
	if d.app == nil {
		return
	}
	pl := &plan{lift: d.app.held}
	for _, s := range d.seats {
		pl.left = append(pl.left, s)
	}
	if p.publish(d, pl) == nil { // taking away cannot clash
		p.settle(d, pl)
	}
}

func (d *desk) newer(want *Desired) error {
	if d.app == nil {
		return nil
	}
	if want.Route.Generation < d.app.generation {
		return refusedf("route generation %d is older than %d", want.Route.Generation, d.app.generation)
	}
	if want.PoolGeneration < d.app.pool {
		return refusedf("pool generation %d is older than %d", want.PoolGeneration, d.app.pool)
	}
	return nil
}

// publish builds the table with the plan's app in it (or without it) and
// stores it. What the desk remembers changes with it.
func (p *Proxy) publish(d *desk, pl *plan) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	apps := maps.Clone(p.table.Load().apps)
	if apps == nil {
		apps = map[string]*App{}
	}
	name := ""
	if pl.app != nil {
		name = pl.app.name
		apps[name] = pl.app
	} else {
		delete(apps, d.app.name)
	}
	t, err := newTable(apps, name)
	if err != nil {
		return err
	}
	if pl.begins {
		for s := range d.leaving {
			pl.quiet = append(pl.quiet, s.gates()...)
		}
	}
	for _, s := range pl.left {
		d.leaving[s] = true
	}
	d.want, d.app, d.seats = pl.want, pl.app, pl.seats
	d.forget()
	p.table.Store(t)
	return nil
}

// settle does what may happen only after the publish: gates close, a lifted
// barrier opens, the unreachable are tried on.
func (p *Proxy) settle(d *desk, pl *plan) {
	for _, s := range pl.left {
		p.work.Go(func() { p.leave(d, s) })
	}
	for _, g := range pl.closed {
		g.Close()
	}
	if pl.lift != nil {
		pl.lift.lift()
	}
	if pl.begins {
		p.work.Go(func() { p.quiesce(pl) })
	}
	for _, s := range pl.seats {
		if s.target.silent.Load() {
			p.keepTrying(s)
		}
	}
}

func (p *Proxy) leave(d *desk, s *Seat) {
	cut := s.leave(func() { p.config.Events.Closed(s.app, s.id) })
	p.mu.Lock()
	delete(d.leaving, s)
	p.mu.Unlock()
	p.config.Events.Drained(s.app, s.id, cut)
}

// quiesce waits until nothing that passed before the hold is in flight.
func (p *Proxy) quiesce(pl *plan) {
	for _, g := range pl.quiet {
		select {
		case <-g.Done():
		case <-p.ctx.Done():
			return
		}
	}
	p.config.Events.Quiesced(pl.app.name, pl.app.generation, int(pl.app.held.held.Load()))
}
