package gateway

import (
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
)

// dataplane-17: of two apps with one host and path the first in the log owns it, also
// here; the other's route is refused until it is let go.
func TestTheFirstInTheLogOwnsAWay(t *testing.T) {
	g := newGateway("gw1-a")
	route := func(app string, generation int, hosts ...string) {
		var rules []events.RouteRule
		for _, h := range hosts {
			rules = append(rules, events.RouteRule{Host: h, Path: "/"})
		}
		d := events.RouteDeclared{OfRoute: events.OfRoute{App: app, Generation: generation}, Route: events.Route{Rules: rules}}
		g.evolve(events.Event{Kind: events.KindOf(d), App: app, Data: d, Time: time.Unix(0, 0)})
	}
	route("web", 1, "shop.example.com")
	route("api", 1, "Shop.Example.com.", "api.example.com")
	if c := g.Apps["api"].Clash; !strings.Contains(c, "belongs to web") || g.Apps["web"].Clash != "" {
		t.Errorf("web clashes %q, api %q; want api refused", g.Apps["web"].Clash, c)
	}
	route("web", 2, "www.example.com")
	if c := g.Apps["api"].Clash; c != "" {
		t.Errorf("the way was let go, api still clashes: %s", c)
	}
}

// A port of the gateways is one app's too; other apps' ports are other ways.
func TestTheFirstInTheLogOwnsAPort(t *testing.T) {
	g := newGateway("gw1-a")
	route := func(app string, port int) {
		d := events.RouteDeclared{OfRoute: events.OfRoute{App: app, Generation: 1}, Route: events.Route{
			Rules: []events.RouteRule{{Protocol: events.ProtocolTCP, Listen: port}},
		}}
		g.evolve(events.Event{Kind: events.KindOf(d), App: app, Data: d, Time: time.Unix(0, 0)})
	}
	route("db", 5432)
	route("cache", 6379)
	route("twin", 5432)
	if c := g.Apps["twin"].Clash; c != "port 5432 belongs to db" || g.Apps["cache"].Clash != "" {
		t.Errorf("twin clashes %q, cache %q", c, g.Apps["cache"].Clash)
	}
}
