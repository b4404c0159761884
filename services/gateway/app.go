package gateway

import (
	"fmt"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/breaker"
	"slipway.dev/pkg/service"
)

// App is an app as this gateway is to serve it, and what it has said about it.
type App struct {
	Name       string                     `json:"name"`
	Order      int                        `json:"order"`           // changes of what is wanted so far
	Generation int                        `json:"generation"`      // of the route; 0: none heard of
	Known      bool                       `json:"known,omitempty"` // before this incarnation joined
	Routed     bool                       `json:"routed,omitempty"`
	Route      events.Route               `json:"route"`
	Clash      string                     `json:"clash,omitempty"` // why the route cannot be served
	Mesh       int                        `json:"mesh,omitempty"`  // the port it has in the mesh
	Hold       *Hold                      `json:"hold,omitempty"`
	Pool       int                        `json:"pool"`
	Endpoints  []events.PoolEndpoint      `json:"endpoints,omitempty"`
	Drains     map[string]*Drain          `json:"drains"`             // by endpoint
	Breakers   map[string]breaker.Breaker `json:"breakers,omitempty"` // by endpoint, of this incarnation
	Probes     map[string]string          `json:"probes,omitempty"`   // by endpoint that is probed: its address
	Last       service.Cause              `json:"last"`               // the fact that last changed what is wanted

	Said     Said          `json:"said"`           // of this incarnation
	Refused  Refusal       `json:"refused"`        // of this incarnation
	Quiesced int           `json:"quiesced"`       // generation of the hold said to be quiet
	Counted  map[int]Count `json:"counted"`        // said by this incarnation, by release
	Back     string        `json:"back,omitempty"` // how applied went back, which it never may
}

// Hold keeps requests from an app's endpoints.
type Hold struct {
	Generation int    `json:"generation"` // of the route that began it
	Kind       string `json:"kind"`       // pause, stop
	MaxWaitMs  int64  `json:"maxWaitMs"`
	MaxHeld    int    `json:"maxHeld"`
	Message    string `json:"message,omitempty"`
}

// Drain is an endpoint that gets nothing new.
type Drain struct {
	Endpoint events.PoolEndpoint `json:"endpoint"`
	Order    int                 `json:"order"` // the app's when it began: names this drain
	Since    time.Time           `json:"since"`
	Last     service.Cause       `json:"last"`
	Before   bool                `json:"before,omitempty"` // began before this incarnation joined
	Closed   bool                `json:"closed,omitempty"`
	Cut      int                 `json:"cut,omitempty"`
	Drained  bool                `json:"drained,omitempty"`
}

// Said is the last routing.applied.
type Said struct {
	Generation int       `json:"generation"` // 0: none yet
	Pool       int       `json:"pool"`
	At         time.Time `json:"at"`
	Closed     []string  `json:"closed,omitempty"` // ports, with why
}

// Refusal is the last routing.refused.
type Refusal struct {
	Generation int `json:"generation"`
	Pool       int `json:"pool"`
}

// Count is what has been said of a release in all.
type Count struct {
	Requests int64 `json:"requests"`
	Failures int64 `json:"failures"`
}

func (a *App) change(e events.Event) {
	a.Order++
	a.Last = service.CauseOf(e)
}

// pool takes the whole live list. An endpoint listed as not terminating has begun
// anew; one not listed any more is no longer remembered once it owes nothing.
func (a *App) pool(d events.PoolChanged, e events.Event) {
	a.change(e)
	if d.Generation < a.Pool {
		a.Said = Said{} // a new list, not an older one
	}
	before := a.Endpoints
	a.Pool, a.Endpoints = d.Generation, d.Endpoints
	a.relist(before)
	listed := map[string]events.PoolEndpoint{}
	for _, p := range d.Endpoints {
		listed[p.Endpoint] = p
	}
	for id, x := range a.Drains {
		p, in := listed[id]
		if in && !p.Terminating || !in && x.over() {
			delete(a.Drains, id)
		}
	}
	a.unproven()
}

// draining takes an endpoint out, before the pool says so.
func (a *App) draining(d events.EndpointDraining, e events.Event) {
	a.change(e)
	a.Drains[d.Endpoint.Endpoint] = &Drain{
		Order: a.Order, Since: e.Time, Last: a.Last,
		Endpoint: events.PoolEndpoint{
			Endpoint: d.Endpoint.Endpoint, Release: d.Release, Node: d.Node, Address: d.Address, Ports: d.Ports,
			Protocol: d.Protocol, Weight: d.Weight, Zone: d.Zone,
			Serving: d.Conditions.Serving, Terminating: true, DrainMs: d.DrainMs,
		},
	}
}

// over tells that nothing more is to be said about a drain.
func (x *Drain) over() bool { return x.Drained || x.Before }

func (a *App) drain(endpoint string, f func(*Drain)) {
	if x, ok := a.Drains[endpoint]; ok {
		f(x)
	}
}

func (a *App) drained(d events.TrafficDrained) {
	a.count(d.Counts)
	a.drain(d.Endpoint, func(x *Drain) { x.Drained = true })
	for _, p := range a.Endpoints {
		if p.Endpoint == d.Endpoint {
			return
		}
	}
	delete(a.Drains, d.Endpoint)
}

func (a *App) applied(d events.RoutingApplied, e events.Event) {
	if d.Generation < a.Said.Generation || d.Pool < a.Said.Pool {
		a.Back = fmt.Sprintf("applied route %d pool %d after route %d pool %d", d.Generation, d.Pool, a.Said.Generation, a.Said.Pool)
	}
	a.Said = Said{Generation: d.Generation, Pool: d.Pool, At: e.Time, Closed: d.Closed}
	a.count(d.Counts)
}

func (a *App) count(said []events.ReleaseCount) {
	for _, c := range said {
		n := a.Counted[c.Release]
		a.Counted[c.Release] = Count{Requests: n.Requests + c.Requests, Failures: n.Failures + c.Failures}
	}
}

// rejoin forgets what the last incarnation did; what it drained it takes with it.
func (a *App) rejoin() {
	a.Said, a.Refused, a.Quiesced, a.Counted, a.Back = Said{}, Refusal{}, 0, map[int]Count{}, ""
	a.Breakers, a.Probes = nil, nil // a restart begins closed
	a.unproven()                    // but for those that are probed
	a.Known = true
	a.Order++
	for _, x := range a.Drains {
		x.Before = true
	}
}

// settled tells that what is wanted has been said to be applied or refused.
func (a *App) settled() bool {
	return a.Generation == 0 ||
		a.Said.Generation == a.Generation && a.Said.Pool == a.Pool ||
		a.Refused == Refusal{a.Generation, a.Pool}
}
