package edge

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"syscall"
	"time"

	"slipway.dev/pkg/service"
	"slipway.dev/services/gateway/proxy"
)

// server serves one listener.
type server interface {
	SetState(s proxy.State)
	SetLinger(d time.Duration)
	Serve() error
	Shutdown(ctx context.Context) error
}

// PortAddress is the address of the listener of a TCP route, beside the plain one.
func PortAddress(plain string, port int) string {
	host, _, _ := net.SplitHostPort(plain)
	return net.JoinHostPort(host, strconv.Itoa(port))
}

// mayOpen tells whether the listeners of routes may be open.
func (d *Driver) mayOpen() bool {
	return len(d.cfg.Listen) > 0 && len(d.open) > 0 && d.opening && d.state != proxy.Draining
}

// claimPorts opens the ports of a route that is to be served: one that somebody else
// on this machine has is a reason not to. Before the listeners may be open nobody can
// tell.
func (d *Driver) claimPorts(r proxy.Route) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.mayOpen() {
		return nil
	}
	for _, rule := range r.Rules {
		if rule.Protocol != proxy.ProtocolTCP {
			continue
		}
		if err := d.openPort(rule.Listen); err != nil {
			return err
		}
	}
	return nil
}

// portsLocked opens the listeners of the published table's TCP routes and closes those
// it does not ask for any more, as soon as the listeners may be open. What cannot be
// opened is tried again with the next beat; nothing else waits for it.
func (d *Driver) portsLocked() {
	if !d.mayOpen() {
		return
	}
	want := d.proxy.TCPPorts()
	for port, s := range d.ports {
		if want[port] == "" {
			d.closePort(port, s)
		}
	}
	d.shut = map[string][]string{}
	for _, port := range service.Sorted(want) {
		_, told := d.ports[port]
		err := d.openPort(port)
		if err == nil {
			continue
		}
		d.shut[want[port]] = append(d.shut[want[port]], err.Error())
		if !told { // said once: it may be for long
			d.cfg.Logger.Warn().Err(err).Int("port", port).Msg("open port of a TCP route")
			d.ports[port] = nil
		}
	}
}

func (d *Driver) openPort(port int) error {
	if d.ports[port] != nil {
		return nil
	}
	address := PortAddress(d.cfg.Listen[0], port)
	l, err := d.cfg.Open(address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("listen on %s: another program has the port: end it, or give the app another listen", address)
	case err != nil:
		return fmt.Errorf("listen on %s: %w", address, err)
	}
	s := proxy.NewTCPServer(l, d.proxy, port)
	d.ports[port] = s
	d.servers = append(d.servers, s)
	go d.accept(s)
	return nil
}

// shutPorts tells for each app why its ports could not be opened.
func (d *Driver) shutPorts() map[string][]string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.shut // made anew with each look
}

// TCPPorts are the ports at which connections of TCP routes are taken now.
func (d *Driver) TCPPorts() (ports []int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for port, s := range d.ports {
		if s != nil {
			ports = append(ports, port)
		}
	}
	slices.Sort(ports)
	return ports
}

// closePort takes nothing more at a port; tunnels end as their endpoints drain.
func (d *Driver) closePort(port int, s *proxy.TCPServer) {
	delete(d.ports, port)
	if s == nil {
		return
	}
	d.servers = slices.DeleteFunc(slices.Clone(d.servers), func(x server) bool { return x == server(s) })
	go s.Shutdown(context.Background())
}
