package gateway

import (
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/breaker"
	"slipway.dev/pkg/drill"
	"slipway.dev/pkg/service"
)

// Totals are the requests and failures of releases since the process started.
type Totals []events.ReleaseCount

// Boot is the first thing a driver senses: the nonce of this start.
type Boot struct{ Nonce string }

// Beat comes every second: the totals of all apps, what is seen of the endpoints that
// fail or have, which ports are not open, and that time passes.
type Beat struct {
	Totals   map[string]Totals
	Troubled []Judged
	Shut     map[string][]string // by app, why ports of its TCP routes could not be opened
}

// Applied says which table of an app is published. Idle are the endpoints that are
// to go and have nothing open here.
type Applied struct {
	App               string
	Order             int // of the Desired
	Generation, Pool  int
	Unreachable, Idle []string
	Totals            Totals
}

// Refused says that a Desired could not be served and the old route stays.
type Refused struct {
	App              string
	Order            int
	Generation, Pool int
	Reason           string
	Idle             []string
}

// Closed says that no request enters an endpoint any more.
type Closed struct{ App, Endpoint string }

// Drained says that nothing is open to an endpoint, and what was cut for that.
type Drained struct {
	App, Endpoint     string
	Requests, Streams int // cut
	Totals            Totals
}

// Quiesced says that nothing of a held app is in flight.
type Quiesced struct {
	App              string
	Generation, Held int
}

// Opened says that the listeners are open.
type Opened struct{}

// Healthy says that the health path answers 200 for this life.
type Healthy struct{ Life int }

// Leave asks for a clean end.
type Leave struct{}

// Emptied says what is in flight after the drain of a clean end.
type Emptied struct {
	InFlight int
	Totals   map[string]Totals
}

// heard is what the driver has sensed since this start.
type heard struct {
	nonce   string
	opened  bool
	healthy int // life for which the health path is 200
	leave   bool
	lease   time.Time // when its own lease was last heard; before that, the first beat
	since   time.Time // from when on it was heard without a silence
	cutOff  bool
	emptied *Emptied
	apps    map[string]*appHeard

	certificates certificates
}

type appHeard struct {
	applied  Applied
	refused  Refused
	quiesced Quiesced
	totals   Totals
	shut     []string
	drains   map[string]drainHeard
	late     int            // drains that were given up as a last hope
	lateness map[string]int // of them: the order of the drain
	samples  map[string]breaker.Sample
	probes   map[string]probeHeard
}

type drainHeard struct {
	order            int // which drain of that endpoint
	closed, drained  bool
	requests, stream int
}

func touches(name string, sig service.Signal) []string {
	switch d := sig.Data.(type) {
	case drill.Done:
		return []string{name}
	case service.Heard:
		if d.Kind == Owner && d.Holder == name {
			return []string{name}
		}
	case Boot, Beat, Applied, Refused, Closed, Drained, Quiesced, Judged, Probed, Opened, Healthy, Leave, Emptied,
		Covered, Opens, Ordered, Installed, service.Standing:
		return []string{name}
	}
	return nil
}

func (h *heard) app(name string) *appHeard {
	if h.apps == nil {
		h.apps = map[string]*appHeard{}
	}
	a, ok := h.apps[name]
	if !ok {
		a = &appHeard{drains: map[string]drainHeard{}, lateness: map[string]int{}, samples: map[string]breaker.Sample{}}
		h.apps[name] = a
	}
	return a
}

// sense hears the driver.
func (g *Gateway) sense(sig service.Signal, now time.Time, ttl time.Duration) {
	h := g.heard.Get()
	switch d := sig.Data.(type) {
	case service.Heard:
		h.lease = now
	case Boot:
		*h = heard{nonce: d.Nonce}
	case Beat:
		h.listen(now, ttl)
		h.count(d.Totals)
		h.judge(d.Troubled)
		h.shut(d.Shut)
		g.hopes(now)
	case Applied:
		g.sensedApplied(d)
	case Refused:
		if x := h.app(d.App); d.Order >= x.refused.Order {
			x.refused = d
		}
		g.idle(d.App, d.Idle)
	case Closed:
		g.drainHeard(d.App, d.Endpoint, func(y *drainHeard) { y.closed = true })
	case Drained:
		h.app(d.App).totals = d.Totals
		g.drainHeard(d.App, d.Endpoint, func(y *drainHeard) {
			y.closed, y.drained, y.requests, y.stream = true, true, d.Requests, d.Streams
		})
	case Quiesced:
		h.app(d.App).quiesced = d
	case Judged:
		h.judge([]Judged{d})
	case Probed:
		h.probed(d)
	case service.Standing:
		g.standStill(d)
	case Opened:
		h.opened = true
	case Healthy:
		h.healthy = d.Life
	case Leave:
		h.leave = true
	case Emptied:
		h.emptied = &d
		h.count(d.Totals)
	default:
		h.senseCertificates(d)
	}
}

func (g *Gateway) sensedApplied(d Applied) {
	x := g.heard.Get().app(d.App)
	if d.Order >= x.applied.Order {
		x.applied, x.totals = d, d.Totals
	}
	g.idle(d.App, d.Idle)
}

func (g *Gateway) idle(app string, endpoints []string) {
	for _, id := range endpoints {
		g.drainHeard(app, id, func(y *drainHeard) { y.closed, y.drained = true, true })
	}
}

// drainHeard notes something of the drain that an endpoint is in now.
func (g *Gateway) drainHeard(app, endpoint string, f func(*drainHeard)) {
	a, known := g.Apps[app]
	if !known || a.Drains[endpoint] == nil {
		return
	}
	x := g.heard.Get().app(app)
	y := x.drains[endpoint]
	if y.order != a.Drains[endpoint].Order {
		y = drainHeard{order: a.Drains[endpoint].Order}
	}
	if !y.drained { // what was cut stands
		f(&y)
	}
	x.drains[endpoint] = y
}

// hopes gives up, as a last hope, whoever should have been drained by now.
func (g *Gateway) hopes(now time.Time) {
	h := g.heard.Get()
	for name, a := range g.Apps {
		for id, x := range a.Drains {
			y := h.app(name)
			until := x.Since.Add(time.Duration(x.Endpoint.DrainMs) * time.Millisecond)
			if x.over() || y.drains[id].order == x.Order || y.lateness[id] == x.Order || now.Before(until) {
				continue
			}
			y.lateness[id] = x.Order
			y.late++
		}
	}
}

// listen judges whether the bus is there. A gateway that does not hear its own lease
// is cut off, and stays so until it has heard it for a TTL: by then the log has told
// what happened meanwhile.
func (h *heard) listen(now time.Time, ttl time.Duration) {
	if h.lease.IsZero() {
		h.lease, h.since = now, now
	}
	switch {
	case now.Sub(h.lease) > ttl:
		h.cutOff, h.since, h.healthy = true, now, 0
	case h.cutOff && now.Sub(h.since) > ttl:
		h.cutOff = false
	}
}

// judge keeps the samples; those of endpoints in trouble alone are told again.
func (h *heard) judge(all []Judged) {
	for _, d := range all {
		h.app(d.App).samples[d.Endpoint] = d.Sample
	}
}

// shut notes which ports are not open; an app that is not named has none such.
func (h *heard) shut(why map[string][]string) {
	for name, x := range h.apps {
		x.shut = why[name]
	}
	for name := range why {
		h.app(name).shut = why[name]
	}
}

func (h *heard) count(totals map[string]Totals) {
	for app, t := range totals {
		h.app(app).totals = t
	}
}
