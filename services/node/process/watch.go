package process

import (
	"context"
	"maps"
	"slices"
	"time"

	"slipway.dev/services/node/driver"
)

// watchEvery is half of what is promised: an end is told within a second. That of a keeper this agent launched is told at once.
const watchEvery = 500 * time.Millisecond

// Watch tells ends until ctx ends. An instance whose keeper was killed is swept before its end is told, so that what it
// left behind holds no port when the next try starts.
func (d *Driver) Watch(ctx context.Context, ended func(driver.Ended)) error {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		for _, id := range d.expected() {
			if e, ok := d.over(id); ok {
				ended(e)
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		case <-d.poke:
		}
	}
}

func (d *Driver) expected() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Sorted(maps.Keys(d.live))
}

// over tells the end of an expected instance, once.
func (d *Driver) over(id string) (driver.Ended, bool) {
	f := d.folder(id)
	l, err := f.look()
	if err != nil || l.Order == nil || l.Exit == nil && !l.lost() {
		return driver.Ended{}, false
	}
	if !d.unexpect(id, l.Order.Try) {
		return driver.Ended{}, false
	}
	if l.lost() {
		sweep(f, id, *l.Running)
	}
	return d.ended(id, l), true
}
