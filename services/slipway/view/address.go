package view

import (
	"net"
	"slices"
	"strconv"
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
	host, port, ok := l.gatewayAddress()
	if !ok {
		return nil
	}
	for _, r := range rules {
		if strings.HasPrefix(r.Host, "*") {
			continue
		}
		if url := urlOf(r, host, port); !slices.Contains(urls, url) {
			urls = append(urls, url)
		}
	}
	return urls
}

// urlOf is one way in: by its own host, or at a port of the gateway's.
func urlOf(r events.RouteRule, gateway, port string) string {
	switch {
	case r.Protocol == events.ProtocolTCP:
		return "tcp://" + net.JoinHostPort(gateway, strconv.Itoa(r.Listen))
	case port == "80":
		return "http://" + r.Host + r.Path
	}
	return "http://" + net.JoinHostPort(r.Host, port) + r.Path
}

// gatewayAddress is where the first gateway that lives is reached, by name. One that
// listens on all addresses is reached at its node's.
func (l *Log) gatewayAddress() (host, port string, ok bool) {
	for _, name := range service.Sorted(l.gateways) {
		g := l.gateways[name]
		if !g.live || len(g.addresses) == 0 {
			continue
		}
		host, port, err := net.SplitHostPort(g.addresses[0])
		if err != nil {
			continue
		}
		if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
			host = l.addressOf(g.node)
		}
		return host, port, true
	}
	return "", "", false
}

// addressOf is a node's address; localhost where nobody has said it.
func (l *Log) addressOf(node string) string {
	if n := l.nodes[node]; n != nil && n.described.Address != "" {
		return n.described.Address
	}
	return "localhost"
}
