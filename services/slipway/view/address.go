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
	in, ok := l.entrances()
	if !ok {
		return nil
	}
	for _, r := range rules {
		if strings.HasPrefix(r.Host, "*") {
			continue
		}
		if url := in.urlOf(r); !slices.Contains(urls, url) {
			urls = append(urls, url)
		}
	}
	return urls
}

// entrances are where the gateways that live are reached.
type entrances struct {
	host   string // of the first, by name
	port   string
	secure string // port of the first that serves by TLS; empty: none does
}

// urlOf is one way in: by its own host, or at a port of the gateway's. What is to be
// served by TLS is asked for by it where a gateway does.
func (in entrances) urlOf(r events.RouteRule) string {
	switch {
	case r.Protocol == events.ProtocolTCP:
		return "tcp://" + net.JoinHostPort(in.host, strconv.Itoa(r.Listen))
	case r.TLS != "" && in.secure != "":
		return "https://" + beside(r.Host, in.secure, "443") + r.Path
	}
	return "http://" + beside(r.Host, in.port, "80") + r.Path
}

// beside is a host with its port, but for the port that goes without saying.
func beside(host, port, usual string) string {
	if port == usual {
		return host
	}
	return net.JoinHostPort(host, port)
}

// entrances looks at the gateways that live, by name.
func (l *Log) entrances() (in entrances, ok bool) {
	for _, name := range service.Sorted(l.gateways) {
		g := l.gateways[name]
		if !g.live {
			continue
		}
		if host, port, there := l.reached(g.addresses, g.node); there && !ok {
			in.host, in.port, ok = host, port, true
		}
		if _, port, there := l.reached(g.secure, g.node); there && in.secure == "" {
			in.secure = port
		}
	}
	return in, ok
}

// reached is where the first of a gateway's addresses is reached. One that listens on
// all addresses is reached at its node's.
func (l *Log) reached(addresses []string, node string) (host, port string, ok bool) {
	if len(addresses) == 0 {
		return "", "", false
	}
	host, port, err := net.SplitHostPort(addresses[0])
	if err != nil {
		return "", "", false
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = l.addressOf(node)
	}
	return host, port, true
}

// addressOf is a node's address; localhost where nobody has said it.
func (l *Log) addressOf(node string) string {
	if n := l.nodes[node]; n != nil && n.described.Address != "" {
		return n.described.Address
	}
	return "localhost"
}
