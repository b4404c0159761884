package gateway

import (
	"maps"
	"testing"
	"time"

	"pgregory.net/rapid"

	"slipway.dev/events"
)

// The hosts that are to have a certificate are those a look at every app finds,
// whatever becomes of its routes.
func TestCertifiedFollowsTheRoutes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := newGateway("gw1-a")
		for n := range rapid.IntRange(1, 40).Draw(t, "facts") {
			of := events.OfRoute{App: rapid.SampledFrom([]string{"web", "api", "shop"}).Draw(t, "app"), Generation: n + 1}
			var data events.Payload = events.RouteRemoved{OfRoute: of}
			if rapid.IntRange(0, 3).Draw(t, "kind") > 0 {
				rule := events.RouteRule{Host: rapid.SampledFrom([]string{"a.example", "b.example", "c.example"}).Draw(t, "host"), Path: "/"}
				rule.TLS = rapid.SampledFrom([]string{"", events.TLSAuto}).Draw(t, "tls")
				data = events.RouteShifted{OfRoute: of, Route: events.Route{Rules: []events.RouteRule{rule}}}
			}
			g.evolve(events.Event{Kind: events.KindOf(data), App: of.App, Time: time.Unix(int64(n), 0), Data: data})
			if got, want := g.certified(), g.certifiedOf(); !maps.Equal(got, want) {
				t.Fatalf("after %T of %s: %v, want %v", data, of.App, got, want)
			}
		}
	})
}
