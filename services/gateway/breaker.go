package gateway

import (
	"fmt"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/breaker"
	"slipway.dev/pkg/service"
)

// Judged says what was seen of an endpoint's requests since its breaker's number began.
type Judged struct {
	App, Endpoint string
	Sample        breaker.Sample
}

// Standing is the act of keeping an endpoint as its breaker says.
type Standing struct {
	App, Endpoint string
	Out, Trial    bool
	Number        int
}

// policy is when this app's breakers open.
func (a *App) policy() (p breaker.Policy) {
	if b := a.Route.Breaker; b != nil {
		p.Failures, p.Open = b.Failures, time.Duration(b.OpenMs)*time.Millisecond
	}
	return p
}

// judged are the endpoints that have a breaker, by release: those in use.
func (a *App) judged() map[int][]string {
	pools := map[int][]string{}
	for _, p := range a.Endpoints {
		if _, leaving := a.Drains[p.Endpoint]; p.Ready && !p.Terminating && !leaving && !isProbed(p) {
			release := p.Release
			if release == 0 && len(a.Route.Shares) > 0 {
				release = a.Route.Shares[0].Release // from outside: it serves beside stable
			}
			pools[release] = append(pools[release], p.Endpoint)
		}
	}
	return pools
}

// decideBreakers says the transitions that are missing, each by what the ones before
// have left of the pool.
func (g *Gateway) decideBreakers(a *App, x *appHeard, now time.Time) (say service.Says) {
	pools := a.judged()
	for _, release := range service.Sorted(pools) {
		out := 0
		for _, id := range pools[release] {
			if a.Breakers[id].Out() {
				out++
			}
		}
		for _, id := range pools[release] {
			b, m := a.Breakers[id], x.samples[id]
			step, ok := b.Next(a.policy(), g.Name+"/"+id, m, breaker.Room(len(pools[release]), out), now)
			if !ok {
				continue
			}
			if step.To == breaker.Open && !b.Out() {
				out++
			}
			why := step.Why
			if step.To == breaker.Held {
				why += fmt.Sprintf("; stays in use: %d of %d ejected", out, len(pools[release]))
			}
			say.Because(a.Last, "%s", why).Fact(moved(events.OfTraffic{App: a.Name, Gateway: g.Name, Endpoint: id}, b, step, m))
		}
	}
	return say
}

// moved is the fact of a transition.
func moved(of events.OfTraffic, b breaker.Breaker, s breaker.Step, m breaker.Sample) events.Payload {
	fact := events.Breaker{
		OfTraffic: of, From: string(b.State()), To: string(s.To), OpenMs: s.OpenFor.Milliseconds(),
		Window: events.BreakerWindow{Requests: m.Requests, Failures: m.Failures},
	}
	switch s.To {
	case breaker.Open:
		return events.BreakerOpened{Breaker: fact}
	case breaker.HalfOpen:
		return events.BreakerHalfOpened{Breaker: fact}
	case breaker.Held:
		return events.BreakerHeld{Breaker: fact}
	}
	return events.BreakerClosed{Breaker: fact}
}

// broke folds a transition.
func (a *App) broke(d events.Breaker, at time.Time) {
	if a.Breakers == nil {
		a.Breakers = map[string]breaker.Breaker{}
	}
	step := breaker.Step{To: breaker.State(d.To), OpenFor: time.Duration(d.OpenMs) * time.Millisecond}
	a.Breakers[d.Endpoint] = a.Breakers[d.Endpoint].Apply(step, at)
}

// relist lets the breaker of an endpoint that falls out of use, and of one that comes
// back, begin anew: what failed meanwhile says nothing about what it is now. Those that
// are gone it forgets.
func (a *App) relist(before []events.PoolEndpoint) {
	was, listed := map[string]bool{}, map[string]events.PoolEndpoint{}
	for _, p := range before {
		was[p.Endpoint] = p.Ready
	}
	for _, p := range a.Endpoints {
		listed[p.Endpoint] = p
		if isProbed(p) { // probes alone move it
			continue
		}
		ready, known := was[p.Endpoint]
		b, has := a.Breakers[p.Endpoint]
		if falls, returns := known && ready && !p.Ready, has && !ready && p.Ready; falls || returns {
			if a.Breakers == nil {
				a.Breakers = map[string]breaker.Breaker{}
			}
			a.Breakers[p.Endpoint] = b.Anew()
		}
	}
	for id := range a.Breakers {
		if p, in := listed[id]; !in || p.Terminating {
			delete(a.Breakers, id)
		}
	}
}

// standings are the acts that keep every endpoint as its breaker says.
func (a *App) standings(incarnation int) (acts []service.Act) {
	for _, id := range service.Sorted(a.Breakers) {
		b := a.Breakers[id]
		acts = append(acts, service.Act{
			ID:   fmt.Sprintf("breaker/%s/%s/%d/%s/%d", a.Name, id, b.Number, b.State(), incarnation),
			Data: Standing{App: a.Name, Endpoint: id, Out: b.Out(), Trial: b.At == breaker.HalfOpen, Number: b.Number},
			Long: true,
		})
	}
	return acts
}
