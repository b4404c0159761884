package gateway

import (
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// TestTwoProcessesByOneName: the newer one keeps the name, the older one says nothing
// more and ends; they do not throw each other out for ever.
func TestTwoProcessesByOneName(t *testing.T) {
	now := time.Date(2026, 1, 5, 14, 0, 0, 0, time.UTC)
	joined := func(incarnation int, nonce string) events.Event {
		return events.Event{Place: "gw1-a", Kind: events.K[events.GatewayJoined](), Data: events.GatewayJoined{OfGateway: events.OfGateway{Gateway: "gw1-a", Incarnation: incarnation}, Nonce: nonce}}
	}
	start := func(nonce string, log ...events.Event) *Gateway {
		g := newGateway("gw1-a")
		g.sense(service.Signal{Data: Boot{Nonce: nonce}}, now, events.LeaseTTL)
		for _, e := range log {
			g.evolve(e)
		}
		return g
	}
	older, newer := start("n1", joined(1, "n1"), joined(2, "n2")), start("n2", joined(1, "n1"), joined(2, "n2"))
	if facts := older.decide(Config{}, now).Facts; len(facts) != 0 {
		t.Errorf("the older one says %v", facts)
	}
	if acts := older.acts(Config{}); len(acts) != 1 || acts[0].Data != (Usurped{Incarnation: 2}) {
		t.Errorf("the older one does %v", acts)
	}
	if acts := newer.acts(Config{}); newer.usurped() || len(acts) == 0 {
		t.Errorf("the newer one does %v", acts)
	}
	if third := start("n3", joined(1, "n1"), joined(2, "n2")); third.usurped() || len(third.decide(Config{}, now).Facts) != 1 {
		t.Error("a restart does not join")
	}
}
