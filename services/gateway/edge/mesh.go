package edge

import (
	"context"
	"net"
	"strconv"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/gateway/proxy"
)

// meshHost is where the other apps' calls come in: from this machine alone.
const meshHost = "127.0.0.1"

// inlet is the listener of an app's port for other apps.
type inlet struct {
	port   int
	server *proxy.Server // nil: the port could not be had yet
}

// MeshAddress is the address of the listener of a mesh port; it is also the name by
// which the listener is opened, and handed over.
func MeshAddress(port int) string { return net.JoinHostPort(meshHost, strconv.Itoa(port)) }

// mesh makes the listeners those of the published table.
func (d *Driver) mesh() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.meshLocked()
	d.portsLocked()
}

// meshLocked opens what the table asks for and closes what it does not any more, as
// soon as the listeners may be open. What cannot be opened is tried again with the
// next beat; nothing else waits for it.
func (d *Driver) meshLocked() {
	if d.cfg.Node == "" || len(d.open) < len(d.cfg.Listen) || !d.opening || d.state == proxy.Draining {
		return
	}
	want := d.proxy.MeshPorts()
	for app, in := range d.inlets {
		if want[app] != in.port {
			d.closeInlet(app, in)
		}
	}
	for _, app := range service.Sorted(want) {
		d.openInlet(app, want[app])
	}
}

func (d *Driver) openInlet(app string, port int) {
	in := d.inlets[app]
	if in != nil && in.server != nil {
		return
	}
	l, err := d.cfg.Open(MeshAddress(port))
	if err != nil {
		if in == nil { // said once: it may be for long
			d.cfg.Logger.Warn().Err(err).Str("app", app).Msg("open mesh port")
		}
		d.inlets[app] = &inlet{port: port}
		return
	}
	s := proxy.NewServer(l, d.proxy, proxy.ServerConfig{App: app, Linger: d.cfg.Linger})
	s.SetState(d.state)
	d.inlets[app] = &inlet{port: port, server: s}
	d.servers = append(d.servers, s)
	go d.accept(s)
}

// closeInlet takes nothing more at a port. What is in flight there ends as what it is
// at ends: its endpoints drain.
func (d *Driver) closeInlet(app string, in *inlet) {
	delete(d.inlets, app)
	if in.server == nil {
		return
	}
	for i, s := range d.servers {
		if s == in.server {
			d.servers = append(d.servers[:i:i], d.servers[i+1:]...)
			break
		}
	}
	go in.server.Shutdown(context.Background())
}

// MeshPorts are the ports at which calls of other apps are taken now, by app.
func (d *Driver) MeshPorts() map[string]int {
	d.mu.Lock()
	defer d.mu.Unlock()
	ports := map[string]int{}
	for app, in := range d.inlets {
		if in.server != nil {
			ports[app] = in.port
		}
	}
	return ports
}

// mesh is what the proxy is told of an app's port for other apps.
func mesh(r events.Route) proxy.Mesh {
	m := proxy.Mesh{Port: r.MeshPort}
	if r.Mesh != nil {
		m.Target, m.Protocol = r.Mesh.Port, r.Mesh.Protocol
	}
	return m
}
