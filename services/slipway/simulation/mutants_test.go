package simulation

import (
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// mutant is a decider with a fault planted in what it folds: it believes more than
// was said. The search must find each; a search that does not is no search.
type mutant struct {
	service.Machine
	believe func(events.Event) []events.Payload // facts it takes for said beside e
}

// Unwrap is the decider below the fault.
func (m mutant) Unwrap() service.Machine { return m.Machine }

// Fold folds the fact and what the mutant believes because of it.
func (m mutant) Fold(e events.Event) []string {
	keys := m.Machine.Fold(e)
	for _, p := range m.believe(e) {
		x := e
		x.Kind, x.Data = events.KindOf(p), p
		about := p.About()
		x.App, x.Place, x.Subject = about.App, about.Place, about.Subject
		keys = append(keys, m.Machine.Fold(x)...)
	}
	return keys
}

// mutate plants a fault in one decider of a service.
func mutate(mk func() service.Service, decider int, believe func(events.Event) []events.Payload) func() service.Service {
	return func() service.Service {
		svc := mk()
		whole := svc.New
		svc.New = func() []service.Machine {
			all := whole()
			all[decider] = mutant{all[decider], believe}
			return all
		}
		return svc
	}
}

// impatientNode stops as soon as it is told to, drained or not.
func impatientNode(e events.Event) []events.Payload {
	d, ok := e.Data.(events.AssignmentWithdrawn)
	if !ok || d.Node == "" {
		return nil
	}
	return []events.Payload{events.EndpointDrained{Endpoint: events.Endpoint{App: d.App, Endpoint: d.Instance, Node: d.Node}}}
}

// eagerDeployer takes a start for readiness: capacity comes after traffic.
func eagerDeployer(e events.Event) []events.Payload {
	d, ok := e.Data.(events.InstanceStarted)
	if !ok {
		return nil
	}
	return []events.Payload{events.InstanceReady{OfInstance: d.OfInstance, Boot: d.Boot}}
}

// hastyDeployer takes what is to serve in place of another for ready once it has a place.
func hastyDeployer() func(events.Event) []events.Payload {
	boots, next := map[string]int{}, map[string]bool{}
	return func(e events.Event) []events.Payload {
		switch d := e.Data.(type) {
		case events.NodeJoined:
			boots[d.Node] = d.Incarnation
		case events.AssignmentRequested:
			next[d.Instance] = d.Replaces != ""
		case events.PlacementPlaced:
			if next[d.Instance] {
				return []events.Payload{events.InstanceReady{OfInstance: d.OfInstance, Boot: boots[d.Node]}}
			}
		}
		return nil
	}
}

// forgetfulPlacer takes a drain for cancelled as soon as it is begun.
func forgetfulPlacer(e events.Event) []events.Payload {
	d, ok := e.Data.(events.EvacuationStarted)
	if !ok || d.Cause != events.EvacuationDrain {
		return nil
	}
	return []events.Payload{events.EvacuationCancelled{OfEvacuation: d.OfEvacuation}}
}

// trustingRegistry takes one gateway's word for all of them.
func trustingRegistry() func(events.Event) []events.Payload {
	gateways := map[string]bool{}
	return func(e events.Event) (more []events.Payload) {
		switch d := e.Data.(type) {
		case events.GatewayJoined:
			gateways[d.Gateway] = true
		case events.RoutingApplied:
			for _, g := range service.Sorted(gateways) {
				if g != d.Gateway {
					x := d
					x.Gateway, x.Counts = g, nil
					more = append(more, x)
				}
			}
		}
		return more
	}
}

// credulousDeployer takes a release for found good as soon as its checks begin.
func credulousDeployer(e events.Event) (more []events.Payload) {
	d, ok := e.Data.(events.AnalysisStarted)
	if !ok {
		return nil
	}
	for i, c := range d.Checks {
		more = append(more, events.AnalysisJudged{
			OfAnalysis: d.OfAnalysis, Check: i + 1, Metric: c.Metric, From: d.From.Add(time.Second), To: d.From.Add(2 * time.Second),
			Verdict: events.VerdictSuccess, Successes: 1, Judged: 1,
		})
	}
	return more
}
