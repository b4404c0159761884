package gateway

import (
	"fmt"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// Lease is the act of saying, again and again, that this incarnation lives.
type Lease struct{ Incarnation int }

// Desired is the act of serving one app as the log says. An order of an older Order
// is to be refused.
type Desired struct {
	App              string
	Order            int
	Generation, Pool int
	Removed          bool   // it has no way in any more
	First            bool   // it was served before this start: better unreached than not at all
	Again            bool   // it was refused before
	Refuse           string // why the route cannot be served: the old one stays, with these endpoints
	Route            events.Route
	Hold             *Hold
	Endpoints        []events.PoolEndpoint // with those that are to go, as terminating
}

// Listen is the act of having the listeners open.
type Listen struct{}

// Health is the act of answering 200 on the health path.
type Health struct{ Life int }

// Empty is the act of taking nothing new and finishing what is there.
type Empty struct{}

// Usurped is the act of ending at once: another process has joined by this name.
type Usurped struct{ Incarnation int }

// Gone is the act of being done: the driver may end.
type Gone struct{}

// acts tells what the hands must be doing.
func (g *Gateway) acts(cfg Config) (acts []service.Act) {
	h := g.heard.Get()
	long := func(id string, data any) {
		acts = append(acts, service.Act{ID: fmt.Sprintf("%s/%d", id, g.Incarnation), Data: data, Long: true})
	}
	if g.usurped() {
		long("usurped", Usurped{g.Incarnation})
		return acts
	}
	if g.Left {
		long("gone", Gone{})
		return acts
	}
	long("lease", Lease{g.Incarnation})
	if x := g.Drills.Acting(g.Incarnation); x != nil {
		long("cut/"+x.ID, Cut{ID: x.ID, Until: x.Until})
	}
	known := true
	settled := true
	for _, r := range g.table() {
		g.list(r)
		known, settled = known && r.known, settled && (r.settled || g.still(r.a.Name)) // nothing is said of one that stands still
		acts = append(acts, r.acts...)
	}
	acts = append(acts, g.certificateActs(cfg)...)
	if h.opened || known && g.certificatesReady(cfg) {
		long("listen", Listen{})
	}
	if h.opened && !g.Lapsed && !g.Draining && !h.cutOff && (h.healthy == g.Life || settled) {
		long(fmt.Sprintf("health/%d", g.Life), Health{g.Life})
	}
	if g.Draining {
		long("empty", Empty{})
	}
	return acts
}

// appActs are those for one app; known and settled tell that the hands have answered,
// and that what is wanted has been said to be applied or refused.
func (g *Gateway) appActs(a *App, x *appHeard) (acts []service.Act, known, settled bool) {
	acts = a.probeActs(g.Incarnation)
	if a.Generation == 0 {
		return acts, true, true
	}
	if act, open := g.apply(a, x); open {
		acts = append(acts, act)
	}
	return append(acts, a.standings(g.Incarnation)...), x.applied.Order+x.refused.Order > 0, a.settled()
}

// apply is the act that makes an app be served as wanted, unless it is. What was
// refused is tried again for as long as it is wanted, which takes no hand.
func (g *Gateway) apply(a *App, x *appHeard) (act service.Act, open bool) {
	order := a.Order + x.late
	refused := x.refused.Order == order
	if x.applied.Order == order && x.applied.Generation == a.Generation {
		return act, false
	}
	id := "apply"
	if refused {
		id = "retry"
	}
	want := a.desired(x)
	want.Again = refused
	return service.Act{ID: fmt.Sprintf("%s/%s/%d/%d/%d", id, a.Name, a.Generation, a.Pool, order), Data: want, Long: refused}, true
}

// desired is the table for one app.
func (a *App) desired(x *appHeard) Desired {
	return Desired{
		App: a.Name, Order: a.Order + x.late, Generation: a.Generation, Pool: a.Pool,
		Removed: !a.Routed, First: a.Known && a.Said.Generation == 0, Refuse: a.Clash,
		Route: a.served(), Hold: a.Hold, Endpoints: a.endpoints(x),
	}
}

// endpoints is the pool as last listed, with everybody who drains marked so. One
// that drains serves on only while nobody holds the app back, it may, and its time
// is not over: nothing better may ever come.
func (a *App) endpoints(x *appHeard) (all []events.PoolEndpoint) {
	seen := map[string]bool{}
	for _, p := range a.Endpoints {
		seen[p.Endpoint] = true
		if d, leaving := a.Drains[p.Endpoint]; leaving {
			p = a.leaving(d, x)
		}
		all = append(all, p)
	}
	for _, id := range service.Sorted(a.Drains) {
		if d := a.Drains[id]; !seen[id] && !d.over() {
			all = append(all, a.leaving(d, x))
		}
	}
	return all
}

func (a *App) leaving(d *Drain, x *appHeard) events.PoolEndpoint {
	p := d.Endpoint
	p.Ready, p.Terminating = false, true
	hope := a.Hold == nil && !d.over() && !d.Closed && x.lateness[p.Endpoint] != d.Order
	p.Serving = p.Serving && hope
	return p
}
