package gateway

import (
	"fmt"

	"slipway.dev/events"
	"slipway.dev/pkg/breaker"
	"slipway.dev/pkg/service"
)

// What an endpoint from outside must answer to be used, and must fail to be left.
const (
	ProbesGood = 2 // in a row, a second apart
	ProbesBad  = 3 // in a row
)

// Probe is the act of asking an endpoint, again and again, whether it lives.
type Probe struct{ App, Endpoint, Address, Protocol, Path string }

// Probed says how one question was answered.
type Probed struct {
	App, Endpoint, Address string
	Good                   bool
	Why                    string // what was bad, in words
}

// probeHeard is the last answers of one endpoint.
type probeHeard struct {
	address   string
	good, bad int // in a row
	why       string
}

// probed senses an answer; of another address it says nothing about this one.
func (h *heard) probed(d Probed) {
	x := h.app(d.App)
	if x.probes == nil {
		x.probes = map[string]probeHeard{}
	}
	p := x.probes[d.Endpoint]
	if p.address != d.Address {
		p = probeHeard{address: d.Address}
	}
	if d.Good {
		p.good, p.bad = p.good+1, 0
	} else {
		p.good, p.bad, p.why = 0, p.bad+1, d.Why
	}
	x.probes[d.Endpoint] = p
}

// isProbed tells that an endpoint's breaker follows probes alone: requests would take
// it out for a while, and who asks it knows better.
func isProbed(p events.PoolEndpoint) bool {
	return p.Liveness == events.LivenessProbe && !p.Terminating
}

// unproven gives every endpoint that is probed and was not yet, or is at another
// address, a breaker that is open.
func (a *App) unproven() {
	for _, p := range a.Endpoints {
		if !isProbed(p) || a.Probes[p.Endpoint] == p.Address {
			continue
		}
		if a.Probes == nil {
			a.Probes = map[string]string{}
		}
		if a.Breakers == nil {
			a.Breakers = map[string]breaker.Breaker{}
		}
		a.Probes[p.Endpoint] = p.Address
		a.Breakers[p.Endpoint] = breaker.Breaker{At: breaker.Open, Number: a.Breakers[p.Endpoint].Number + 1}
	}
	for id := range a.Probes {
		if !a.probes(id) {
			delete(a.Probes, id)
			if b, ok := a.Breakers[id]; ok {
				a.Breakers[id] = b.Anew()
			}
		}
	}
}

func (a *App) probes(id string) bool {
	for _, p := range a.Endpoints {
		if p.Endpoint == id {
			return isProbed(p)
		}
	}
	return false
}

// decideProbes says whose answers have changed what they are here. The cap of a pool
// does not bind: whether an endpoint lives is no matter of how many others do.
func (g *Gateway) decideProbes(a *App, x *appHeard) (say service.Says) {
	for _, id := range service.Sorted(a.Probes) {
		b, p := a.Breakers[id], x.probes[id]
		of := events.OfTraffic{App: a.Name, Gateway: g.Name, Endpoint: id}
		switch {
		case p.address != a.Probes[id]:
		case b.Out() && p.good >= ProbesGood:
			step := breaker.Step{To: breaker.Closed}
			say.Because(a.Last, "probe: %d good in a row", p.good).Fact(moved(of, b, step, breaker.Sample{}))
		case !b.Out() && p.bad >= ProbesBad:
			step := breaker.Step{To: breaker.Open}
			say.Because(a.Last, "probe: %d bad in a row, the last: %s", p.bad, p.why).Fact(moved(of, b, step, breaker.Sample{}))
		}
	}
	return say
}

// probeActs ask every endpoint that is probed.
func (a *App) probeActs(incarnation int) (acts []service.Act) {
	for _, p := range a.Endpoints {
		if _, leaving := a.Drains[p.Endpoint]; leaving || !isProbed(p) {
			continue
		}
		acts = append(acts, service.Act{
			ID:   fmt.Sprintf("probe/%s/%s/%s/%s/%s/%d", a.Name, p.Endpoint, p.Protocol, p.Address, p.ProbePath, incarnation),
			Data: Probe{App: a.Name, Endpoint: p.Endpoint, Address: p.Address, Protocol: p.Protocol, Path: p.ProbePath},
			Long: true,
		})
	}
	return acts
}
