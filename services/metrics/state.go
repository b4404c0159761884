package metrics

import (
	"slices"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/metrics/window"
)

// maxReleases is of how many releases of an app that have no endpoints is remembered
// what an instance may use: more than are kept for a rollback.
const maxReleases = 32

// State is what the log tells of what there is to measure.
type State struct {
	Gateways map[string]*Gateway    `json:"gateways"` // that joined and have not left
	Apps     map[string]*window.App `json:"apps"`     // by name

	measured service.Soft[measured]
}

// Gateway is one that joined.
type Gateway struct {
	Boot   int  `json:"boot"`             // incarnation
	Lapsed bool `json:"lapsed,omitempty"` // its lease is
}

func newState(string) *State {
	return &State{Gateways: map[string]*Gateway{}, Apps: map[string]*window.App{}}
}

// evolve folds a fact.
func (s *State) evolve(e events.Event) {
	switch d := e.Data.(type) {
	case events.GatewayJoined:
		if g := s.Gateways[d.Gateway]; g == nil || g.Boot <= d.Incarnation {
			s.Gateways[d.Gateway] = &Gateway{Boot: d.Incarnation}
		}
	case events.GatewayLeft:
		delete(s.Gateways, d.Gateway)
	case events.LeaseGranted:
		s.lease(d.Lease, false)
	case events.LeaseResumed:
		s.lease(d.Lease, false)
	case events.LeaseLapsed:
		s.lease(d.Lease, true)
	case events.ReleasePlanned:
		s.planned(d)
	case events.PoolChanged:
		s.pool(d)
	case events.RouteShifted:
		s.app(d.App).Main = largest(d.Shares)
	case events.AppRetired:
		delete(s.Apps, d.App)
	}
}

// lease folds what was said of a gateway's lease; of an earlier boot it means nothing.
func (s *State) lease(l events.Lease, lapsed bool) {
	if g := s.Gateways[l.Name]; l.Kind == window.KindGateway && g != nil && g.Boot == l.Incarnation {
		g.Lapsed = lapsed
	}
}

func (s *State) app(name string) *window.App {
	a := s.Apps[name]
	if a == nil {
		a = &window.App{Releases: map[int]*window.Release{}}
		s.Apps[name] = a
	}
	return a
}

func release(a *window.App, number int) *window.Release {
	r := a.Releases[number]
	if r == nil {
		r = &window.Release{}
		a.Releases[number] = r
	}
	return r
}

// planned notes what an instance may use: its limits, else what is reserved for it.
func (s *State) planned(d events.ReleasePlanned) {
	a := s.app(d.App)
	r := release(a, d.Release)
	r.CPUMilli, r.MemoryBytes = d.Spec.Limits.CPUMilli, d.Spec.Limits.MemoryBytes
	if r.CPUMilli == 0 {
		r.CPUMilli = d.Spec.Resources.CPUMilli
	}
	if r.MemoryBytes == 0 {
		r.MemoryBytes = d.Spec.Resources.MemoryBytes
	}
	prune(a)
}

// pool notes which releases have endpoints, and how many are ready.
func (s *State) pool(d events.PoolChanged) {
	a := s.app(d.App)
	for _, r := range a.Releases {
		r.Listed, r.Ready = false, 0
	}
	for _, p := range d.Endpoints {
		r := release(a, p.Release)
		r.Listed = true
		if p.Ready && !p.Terminating {
			r.Ready++
		}
	}
	prune(a)
}

// prune forgets the oldest of the releases without endpoints.
func prune(a *window.App) {
	var idle []int
	for n, r := range a.Releases {
		if !r.Listed {
			idle = append(idle, n)
		}
	}
	slices.Sort(idle)
	for _, n := range idle[:max(0, len(idle)-maxReleases)] {
		delete(a.Releases, n)
	}
}

// largest is the release with the largest share; of equals the stable one, which is
// named first. 0: none.
func largest(shares []events.RouteShare) (release int) {
	most := 0
	for _, s := range shares {
		if s.ShareBp > most {
			release, most = s.Release, s.ShareBp
		}
	}
	return release
}

// live are the gateways that must report, sorted.
func (s *State) live() (names []string) {
	for _, name := range service.Sorted(s.Gateways) {
		if !s.Gateways[name].Lapsed {
			names = append(names, name)
		}
	}
	return names
}
