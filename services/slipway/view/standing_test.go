package view

import (
	"strings"
	"testing"

	"slipway.dev/events"
)

// letter lets a participant say what it cannot read, or can.
func (s *story) letter(owner string, data events.Payload) {
	s.t.Helper()
	about, kind := data.About(), events.KindOf(data)
	kind.Owner = owner
	guard := events.Guard(owner, "", about.Place)
	s.ordinals[guard]++
	s.seq++
	s.log.Fold(events.Event{
		ID: events.ID(guard, s.ordinals[guard]), Kind: kind, Place: about.Place, Subject: about.Subject, Time: s.now,
		Reason: "unreadable: bad", Ordinal: s.ordinals[guard], Data: data, Pos: events.Position{Era: 1, Seq: s.seq},
	})
}

func parkedBy(participant, place, guard string) events.LetterParked {
	return events.LetterParked{OfLetter: events.OfLetter{Participant: participant, Place: place, Position: "1:9"}, Guard: guard, Verdict: "unreadable"}
}

// TestAnAppThatStandsStill: who calls it healthy hides that somebody reads no more
// about it.
func TestAnAppThatStandsStill(t *testing.T) {
	own := events.Guard("deployer", "shop", "")
	words := func(who string) string { return "dead letter 1:9 at " + who + ": slipway dead show 1:9" }
	for name, c := range map[string]struct {
		owner string
		facts []events.Payload
		state string
		waits string
	}{
		"at a gateway": {"gateway", []events.Payload{parkedBy("gateway-gw1-a", "gw1-a", own)}, "degraded", words("gateway-gw1-a")},
		"at a service": {"deployer", []events.Payload{parkedBy("deployer", "", own)}, "degraded", words("deployer")},
		"over a guard of all apps": {
			"registry", []events.Payload{parkedBy("registry", "", events.Guard("gateway", "", "gw1-a"))}, "degraded", words("registry"),
		},
		"of another app":    {"deployer", []events.Payload{parkedBy("deployer", "", events.Guard("deployer", "shop2", ""))}, "healthy", ""},
		"of no app":         {"deployer", []events.Payload{parkedBy("deployer", "", "slipway.event._.registry.node-n1.>")}, "healthy", ""},
		"at one that left":  {"gateway", []events.Payload{parkedBy("gateway-gw1-a", "gw1-a", own), events.GatewayLeft{OfGateway: events.OfGateway{Gateway: "gw1-a"}}}, "healthy", ""},
		"and was let go":    {"deployer", []events.Payload{parkedBy("deployer", "", own), events.LetterDropped{OfLetter: parkedBy("deployer", "", own).OfLetter}}, "healthy", ""},
		"and could be read": {"deployer", []events.Payload{parkedBy("deployer", "", own), events.LetterRequeued{OfLetter: parkedBy("deployer", "", own).OfLetter}}, "healthy", ""},
		"another let it go": {
			"gateway", []events.Payload{parkedBy("gateway-gw1-a", "gw1-a", own), events.LetterDropped{OfLetter: parkedBy("gateway-gw2-a", "gw2-a", own).OfLetter}},
			"degraded", words("gateway-gw1-a"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			s.serve()
			for _, f := range c.facts {
				s.letter(c.owner, f)
			}
			app, _ := s.log.Status("shop", s.now)
			waits := s.log.Waits("shop", s.now)
			if app.State != c.state || (c.waits != "") != (len(waits) > 0) || !strings.HasSuffix(app.Reason, c.waits) {
				t.Errorf("it is %s: %q, waits for %v; want %s, %q", app.State, app.Reason, waits, c.state, c.waits)
			}
			if len(waits) > 0 && (waits[0].Detail != c.waits || waits[0].For != "letter") {
				t.Errorf("waits for %+v", waits)
			}
		})
	}
}
