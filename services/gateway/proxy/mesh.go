package proxy

// Mesh is an app's way in for the other apps of a machine: a loopback port all of
// whose requests are the app's, whatever host they name.
type Mesh struct {
	Port     int    `json:"port"`               // on which a gateway listens; 0: there is no such way
	Target   string `json:"target,omitempty"`   // a named port of the endpoints; "" is their address
	Protocol string `json:"protocol,omitempty"` // spoken to it; "" is the endpoint's own
}

// MeshPorts are the ports for other apps that the table asks for, by app.
func (p *Proxy) MeshPorts() map[string]int {
	ports := map[string]int{}
	for name, a := range p.table.Load().apps {
		if a.route.Mesh.Port != 0 {
			ports[name] = a.route.Mesh.Port
		}
	}
	return ports
}

// match finds whose request it is: by the port it came to, or by host and path.
func (x *exchange) match() *path {
	t := x.p.table.Load()
	if x.port != 0 {
		return t.ports[x.port]
	}
	if x.mesh == "" {
		return t.match(x.r.Host, x.path)
	}
	a := t.apps[x.mesh]
	if a == nil || a.route.Mesh.Port == 0 {
		return nil
	}
	return &path{app: a, rule: Rule{Path: "/", Port: a.route.Mesh.Target, Protocol: a.route.Mesh.Protocol}}
}
