package deployer

import (
	"strconv"
	"strings"

	"slipway.dev/events"
	"slipway.dev/services/deployer/inventory"
)

// common folds what every app needs: nodes, gateways, and who owns which host.
func common(f *Fleet, e events.Event) {
	f.Nodes.Fold(e)
	if l, heard, ok := inventory.LeaseOf(e); ok && l.Kind == "gateway" {
		f.gateway(l.Name, heard)
	}
	switch d := e.Data.(type) {
	case events.GatewayJoined:
		f.gateway(d.Gateway, true)
		f.secure(d.Gateway, d.TLS != nil)
	case events.GatewayLeft:
		f.gateway(d.Gateway, false)
		f.secure(d.Gateway, false)
	case events.RouteDeclared:
		f.own(d.App, d.Rules)
		f.Mesh.claim(d.App, d.MeshPort, e.At())
	case events.RouteShifted:
		f.own(d.App, d.Rules)
		f.Mesh.claim(d.App, d.MeshPort, e.At())
	case events.RouteRemoved:
		f.own(d.App, nil)
		f.Mesh.claim(d.App, 0, e.At())
	}
}

func (f *Fleet) gateway(name string, live bool) {
	if f.Gateways == nil {
		f.Gateways = map[string]bool{}
	}
	if !live {
		delete(f.Gateways, name)
		return
	}
	f.Gateways[name] = true
}

// secure notes whether a gateway serves by TLS; one that is silent still counts.
func (f *Fleet) secure(name string, serves bool) {
	if f.Secure == nil {
		f.Secure = map[string]bool{}
	}
	if !serves {
		delete(f.Secure, name)
		return
	}
	f.Secure[name] = true
}

// own gives hosts to the app that named them first.
func (f *Fleet) own(app string, rules []events.RouteRule) {
	if f.Hosts == nil {
		f.Hosts = map[string]string{}
	}
	for way, owner := range f.Hosts {
		if owner == app && !names(rules, way) {
			delete(f.Hosts, way)
		}
	}
	for _, r := range rules {
		if _, taken := f.Hosts[wayOf(r)]; !taken {
			f.Hosts[wayOf(r)] = app
		}
	}
}

// taken lists the ways in that another app owns.
func (f *Fleet) taken(app string, rules []events.RouteRule) (all []events.Refusal) {
	for _, r := range rules {
		owner, ok := f.Hosts[wayOf(r)]
		if !ok || owner == app {
			continue
		}
		code := "host-taken"
		if r.Protocol == events.ProtocolTCP {
			code = "port-taken"
		}
		all = append(all, events.Refusal{Code: code, Field: "ports", Text: wayOf(r) + " is owned by " + owner})
	}
	return all
}

func names(rules []events.RouteRule, way string) bool {
	for _, r := range rules {
		if wayOf(r) == way {
			return true
		}
	}
	return false
}

// wayOf is a host and path, or a port of the gateways.
func wayOf(r events.RouteRule) string {
	if r.Protocol == events.ProtocolTCP {
		return "port " + strconv.Itoa(r.Listen)
	}
	return strings.ToLower(r.Host) + r.Path
}
