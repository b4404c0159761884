package deployer

import (
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/sim"
)

// What a gateway cannot serve is what the release waits for, and in the end why it is
// taken back, resting on the gateway's own words.
func TestAGatewayThatCannotServeIsNamed(t *testing.T) {
	const why = "listen on 127.0.0.1:7007: another program has the port"
	of := events.OfRouting{App: "web", Gateway: "gw1-a"}
	shut := map[string]events.Payload{
		"refused": events.RoutingRefused{OfRouting: of},
		"closed":  events.RoutingApplied{OfRouting: of, Closed: []string{why}},
	}
	for name, fact := range shut {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.deploy(doc("1"))
			r.noGw = true
			r.declare(doc("2", strategy(events.BlueGreen), func(d *events.Document) { d.Deploy.DeadlineMs = 60_000 }))
			awaited := func(words string) func() bool {
				return func() bool {
					w := r.waits()
					return len(w) > 0 && w[0].For == waitsSettlement && strings.Contains(w[0].Detail, words)
				}
			}
			r.until("it waits for the gateway", awaited(": gw1-a"))
			said := r.sayBecause(fact, why)
			r.until("it tells what the gateway lacks", awaited("gw1-a: "+why))
			r.pass(2 * time.Minute)
			for n := uint64(1); n <= r.w.Log.Len(); n++ {
				e := r.w.Log.At(n)
				if _, aborted := e.Data.(events.ReleaseAborted); aborted {
					if e.Reason != "no progress for 1m0s: gw1-a: "+why || e.Cause != said {
						t.Errorf("aborted because of %s: %q, want the gateway's %s", e.Cause, e.Reason, said)
					}
					return
				}
			}
			t.Error("never aborted")
		})
	}
}

// What a gateway serves by then is not told any more, nor what one said that has left.
func TestAGatewayThatServesIsNotNamed(t *testing.T) {
	of := events.OfRouting{App: "web", Gateway: "gw1-a"}
	ends := map[string]events.Payload{
		"applied": events.RoutingApplied{OfRouting: of},
		"left":    events.GatewayLeft{OfGateway: events.OfGateway{Gateway: "gw1-a", Incarnation: 1}},
	}
	for name, fact := range ends {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.deploy(doc("1"))
			r.sayBecause(events.RoutingRefused{OfRouting: of}, "the port is taken")
			r.until("it is told", func() bool { return r.shut() == "gw1-a: the port is taken" })
			r.say(fact)
			r.until("it is told no more", func() bool { return r.shut() == "" })
		})
	}
}

func (r *rig) shut() string {
	a, f := service.StateOf[App, Fleet](r.h.Core().Machines()[0], "web")
	words, _ := Read(Config{}, a, f, r.w.Now()).Shut()
	return words
}

// sayBecause states a fact of another owner with its reason, and returns its id.
func (r *rig) sayBecause(p events.Payload, why string) string {
	r.t.Helper()
	about := p.About()
	guard := events.Guard(events.KindOf(p).Owner, about.App, about.Place)
	r.ord[guard]++
	e := sim.Fact(p, r.ord[guard], r.w.Now())
	e.Reason = why
	r.w.Say(r.t.Fatalf, guard, e)
	return e.ID
}
