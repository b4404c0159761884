package view

import (
	"net"
	"slices"
	"strings"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// URLs are where an app answers: each of its ways in, at a live gateway's port.
func (l *Log) URLs(app string) (urls []string) {
	a, _ := l.state(app)
	if a == nil || a.Route.Removed {
		return nil
	}
	return l.urlsOf(a.Route.Said.Rules)
}

func (l *Log) urlsOf(rules []events.RouteRule) (urls []string) {
	port, ok := l.gatewayPort()
	if !ok {
		return nil
	}
	for _, r := range rules {
		if strings.HasPrefix(r.Host, "*") {
			continue
		}
		host := r.Host
		if port != "80" {
			host = net.JoinHostPort(r.Host, port)
		}
		if url := "http://" + host + r.Path; !slices.Contains(urls, url) {
			urls = append(urls, url)
		}
	}
	return urls
}

// gatewayPort is the port of the first gateway that lives, by name.
func (l *Log) gatewayPort() (string, bool) {
	for _, name := range service.Sorted(l.gateways) {
		g := l.gateways[name]
		if !g.live || len(g.addresses) == 0 {
			continue
		}
		if _, port, err := net.SplitHostPort(g.addresses[0]); err == nil {
			return port, true
		}
	}
	return "", false
}
