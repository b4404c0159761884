package edge

import (
	"context"
	"fmt"
	"net"
	"slices"
	"time"

	"slipway.dev/services/gateway"
	"slipway.dev/services/gateway/proxy"
)

const openEvery = time.Second

// listen opens the listeners, as often as it takes, and keeps them: they outlive a
// run that ends without Leave.
func (d *Driver) listen(ctx context.Context) {
	for err := d.openAll(); err != nil; err = d.openAll() {
		d.cfg.Logger.Error().Err(err).Msg("open listeners")
		select {
		case <-ctx.Done():
			return
		case <-time.After(openEvery):
		}
	}
	d.forgetRestored()
	d.cfg.Opened()
	d.tell(gateway.Opened{})
}

func (d *Driver) openAll() error {
	if d.told != nil {
		d.told.begin()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, address := range d.doors() {
		if i < len(d.open) {
			continue
		}
		l, err := d.cfg.Open(address)
		if err != nil {
			return fmt.Errorf("listen on %s: %w", address, err)
		}
		s := proxy.NewServer(l, d.proxy, proxy.ServerConfig{Linger: d.cfg.Linger, ErrorLog: serverLog(d.cfg.Logger), TLS: i >= len(d.cfg.Listen)})
		s.SetState(d.state)
		d.open, d.servers = append(d.open, l), append(d.servers, s)
		go d.accept(s)
	}
	d.opening = true
	d.meshLocked()
	d.portsLocked()
	return nil
}

// doors are the addresses of all listeners, those for TLS last.
func (d *Driver) doors() []string {
	if d.cfg.TLS == nil {
		return d.cfg.Listen
	}
	return append(slices.Clone(d.cfg.Listen), d.cfg.TLS.Listen...)
}

func (d *Driver) accept(s server) {
	if err := s.Serve(); err != nil {
		d.cfg.Logger.Error().Err(err).Msg("serve")
	}
}

// Addresses are those of the open listeners.
func (d *Driver) Addresses() (all []net.Addr) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, l := range d.open {
		all = append(all, l.Addr())
	}
	return all
}

// healthy answers 200 on the health path until the act ends; then whoever is in
// front should ask elsewhere.
func (d *Driver) healthy(ctx context.Context, h gateway.Health) {
	d.proxy.SetStale(time.Time{})
	d.become(proxy.Live)
	d.tell(gateway.Healthy{Life: h.Life})
	<-ctx.Done()
	d.become(proxy.CutOff)
}

// Live tells whether the health path answers 200.
func (d *Driver) Live() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.state == proxy.Live
}

// become changes what the health path tells; a gateway that drains stays so.
func (d *Driver) become(s proxy.State) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.state == proxy.Draining {
		return
	}
	d.state = s
	for _, server := range d.servers {
		server.SetState(s)
	}
}
