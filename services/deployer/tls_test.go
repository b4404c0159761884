package deployer

import (
	"strings"
	"testing"

	"slipway.dev/events"
)

// An app that is to be served by TLS is refused where no gateway does, and has its
// hosts in the route as by TLS where one does.
func TestTLSNeedsAGatewayThatServesIt(t *testing.T) {
	r := newRig(t)
	d := doc("1")
	p := d.Ports["http"]
	p.TLS = events.TLSAuto
	d.Ports["http"] = p
	r.declare(d)
	r.until("refused", func() bool { return r.count("release.refused") == 1 })
	if w := r.app("web").Releases[1].Why; !strings.HasPrefix(w, "no-tls: no gateway serves by TLS") {
		t.Errorf("refused with %q", w)
	}
	r.say(events.GatewayJoined{OfGateway: events.OfGateway{Gateway: "gw2-a", Incarnation: 1}, TLS: &events.GatewayTLS{Addresses: []string{"127.0.0.1:8443"}}})
	r.deploy(d)
	r.until("promoted", func() bool { return r.count("release.promoted") == 1 })
	for _, rule := range r.app("web").Route.Said.Rules {
		if rule.TLS != events.TLSAuto {
			t.Errorf("rule %+v", rule)
		}
	}
	r.say(events.GatewayLeft{OfGateway: events.OfGateway{Gateway: "gw2-a", Incarnation: 1}})
	d.Env = map[string]string{"ANY": "change"}
	r.declare(d)
	r.until("refused again", func() bool { return r.count("release.refused") == 2 })
}
