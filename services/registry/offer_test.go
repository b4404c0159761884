package registry

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/script"
	"slipway.dev/pkg/service"
)

func offered(n uint64, stored time.Time, d events.WishEndpointOffered) service.Signal {
	e := events.NewWish("integrator:test", d, stored, fmt.Sprint("wish-", n))
	e.Pos, e.Stored = events.Position{Era: 1, Seq: n}, stored
	return service.Signal{Wish: &e}
}

func offerOf(app, endpoint string) events.WishEndpointOffered {
	return events.WishEndpointOffered{OfOffer: events.OfOffer{App: app, Endpoint: endpoint}, Address: "10.0.0.7:8080"}
}

// answersTo are the names of the facts that answer a wish.
func answersTo(log *script.Log, n uint64) (names []string) {
	for _, e := range log.Events() {
		if e.Wish.Seq == n {
			names = append(names, e.Kind.Name())
		}
	}
	return names
}

// dataplane-12: two registries that hear the same offer answer it once, also when the
// second one has not heard the first one's answer.
func TestTwoRegistriesAnswerAnOfferOnce(t *testing.T) {
	now := time.Date(2026, 1, 5, 14, 0, 0, 0, time.UTC)
	log := &script.Log{}
	a, b := newCopy(log, now), newCopy(log, now)
	for _, c := range []*copyOf{a, b} {
		c.core.Sense(offered(1, now, offerOf("billing", "b1")), now)
	}
	stale := b.core.Next(now).Appends
	a.rest(t, now)
	for _, x := range stale {
		if err := b.say(t, x, now); err != nil {
			t.Errorf("the same answer of its twin: %v, want it known as said", err)
		}
	}
	b.hear()
	b.rest(t, now)
	if got := answersTo(log, 1); len(got) != 1 || got[0] != "endpoint.registered" {
		t.Errorf("the offer was answered by %v", got)
	}
}

// An offer that nobody answered for a day is refused, and so is one of a pool that is
// full; both are told as such.
func TestOffersThatCannotBeTakenAnyMore(t *testing.T) {
	now := time.Date(2026, 1, 5, 14, 0, 0, 0, time.UTC)
	log := &script.Log{}
	tell(t, log, now, events.NodeJoined{OfNode: events.OfNode{Node: "n1"}, Incarnation: 1})
	for i := range events.MaxEndpoints {
		of := events.OfInstance{App: "web", Node: "n1", Instance: fmt.Sprintf("web-1-a%04d", i)}
		tell(t, log, now, events.InstanceStarted{OfInstance: of, Boot: 1, Address: "10.0.0.1:1"})
	}
	c := newCopy(log, now)
	c.rest(t, now)
	c.core.Sense(offered(1, now, offerOf("web", "w1")), now)
	c.core.Sense(offered(2, now.Add(-events.WishAge-time.Second), offerOf("billing", "b1")), now)
	c.rest(t, now)
	for n, want := range map[uint64]string{1: "pool-full", 2: "expired"} {
		cause := ""
		for _, e := range log.Events() {
			if d, is := e.Data.(events.EndpointRefused); is && e.Wish.Seq == n {
				cause = d.Cause
			}
		}
		if cause != want {
			t.Errorf("wish %d was answered by %v with cause %q, want %q", n, answersTo(log, n), cause, want)
		}
	}
}

// Whatever somebody writes into an offer, the refusal can be said.
func TestRefusalsCanBeSaid(t *testing.T) {
	now := time.Date(2026, 1, 5, 14, 0, 0, 0, time.UTC)
	log := &script.Log{}
	c := newCopy(log, now)
	for i, name := range []string{"", strings.Repeat("n", 300_000), "a/b", "ä\x00\n", "%2F"} {
		d := offerOf("billing", name)
		d.Address, d.Zone = strings.Repeat("h", 10_000)+":1", strings.Repeat("z", 10_000)
		d.Tags = map[string]string{strings.Repeat("k", 10_000): "v"}
		c.core.Sense(offered(uint64(i+1), now, d), now)
	}
	c.rest(t, now)
	for n := uint64(1); n <= 5; n++ {
		if got := answersTo(log, n); len(got) != 1 || got[0] != "endpoint.refused" {
			t.Errorf("wish %d was answered by %v", n, got)
		}
	}
	for _, e := range log.Events() {
		if b, err := events.Encode(e); err != nil || len(b) > 4096 {
			t.Errorf("%d bytes, %v", len(b), err)
		}
	}
}
