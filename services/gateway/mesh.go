package gateway

import "slipway.dev/events"

// meshed gives an app the port at which the other apps of this machine reach it. Of
// two that claim one port the first in the log has it; the other has none until it
// claims another.
func (g *Gateway) meshed(a *App) {
	want := a.Route.MeshPort
	if a.Mesh != want && a.Mesh != 0 {
		delete(g.Ports, a.Mesh)
		a.Mesh = 0
	}
	if _, taken := g.Ports[want]; want != 0 && !taken {
		g.Ports[want], a.Mesh = a.Name, want
	}
}

// served is the route as the hands are to serve it.
func (a *App) served() events.Route {
	r := a.Route
	r.MeshPort = a.Mesh
	return r
}
