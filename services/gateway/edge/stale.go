package edge

import (
	"context"

	"slipway.dev/services/gateway/proxy"
)

// ServeStale serves the table of the file, for as long as there is no bus: answers
// carry Slipway-Stale, the health path says 503, nothing is said. Without a whole
// file the listeners stay closed.
func (d *Driver) ServeStale(ctx context.Context) error {
	saved, err := d.proxy.Load(ctx, d.cfg.Table)
	if err != nil {
		return err
	}
	for i := range saved.Apps {
		d.restored(&saved.Apps[i])
	}
	d.reload()
	d.restoreCertificates()
	d.become(proxy.CutOff)
	return d.openAll()
}

func (d *Driver) restored(t *proxy.Desired) {
	a := d.app(t.Route.App)
	a.turn.Lock()
	defer a.turn.Unlock()
	a.restored, a.route = t, &t.Route
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range t.Endpoints {
		a.inside[e.ID] = true
	}
}

// forgetRestored takes away what the file had and the log, now folded, has not.
func (d *Driver) forgetRestored() {
	for _, name := range d.names() {
		a := d.app(name)
		a.turn.Lock()
		if a.restored != nil && a.order == 0 {
			d.proxy.Remove(name)
			a.restored, a.route = nil, nil
		}
		a.turn.Unlock()
	}
}

// save writes the table to its file if it has changed.
func (d *Driver) save() {
	if d.cfg.Table == "" || !d.dirty.Swap(false) {
		return
	}
	if err := d.proxy.Save(d.cfg.Table, d.position().String()); err != nil {
		d.dirty.Store(true)
		d.cfg.Logger.Warn().Err(err).Msg("save table")
	}
}
