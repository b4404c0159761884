package process

import (
	"context"
	"fmt"
	"os"
	"time"

	"slipway.dev/services/node/driver"
)

// List shows every instance folder, sorted by id, and makes Watch wait for those that run. A folder that was only prepared
// is not shown: nothing of it ever ran.
func (d *Driver) List(ctx context.Context) ([]driver.Found, error) {
	dirs, err := os.ReadDir(d.instances())
	if err != nil {
		return nil, fmt.Errorf("list instances: %w", err)
	}
	var all []driver.Found
	for _, dir := range dirs {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		l, err := d.folder(dir.Name()).look()
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", dir.Name(), err)
		}
		if found, ok := d.found(dir.Name(), l); ok {
			all = append(all, found)
		}
	}
	return all, nil
}

func (d *Driver) found(id string, l look) (driver.Found, bool) {
	if l.Order == nil || !l.Kept && l.Running == nil && l.Exit == nil {
		return driver.Found{}, false
	}
	f := driver.Found{ID: id, Try: l.Order.Try, Ports: l.Order.Ports, Stopped: d.marks.has(id)}
	if l.Running != nil {
		f.PID, f.Since = l.Running.Main.PID, l.Running.At
	}
	switch {
	case l.Exit != nil:
		f.State = driver.StateExited
	case l.Kept:
		f.State = driver.StateRunning
		d.expect(id, l.Order.Try)
		return f, true
	default:
		f.State = driver.StateMissing
	}
	ended := d.ended(id, l)
	f.Ended = &ended
	return f, true
}

// ended is the end of a try that has an exit record, or is lost.
func (d *Driver) ended(id string, l look) driver.Ended {
	tail := d.Tail(id, driver.TailLines)
	if l.Exit == nil {
		return lost(id, *l.Running, tail)
	}
	e := *l.Exit
	end := driver.Ended{
		ID: id, Try: e.Try, Code: e.Code, Signal: e.Signal, Oom: e.OOM, Reason: e.Reason,
		Tail: tail, At: e.Ended, Took: e.Ended.Sub(e.Began),
	}
	if end.Reason == "" && addressInUse(e, tail) {
		end.Reason = driver.ReasonAddressInUse
	}
	return end
}

func lost(id string, r running, tail []string) driver.Ended {
	now := time.Now()
	end := driver.Ended{ID: id, Try: r.Try, Code: -1, Reason: driver.ReasonLost, Tail: tail, At: now, Took: now.Sub(r.At)}
	if r.Boot != bootID() {
		end.Reason = driver.ReasonBooted
	}
	return end
}
