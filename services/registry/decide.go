package registry

import (
	"reflect"
	"strconv"
	"strings"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// decide says what an app lacks: the endpoints' transitions first, the live list that
// follows from them last, so that every prefix is safe.
func (s *Pool) decide(f *Fleet, cfg Config, now time.Time) (say service.Says) {
	out := s.outBySilence(f, cfg, now)
	wished := s.answer(f, cfg, now, &say)
	list := []events.PoolEndpoint{}
	room := events.MaxEndpoints - s.counted()
	for _, id := range service.Sorted(s.Endpoints) {
		x := s.Endpoints[id]
		state, r := x.State, x.Said
		if id == wished.id {
			state, r = wished.state, wished.record
		} else if v := x.next(s.App, id, f, cfg, out[id], room, now, &say); v.state != "" {
			state, r = v.state, v.record
		}
		if state == registered && x.State != registered {
			room--
		}
		listed := state == available || state == unavailable || state == draining
		if listed || state == registered && isProbed(r) { // a gateway must know it to ask it
			l := x.line(r, state, state == available && x.silent(f, cfg, now))
			if id == wished.id && state == draining {
				l.DrainMs = wished.drainMs
			}
			list = append(list, l)
		}
	}
	s.brakePool(f, cfg, now, &say)
	s.settle(f, &say)
	s.publish(list, &say)
	return say
}

// verdict is what an endpoint is after what is said of it.
type verdict struct {
	state  string
	record events.Endpoint
}

// next says the one transition an endpoint lacks. out tells that its node's silence
// takes it out.
func (x *Endpoint) next(app, id string, f *Fleet, cfg Config, out bool, room int, now time.Time, say *service.Says) (v verdict) {
	to := func(state string) events.Endpoint {
		v = verdict{state, x.record(app, id, state, f, now)}
		return v.record
	}
	fit := x.fit(f, cfg, now)
	switch {
	case x.State == "" && x.Outside:
		r := *x.Next
		r.Since = now.UTC()
		say.Because(x.Last, "the one before it is gone").Fact(events.EndpointRegistered{Endpoint: r})
	case (x.State == "" || x.State == refused) && x.Ended:
		say.Because(x.Last, "%s", x.Why).Fact(events.EndpointRemoved{Endpoint: to(removed)})
	case x.State == "" && room <= 0:
		say.Because(x.Last, "the app has %d endpoints already", events.MaxEndpoints).
			Fact(events.EndpointRefused{Endpoint: to(refused), Cause: "pool-full"})
	case x.State == "" || x.State == refused && room > 0:
		say.Because(x.Last, "started at %s", x.Address).Fact(events.EndpointRegistered{Endpoint: to(registered)})
	case x.State == refused:
	case x.State == drained && (x.Ended || x.Outside):
		say.Because(x.Last, "%s", x.Why).Fact(events.EndpointRemoved{Endpoint: to(removed)})
	case x.State == drained && x.leaving():
		say.Waits(id, "drain", "its node stops it")
	case x.State == draining:
		if d, ok := x.letGo(id, f, cfg, now, say); ok {
			d.Endpoint = to(drained)
			say.Because(x.Last, "%s", letGoBy(d)).Fact(d)
		}
	case x.leaving() && !x.Reached:
		say.Because(x.Last, "%s, no gateway had it", x.Why).
			Fact(events.EndpointDrained{Endpoint: to(drained), Gateways: []string{}})
	case x.leaving():
		say.Because(x.Last, "%s", x.Why).Fact(events.EndpointDraining{Endpoint: to(draining), DrainMs: x.DrainMs})
	case x.State == available && (!fit || out):
		cause, why, by := x.cause(f, now)
		say.Because(by, "%s", why).Fact(events.EndpointUnavailable{Endpoint: to(unavailable), Cause: cause})
	case x.State != available && fit && !x.silent(f, cfg, now):
		say.Because(x.Last, "%s", x.readyWords(f, cfg, now)).Fact(events.EndpointAvailable{Endpoint: to(available)})
	}
	return v
}

// removed is no state: the endpoint is forgotten.
const removed = "removed"

// letGo is what the drained fact says once every gateway that counts has let the
// endpoint go. Without a live gateway it waits: nothing drains vacuously.
func (x *Endpoint) letGo(id string, f *Fleet, cfg Config, now time.Time, say *service.Says) (d events.EndpointDrained, ok bool) {
	owing, without := f.draining(x.DrainingAt, cfg.Fence, now)
	d = events.EndpointDrained{Gateways: []string{}, Without: without, Cut: x.cuts()}
	var missing []string
	for _, g := range owing {
		if _, done := x.Drained[g]; !done {
			missing = append(missing, g)
			continue
		}
		d.Gateways = append(d.Gateways, g)
	}
	switch {
	case len(missing) > 0:
		say.Waits(id, "gateway", "%s have not drained it", strings.Join(missing, ", "))
		return d, false
	case len(f.live()) == 0:
		say.Waits(id, "gateway", "no live gateway")
		return d, false
	}
	return d, true
}

func letGoBy(d events.EndpointDrained) string {
	by := "drained by " + strings.Join(d.Gateways, ", ")
	if len(d.Gateways) == 0 {
		by = "no gateway has it"
	}
	if len(d.Without) > 0 {
		by += ", without " + strings.Join(d.Without, ", ") + ": lease and fence ran out"
	}
	return by
}

// publish says the live list if it is not the last one said.
func (s *Pool) publish(list []events.PoolEndpoint, say *service.Says) {
	if len(list) == 0 && len(s.Listed) == 0 || reflect.DeepEqual(list, s.Listed) {
		return
	}
	ready := 0
	for _, l := range list {
		if l.Ready {
			ready++
		}
	}
	say.Because(s.Last, "%d endpoints, %d ready", len(list), ready).Fact(events.PoolChanged{
		OfGeneration: events.OfGeneration{App: s.App, Generation: s.Generation + 1}, Endpoints: list,
	})
}

// settle says the lowest route and pool that every live gateway serves by, when
// either has risen and none has fallen.
func (s *Pool) settle(f *Fleet, say *service.Says) {
	live := f.live()
	if len(live) == 0 {
		return
	}
	lowest := s.Applied[live[0]]
	for _, g := range live {
		a := s.Applied[g]
		lowest = Applied{min(lowest.Route, a.Route), min(lowest.Pool, a.Pool)}
		if s.Routed && a.Route < s.Route {
			say.Waits(s.App, "settlement", "%s serves by route %d of %d", g, a.Route, s.Route)
		}
	}
	if lowest.Route == 0 || lowest.Route > s.Route || lowest.Pool > s.Generation || lowest.Route < s.Settled.Route || lowest.Pool < s.Settled.Pool || lowest == s.Settled {
		return
	}
	say.Because(s.Last, "%s by route %d and pool %d", serve(len(live)), lowest.Route, lowest.Pool).
		Fact(events.SettlementReached{
			OfGeneration: events.OfGeneration{App: s.App, Generation: lowest.Route}, Pool: lowest.Pool, Gateways: live,
		})
}

// serve says that so many gateways do.
func serve(gateways int) string {
	if gateways == 1 {
		return "1 gateway serves"
	}
	return strconv.Itoa(gateways) + " gateways serve"
}

// counted is how many endpoints the app has.
func (s *Pool) counted() (n int) {
	for _, x := range s.Endpoints {
		if x.State != "" && x.State != refused {
			n++
		}
	}
	return n
}

// due is the end of a fence while something drains, of the belief in endpoints whose
// agent began anew, or in one from outside that is not heard.
func (s *Pool) due(f *Fleet, cfg Config, after time.Time) time.Time {
	var times []time.Time
	for _, x := range s.Endpoints {
		n := f.Nodes[x.Node]
		if x.State == available && n != nil && x.ReadyBoot != n.Boot {
			times = append(times, n.JoinedAt.Add(cfg.TTL))
		}
		times = append(times, x.believed(f, cfg)...)
		if x.State == available && x.Outside && !x.Suspect && !f.Brake.Engaged && f.member(kindEndpoint, x.holder()) != nil {
			times = append(times, f.silentSince(kindEndpoint, x.holder()).Add(cfg.TTL+outsideGrace))
		}
		if x.State != draining {
			continue
		}
		for _, g := range f.Gateways {
			if g.Lapsed {
				times = append(times, g.LapsedAt.Add(cfg.Fence))
			}
		}
	}
	return next(after, times...)
}
