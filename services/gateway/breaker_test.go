package gateway

import (
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/breaker"
)

// dataplane-40: six that fail in the same decision: each opening counts for the next
// one, so three are opened and three held; one that is leaving has no breaker.
func TestOneDecisionTakesOutAtMostHalf(t *testing.T) {
	g, now := newGateway("gw1-a"), time.Date(2026, 1, 5, 14, 0, 0, 0, time.UTC)
	a, x := g.app("web"), g.heard.Get().app("web")
	for _, id := range []string{"a1", "a2", "a3", "a4", "a5", "a6"} {
		a.Endpoints = append(a.Endpoints, events.PoolEndpoint{Endpoint: id, Release: 7, Ready: true})
		x.samples[id] = breaker.Sample{Run: breaker.Failures}
	}
	said := map[string]int{}
	for _, f := range g.decideBreakers(a, x, now).Facts {
		said[events.KindOf(f.Data).Name()]++
	}
	if said["breaker.opened"] != 3 || said["breaker.held"] != 3 {
		t.Errorf("said %v", said)
	}
	a.broke(events.Breaker{OfTraffic: events.OfTraffic{Endpoint: "a1"}, To: string(breaker.Open), OpenMs: 5000}, now)
	before := a.Endpoints
	a.Endpoints = []events.PoolEndpoint{{Endpoint: "a1", Release: 7, Ready: false, Terminating: true}}
	if a.relist(before); len(a.Breakers) != 0 {
		t.Errorf("one that leaves has the breaker %v", a.Breakers)
	}
}
