package edge

import (
	"context"
	"net"
	"slices"
	"strconv"
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

// portsLocked opens the listeners of the published table's TCP routes and closes those
// it does not ask for any more, as soon as the listeners may be open. What cannot be
// opened is tried again with the next beat; nothing else waits for it.
func (d *Driver) portsLocked() {
	if len(d.cfg.Listen) == 0 || len(d.open) == 0 || !d.opening || d.state == proxy.Draining {
		return
	}
	want := d.proxy.TCPPorts()
	for port, s := range d.ports {
		if !want[port] {
			d.closePort(port, s)
		}
	}
	for _, port := range service.Sorted(want) {
		d.openPort(port)
	}
}

func (d *Driver) openPort(port int) {
	s, told := d.ports[port]
	if s != nil {
		return
	}
	l, err := d.cfg.Open(PortAddress(d.cfg.Listen[0], port))
	if err != nil {
		if !told { // said once: it may be for long
			d.cfg.Logger.Warn().Err(err).Int("port", port).Msg("open port of a TCP route")
		}
		d.ports[port] = nil
		return
	}
	s = proxy.NewTCPServer(l, d.proxy, port)
	d.ports[port] = s
	d.servers = append(d.servers, s)
	go d.accept(s)
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
