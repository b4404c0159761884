package gateway

import (
	"slices"

	"slipway.dev/events"
	"slipway.dev/pkg/drill"
	"slipway.dev/pkg/service"
)

// Gateway is one gateway as the log tells it.
type Gateway struct {
	Name        string            `json:"name"`
	Incarnation int               `json:"incarnation"`   // of its last joined
	Nonce       string            `json:"nonce"`         // of that joined
	Was         []string          `json:"was,omitempty"` // nonces of the joined before it, the newest last
	Joining     service.Cause     `json:"joining"`       // that joined
	Life        int               `json:"life"`          // facts about its liveness so far
	Lapsed      bool              `json:"lapsed,omitempty"`
	Draining    bool              `json:"draining,omitempty"`
	Drained     bool              `json:"drained,omitempty"`
	Left        bool              `json:"left,omitempty"`
	Apps        map[string]*App   `json:"apps"`
	Owners      map[string]string `json:"owners"` // app by host and path, the first in the log
	Ports       map[int]string    `json:"ports"`  // app by the port of the mesh, the first in the log

	Peers        map[string]*Peer        `json:"peers,omitempty"`        // every gateway that has not left
	Certificates map[string]*Certificate `json:"certificates,omitempty"` // by host
	Accounts     map[string]Account      `json:"accounts,omitempty"`     // by ACME directory and store key
	Drills       drill.Book              `json:"drills"`                 // failures it is asked for

	heard service.Soft[heard]
	stand service.Soft[map[string]bool] // apps about which something could not be read
	rows  service.Soft[rows]
	hosts service.Soft[map[string]string] // what certified found last; nil: routes have changed
}

func newGateway(name string) *Gateway {
	return &Gateway{Name: name, Apps: map[string]*App{}, Owners: map[string]string{}, Ports: map[int]string{}}
}

// joined tells whether the joined of this very start has come back.
func (g *Gateway) joined() bool {
	nonce := g.heard.Get().nonce
	return nonce != "" && g.Nonce == nonce
}

// startsKept is how many earlier starts of a slot are known again.
const startsKept = 8

// usurped tells whether this very start has joined and another one has joined after
// it: two processes go by one name, and the newer one has it.
func (g *Gateway) usurped() bool {
	return g.Nonce != g.heard.Get().nonce && slices.Contains(g.Was, g.heard.Get().nonce)
}

// evolve folds a fact.
func (g *Gateway) evolve(e events.Event) {
	g.stir(e)
	g.certify(e)
	switch d := e.Data.(type) {
	case events.RouteDeclared:
		g.route(d.OfRoute, d.Route, e)
	case events.RouteShifted:
		g.route(d.OfRoute, d.Route, e)
	case events.RoutePaused:
		a := g.turn(d.OfRoute, e)
		a.Hold = &Hold{Generation: d.Generation, Kind: d.Kind, MaxWaitMs: d.MaxWaitMs, MaxHeld: d.MaxHeld, Message: d.Message}
	case events.RouteResumed:
		g.turn(d.OfRoute, e).Hold = nil
	case events.RouteRemoved:
		g.remove(g.turn(d.OfRoute, e))
	case events.PoolChanged:
		g.app(d.App).pool(d, e)
	case events.EndpointDraining:
		g.app(d.App).draining(d, e)
	case events.LeaseGranted:
		g.lives(d.Lease, true)
	case events.LeaseResumed:
		g.lives(d.Lease, true)
	case events.LeaseLapsed:
		g.lives(d.Lease, false)
	default:
		if e.Place == g.Name {
			g.Drills.Evolve(e)
			g.evolveOwn(e)
		}
	}
}

// evolveOwn folds what this gateway itself has said.
func (g *Gateway) evolveOwn(e events.Event) {
	switch d := e.Data.(type) {
	case events.GatewayJoined:
		g.join(d, e)
	case events.GatewayDraining:
		g.Draining = true
	case events.GatewayDrained:
		g.Drained = true
	case events.GatewayLeft:
		g.Left = true
	case events.RoutingApplied:
		g.app(d.App).applied(d, e)
	case events.RoutingRefused:
		g.app(d.App).Refused = Refusal{Generation: d.Generation, Pool: d.Pool}
	case events.RoutingQuiesced:
		g.app(d.App).Quiesced = d.Generation
	case events.BreakerOpened:
		g.app(d.App).broke(d.Breaker, e.Time)
	case events.BreakerHalfOpened:
		g.app(d.App).broke(d.Breaker, e.Time)
	case events.BreakerClosed:
		g.app(d.App).broke(d.Breaker, e.Time)
	case events.BreakerHeld:
		g.app(d.App).broke(d.Breaker, e.Time)
	case events.TrafficClosed:
		g.app(d.App).drain(d.Endpoint, func(x *Drain) { x.Closed = true })
	case events.TrafficCut:
		g.app(d.App).drain(d.Endpoint, func(x *Drain) { x.Cut = d.Requests + d.Streams })
	case events.TrafficDrained:
		g.app(d.App).drained(d)
	}
}

// join begins a life: what the last incarnation had applied is forgotten, and what
// was draining before never stands in the table.
func (g *Gateway) join(d events.GatewayJoined, e events.Event) {
	if g.Nonce != "" && g.Nonce != d.Nonce {
		g.Was = append(g.Was[max(0, len(g.Was)+1-startsKept):], g.Nonce)
	}
	g.Incarnation, g.Nonce, g.Joining = d.Incarnation, d.Nonce, service.CauseOf(e)
	g.Life++
	g.Lapsed, g.Draining, g.Drained, g.Left = false, false, false, false
	for _, a := range g.Apps { // ended ones too: their generations go on if they come back
		a.rejoin()
	}
}

// lives folds what the registry says of the lease of this incarnation.
func (g *Gateway) lives(l events.Lease, alive bool) {
	if l.Name != g.Name || l.Incarnation != g.Incarnation || g.Lapsed != alive {
		return
	}
	g.Life++
	g.Lapsed = !alive
}

func (g *Gateway) app(name string) *App {
	a, ok := g.Apps[name]
	if !ok {
		a = &App{Name: name, Drains: map[string]*Drain{}, Counted: map[int]Count{}}
		g.Apps[name] = a
		g.rows.Get().add(a)
	}
	return a
}

// turn notes that an app's route has another generation.
func (g *Gateway) turn(of events.OfRoute, e events.Event) *App {
	a := g.app(of.App)
	if of.Generation < a.Generation {
		a.Said = Said{} // an app of the same name begins anew
	}
	a.Generation = of.Generation
	a.change(e)
	return a
}

func (g *Gateway) route(of events.OfRoute, r events.Route, e events.Event) {
	a := g.turn(of, e)
	a.Routed, a.Route = true, r
	g.meshed(a)
	g.claim(a)
	g.forgetCertificates(e.Time)
}

func (g *Gateway) remove(a *App) {
	a.Routed, a.Route, a.Hold = false, events.Route{}, nil
	g.meshed(a)
	g.claim(a)
}
