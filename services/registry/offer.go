package registry

import (
	"encoding/json"
	"reflect"
	"strings"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// listSlack is what an event needs beside its list.
const listSlack = 4 << 10

// asked is the one endpoint a wish concerned in this decision, and what it is after
// the answer.
type asked struct {
	id      string
	drainMs int64 // while it drains
	verdict
}

// answer answers the oldest wish if it is about an endpoint from outside.
func (s *Pool) answer(f *Fleet, cfg Config, now time.Time, say *service.Says) (a asked) {
	w, state, ok := s.Inbox.Oldest(now)
	if !ok {
		return a
	}
	switch d := w.Data.(type) {
	case events.WishEndpointOffered:
		return s.offer(w, d, state, f, cfg, now, say)
	case events.WishEndpointWithdrawn:
		return s.withdraw(w, d, state, f, now, say)
	}
	return a
}

// offer takes an endpoint in, changes its record, or refuses.
func (s *Pool) offer(w events.Event, d events.WishEndpointOffered, state string, f *Fleet, cfg Config, now time.Time, say *service.Says) (a asked) {
	r := recordOf(s.App, d)
	x := s.Endpoints[r.Endpoint]
	cause, why := cfg.bad(r, f)
	switch {
	case state != "":
		cause, why = state, state
	case cause != "":
	case !s.takes():
		cause, why = "owner", "app "+s.App+" is the deployer's and its app file has no external: true"
	case x != nil && !x.Outside:
		cause, why = "record", "endpoint: "+r.Endpoint+" is an instance of the app"
	case x == nil && !s.hasRoom(r):
		cause, why = "pool-full", "the app's live list is full"
	case x != nil && sameOffer(x.wanted(), r):
		cause, why = "unchanged", r.Endpoint+" is offered so already"
	}
	if cause != "" {
		refuse(s.App, d.OfOffer, w, cause, why, say)
		return a
	}
	r.Since = now.UTC()
	reason := "offered by " + w.Actor
	if x != nil {
		a = asked{r.Endpoint, x.DrainMs, verdict{x.State, x.Said}}
		reason = "offered again by " + w.Actor
		if x.State != "" && !x.going() && r.Address == x.Said.Address {
			r.Conditions, r.Since = x.Said.Conditions, x.Said.Since
			a.record = r
		}
	}
	say.Because(service.CauseOf(w), "%s", reason).Fact(events.EndpointRegistered{Endpoint: r})
	return a
}

// wanted is the record that was asked for last; nil while the endpoint leaves for good.
func (x *Endpoint) wanted() *events.Endpoint {
	switch {
	case x.Next != nil:
		return x.Next
	case x.leaving():
		return nil
	}
	return &x.Said
}

// sameOffer compares what an integrator says of an endpoint.
func sameOffer(have *events.Endpoint, r events.Endpoint) bool {
	if have == nil {
		return false
	}
	r.Conditions, r.Since = have.Conditions, have.Since
	return reflect.DeepEqual(*have, r)
}

// withdraw lets an endpoint go, or the one that was to come after it.
func (s *Pool) withdraw(w events.Event, d events.WishEndpointWithdrawn, state string, f *Fleet, now time.Time, say *service.Says) (a asked) {
	x := s.Endpoints[d.Endpoint]
	no := func(cause, why string) asked {
		refuse(s.App, d.OfOffer, w, cause, why, say)
		return asked{}
	}
	why := d.Message
	if why == "" {
		why = "withdrawn by " + w.Actor
	}
	because := say.Because(service.CauseOf(w), "%s", why)
	switch {
	case state != "":
		return no(state, state)
	case x == nil || !x.Outside:
		return no("unknown", "no endpoint of that name was offered")
	case x.Next != nil:
		because.Fact(events.EndpointRemoved{Endpoint: *x.Next})
		return asked{d.Endpoint, x.DrainMs, verdict{x.State, x.Said}}
	case x.going():
		return no("unchanged", d.Endpoint+" leaves already")
	case !x.Reached:
		r := x.record(s.App, d.Endpoint, drained, f, now)
		because.Fact(events.EndpointDrained{Endpoint: r, Gateways: []string{}})
		return asked{d.Endpoint, 0, verdict{drained, r}}
	}
	r := x.record(s.App, d.Endpoint, draining, f, now)
	because.Fact(events.EndpointDraining{Endpoint: r, DrainMs: s.drainMs()})
	return asked{d.Endpoint, s.drainMs(), verdict{draining, r}}
}

// refuse says no to a wish about an endpoint; nothing changes by it. What was written
// by hand is restated no further than a fact can carry it.
func refuse(app string, of events.OfOffer, w events.Event, cause, why string, say *service.Says) {
	name := strings.Map(func(r rune) rune {
		if !offerName.MatchString(string(r)) {
			return '_'
		}
		return r
	}, of.Endpoint)
	say.Because(service.CauseOf(w), "%s", why).Fact(events.EndpointRefused{
		Endpoint: events.Endpoint{App: app, Endpoint: name[:min(len(name), events.MaxOfferName)], Since: w.Time}, Cause: cause,
	})
}

// hasRoom tells whether the live list can hold one more.
func (s *Pool) hasRoom(r events.Endpoint) bool {
	if s.counted() >= events.MaxEndpoints {
		return false
	}
	size := listSlack + lineSize(newEndpoint().line(r, available, true))
	for _, x := range s.Endpoints {
		if x.State != "" && x.State != refused {
			size += lineSize(x.line(x.Said, available, true))
		}
	}
	return size <= events.MaxBodyBytes
}

func lineSize(l events.PoolEndpoint) int {
	body, _ := json.Marshal(l) // strings, numbers and truths
	return len(body) + 1
}
