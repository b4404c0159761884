package registry

import (
	"errors"
	"fmt"
	"slices"

	"slipway.dev/events"
)

// check is what the registry promises of an app. What must hold when something is
// said is looked at when it is folded, by the facts that stood before it.
func (s *Pool) check() error {
	if s.Wrong != "" {
		return errors.New(s.Wrong)
	}
	if s.Settled.Route > s.Route || s.Settled.Pool > s.Generation {
		return fmt.Errorf("settled route %d pool %d, there is route %d pool %d", s.Settled.Route, s.Settled.Pool, s.Route, s.Generation)
	}
	return nil
}

// drainedWithout tells which gateway could still use an endpoint that is said to be
// drained: it is neither named as having let it go, after it had, nor silent for its
// fence. One that was silent so long and came back since is named, which is enough.
func (s *Pool) drainedWithout(f *Fleet, d events.EndpointDrained, e events.Event, cfg Config) string {
	x := s.Endpoints[d.Endpoint.Endpoint]
	if x == nil || x.State != draining {
		return ""
	}
	for name, g := range f.Gateways {
		_, let := x.Drained[name]
		fenced := !g.LapsedAt.IsZero() && !e.Time.Before(g.LapsedAt.Add(cfg.Fence))
		switch {
		case g.Joined.After(x.DrainingAt):
		case slices.Contains(d.Gateways, name) && let:
		case slices.Contains(d.Without, name) && fenced:
		default:
			return fmt.Sprintf("%s said to be drained, gateway %s may still use it", d.Endpoint.Endpoint, name)
		}
	}
	return ""
}

// misnumbered tells what is wrong with a live list.
func (s *Pool) misnumbered(d events.PoolChanged) string {
	if d.Generation != s.Generation+1 {
		return fmt.Sprintf("pool %d after %d", d.Generation, s.Generation)
	}
	for _, l := range d.Endpoints {
		if x := s.Endpoints[l.Endpoint]; x == nil || l.Ready != (x.State == available) || l.Terminating != (x.State == draining) {
			return fmt.Sprintf("pool %d lists %s ready=%t terminating=%t, which was never said of it", d.Generation, l.Endpoint, l.Ready, l.Terminating)
		}
	}
	return ""
}

// unsettled tells which gateway serves by less than what is said to be settled.
func (s *Pool) unsettled(d events.SettlementReached) string {
	if len(d.Gateways) == 0 || d.Generation < s.Settled.Route || d.Pool < s.Settled.Pool {
		return fmt.Sprintf("settled route %d pool %d by %d gateways after route %d pool %d", d.Generation, d.Pool, len(d.Gateways), s.Settled.Route, s.Settled.Pool)
	}
	for _, g := range d.Gateways {
		if a, ok := s.Applied[g]; ok && (a.Route < d.Generation || a.Pool < d.Pool) {
			return fmt.Sprintf("settled route %d pool %d, %s serves by route %d pool %d", d.Generation, d.Pool, g, a.Route, a.Pool)
		}
	}
	return ""
}
