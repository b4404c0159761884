package gateway

import (
	"fmt"
	"strconv"
	"strings"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// claim makes an app own the hosts and paths of its route. What another app has
// owned before is not taken: the route as a whole is refused then. Whatever this
// one lets go may be what others have been refused for.
func (g *Gateway) claim(a *App) {
	*g.hosts.Get() = nil
	g.rows.Get().touch(a.Name)
	a.Clash = g.clash(a)
	if a.Clash != "" {
		return
	}
	wanted := map[string]bool{}
	for _, r := range a.Route.Rules {
		wanted[place(r)] = true
		g.Owners[place(r)] = a.Name
	}
	freed := false
	for at, owner := range g.Owners {
		if owner == a.Name && !wanted[at] {
			delete(g.Owners, at)
			freed = true
		}
	}
	if freed {
		g.reclaim()
	}
}

// reclaim lets the refused try again.
func (g *Gateway) reclaim() {
	for _, name := range service.Sorted(g.Apps) {
		if a := g.Apps[name]; a.Clash != "" && g.clash(a) == "" {
			a.Order++
			g.claim(a)
		}
	}
}

// clash names the first rule of an app that another one owns.
func (g *Gateway) clash(a *App) string {
	for _, r := range a.Route.Rules {
		owner, owned := g.Owners[place(r)]
		switch {
		case !owned || owner == a.Name:
		case r.Protocol == events.ProtocolTCP:
			return fmt.Sprintf("port %d belongs to %s", r.Listen, owner)
		default:
			return fmt.Sprintf("host %q path %q belongs to %s", r.Host, r.Path, owner)
		}
	}
	return ""
}

// place is a rule's host and path as requests are matched, or the port it has alone.
func place(r events.RouteRule) string {
	if r.Protocol == events.ProtocolTCP {
		return "port " + strconv.Itoa(r.Listen)
	}
	host := strings.ToLower(strings.TrimSuffix(r.Host, "."))
	return host + " " + strings.TrimRight(r.Path, "/")
}
