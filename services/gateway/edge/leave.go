package edge

import (
	"context"
	"sync"
	"time"

	"slipway.dev/services/gateway"
	"slipway.dev/services/gateway/proxy"
)

// Leave ends cleanly: the gateway stops accepting, finishes what it has and says
// draining, drained and left. It returns when that is said, or with ctx's error. The
// run must go on meanwhile.
func (d *Driver) Leave(ctx context.Context) error {
	if !d.born.Load() {
		return nil // never joined, so nobody waits for it
	}
	d.tell(gateway.Leave{})
	select {
	case <-d.gone:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Linger returns a context for the run that outlives ctx until the gateway has left,
// at most LeaveMax.
func (d *Driver) Linger(ctx context.Context) context.Context {
	run, end := context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() {
		defer end()
		bound, cancel := context.WithTimeout(run, LeaveMax)
		defer cancel()
		if err := d.Leave(bound); err != nil {
			d.cfg.Logger.Warn().Err(err).Msg("leave")
		}
	})
	return run
}

// empty takes nothing new, waits for what is there and tells what it had to cut.
func (d *Driver) empty(ctx context.Context) {
	e := d.ending()
	d.become(proxy.Draining)
	ctx, cancel := context.WithTimeout(ctx, e.all)
	defer cancel()
	cut := e.cuts(d)
	whole := d.shutdown(ctx, e.linger)
	inFlight := cut(whole)
	d.save()
	if d.told != nil {
		d.told.finish()
	}
	d.tell(gateway.Emptied{InFlight: inFlight, Totals: d.totals()})
}

// shutdown ends every server and tells whether nothing had to be cut.
func (d *Driver) shutdown(ctx context.Context, linger time.Duration) bool {
	d.mu.Lock()
	servers := d.servers
	d.servers, d.open = nil, nil
	d.mu.Unlock()
	var all sync.WaitGroup
	errs := make([]error, len(servers))
	for i, s := range servers {
		s.SetLinger(linger)
		all.Go(func() { errs[i] = s.Shutdown(ctx) })
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return false
		}
	}
	return true
}

func (d *Driver) inFlight() (n int) {
	for _, name := range d.names() {
		a := d.app(name)
		d.mu.Lock()
		inside := make([]string, 0, len(a.inside))
		for id := range a.inside {
			inside = append(inside, id)
		}
		d.mu.Unlock()
		for _, id := range inside {
			n += int(d.proxy.InFlight(name, id))
		}
	}
	return n
}

// Close cuts what is left and ends every goroutine of the proxy.
func (d *Driver) Close() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	d.shutdown(ctx, 0)
	d.proxy.Close()
	if d.told != nil {
		d.told.end()
	}
}
