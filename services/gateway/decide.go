package gateway

import (
	"slices"
	"strings"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// AppliedEvery is the least time between two applied of an app of which only the
// pool changed: a fleet that restarts would say one per endpoint otherwise.
const AppliedEvery = 100 * time.Millisecond

// decide says what is missing: joined first, then what became of each app, then the
// end.
func (g *Gateway) decide(cfg Config, now time.Time) (say service.Says) {
	switch {
	case g.heard.Get().nonce == "" || g.Left && g.joined() || g.usurped():
		return say
	case !g.joined():
		g.sayJoined(cfg, &say)
		return say
	}
	for _, r := range g.table() {
		if g.still(r.a.Name) {
			say.Waits(r.a.Name, "letter", "something about %s could not be read: it is served by what could", r.a.Name)
			continue
		}
		g.look(r, now, &say)
	}
	say.Add(g.decideCertificates(cfg, now))
	g.Drills.Decide(cfg.terms(g), now, &say)
	g.sayLeaving(&say)
	return say
}

func (g *Gateway) sayJoined(cfg Config, say *service.Says) {
	say.Because(service.Cause{}, "started, knows %d apps", len(g.Apps)).Fact(events.GatewayJoined{
		OfGateway: events.OfGateway{Gateway: g.Name, Incarnation: g.Incarnation + 1},
		Node:      cfg.Node, Addresses: cfg.Addresses, Version: cfg.Version, Pid: cfg.Pid,
		Nonce: g.heard.Get().nonce, TLS: cfg.TLS,
	})
}

// decideApp says of one app what was published, refused, quiet and drained. The
// first fact takes the counts that have not been said.
func (g *Gateway) decideApp(a *App, now time.Time) (say service.Says) {
	x := g.heard.Get().app(a.Name)
	counts := a.unsaid(x.totals)
	take := func() []events.ReleaseCount {
		c := counts
		counts = nil
		return c
	}
	of := events.OfRouting{App: a.Name, Gateway: g.Name}
	switch d := x.applied; {
	case a.saysApplied(x) && !a.early(d, now):
		of.Generation = d.Generation
		say.Because(a.Last, "serves by route %d and pool %d, %d endpoints%s", d.Generation, d.Pool, len(a.Endpoints), shutWords(x.shut)).
			Fact(events.RoutingApplied{OfRouting: of, Pool: d.Pool, Counts: take(), Unreachable: d.Unreachable, Closed: x.shut})
	case g.ending() && len(counts) > 0 && a.Said.Generation > 0:
		of.Generation = a.Said.Generation
		say.Because(g.Joining, "counted until its end").
			Fact(events.RoutingApplied{OfRouting: of, Pool: a.Said.Pool, Counts: take(), Closed: a.Said.Closed})
	}
	if d := x.refused; a.saysRefused(d, x.applied) {
		of.Generation = d.Generation
		say.Because(a.Last, "%s", d.Reason).Fact(events.RoutingRefused{OfRouting: of, Pool: d.Pool})
	}
	if a.saysQuiesced(x.quiesced) {
		of.Generation = a.Hold.Generation
		say.Because(a.Last, "nothing in flight, %d waiting", x.quiesced.Held).
			Fact(events.RoutingQuiesced{OfRouting: of, Held: x.quiesced.Held})
	}
	for _, id := range service.Sorted(a.Drains) {
		g.decideDrain(a, a.Drains[id], x.drains[id], take, &say)
	}
	say.Add(g.decideBreakers(a, x, now))
	say.Add(g.decideProbes(a, x))
	return say
}

// decideDrain says closed, what was cut, and drained, in this order.
func (g *Gateway) decideDrain(a *App, x *Drain, y drainHeard, take func() []events.ReleaseCount, say *service.Says) {
	if x.over() {
		return
	}
	if y.order != x.Order {
		y = drainHeard{}
	}
	if a.Generation == 0 { // no route, so no request ever
		y.closed, y.drained = true, true
	}
	of := events.OfTraffic{App: a.Name, Gateway: g.Name, Endpoint: x.Endpoint.Endpoint}
	cut := y.requests + y.stream
	if y.closed && !x.Closed {
		say.Because(x.Last, "takes no new request").Fact(events.TrafficClosed{OfTraffic: of})
	}
	if y.drained && cut > x.Cut {
		say.Because(x.Last, "%d requests and %d streams were open at the drain deadline", y.requests, y.stream).
			Fact(events.TrafficCut{OfTraffic: of, Requests: y.requests, Streams: y.stream})
	}
	if !y.drained {
		say.Waits(of.Endpoint, "drain", "draining here since %s", x.Since.UTC().Format(time.TimeOnly))
		return
	}
	say.Because(x.Last, "nothing in flight, %d cut", cut).
		Fact(events.TrafficDrained{OfTraffic: of, Cut: cut, Counts: take()})
}

// saysApplied tells whether what is published has not been said.
func (a *App) saysApplied(x *appHeard) bool {
	d := x.applied
	return d.Order > 0 && (d.Generation != a.Said.Generation || d.Pool != a.Said.Pool || !slices.Equal(x.shut, a.Said.Closed))
}

func shutWords(why []string) string {
	if len(why) == 0 {
		return ""
	}
	return "; " + strings.Join(why, "; ")
}

// early tells whether an applied that only the pool caused must wait.
func (a *App) early(d Applied, now time.Time) bool {
	return d.Generation == a.Said.Generation && now.Before(a.Said.At.Add(AppliedEvery))
}

// saysRefused tells whether what is wanted was refused, is so still, and has not
// been said to be.
func (a *App) saysRefused(d Refused, since Applied) bool {
	overcome := since.Order >= d.Order && since.Generation == d.Generation
	return d.Order > 0 && d.Generation == a.Generation && d.Pool == a.Pool && !overcome &&
		a.Refused != Refusal{d.Generation, d.Pool}
}

func (a *App) saysQuiesced(d Quiesced) bool {
	return a.Hold != nil && d.Generation >= a.Hold.Generation && a.Quiesced < a.Hold.Generation &&
		a.Said.Generation >= a.Hold.Generation
}

// unsaid is what was counted less what has been said.
func (a *App) unsaid(totals Totals) (counts []events.ReleaseCount) {
	for _, t := range totals {
		n := a.Counted[t.Release]
		c := events.ReleaseCount{Release: t.Release, Requests: t.Requests - n.Requests, Failures: t.Failures - n.Failures}
		if c.Requests > 0 || c.Failures > 0 {
			counts = append(counts, c)
		}
	}
	return counts
}

// ending tells that the drain of a clean end is over and the end not yet said.
func (g *Gateway) ending() bool { return g.heard.Get().emptied != nil && !g.Drained }

// sayLeaving says the end step by step; after drained and left nothing follows.
func (g *Gateway) sayLeaving(say *service.Says) {
	h, of := g.heard.Get(), events.OfGateway{Gateway: g.Name, Incarnation: g.Incarnation}
	switch {
	case !h.leave:
	case !g.Draining:
		say.Because(g.Joining, "was told to end").Fact(events.GatewayDraining{OfGateway: of})
	case h.emptied == nil:
		say.Waits(g.Name, "drain", "requests in flight")
	default:
		if !g.Drained {
			say.Because(g.Joining, "%d in flight", h.emptied.InFlight).
				Fact(events.GatewayDrained{OfGateway: of, InFlight: h.emptied.InFlight})
		}
		say.Because(g.Joining, "ends").Fact(events.GatewayLeft{OfGateway: of})
	}
}

// due is when the first applied that has to wait may be said, a breaker moves, or a
// certificate is to be seen to.
func (g *Gateway) due(now time.Time) (first time.Time) {
	first = service.First(now, g.certificateDue(now), g.Drills.Due(now))
	for _, r := range g.table() {
		g.list(r)
		for _, at := range r.moment {
			if at.After(now) && (first.IsZero() || at.Before(first)) {
				first = at
			}
		}
	}
	return first
}

// moments are when time alone may change what is to be said of an app.
func (a *App) moments(x *appHeard) (all []time.Time) {
	for _, b := range a.Breakers {
		if at := b.Due(); !at.IsZero() {
			all = append(all, at)
		}
	}
	if a.saysApplied(x) {
		all = append(all, a.Said.At.Add(AppliedEvery))
	}
	return all
}
