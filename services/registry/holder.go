package registry

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// fleetKey is the holder decider's key for what concerns all holders: their brake.
const fleetKey = "_"

// brakeHold is how long mass silence is not believed though somebody is heard.
const brakeHold = 30 * time.Second

// What was last said of a lease.
const (
	granted  = "granted"
	lapsed   = "lapsed"
	released = "released"
)

// Holder is a node's or gateway's lease; under fleetKey the fleet's brake.
type Holder struct {
	Kind  string        `json:"kind,omitempty"` // node, gateway; empty under fleetKey
	Name  string        `json:"name,omitempty"`
	Left  bool          `json:"left,omitempty"`
	Said  string        `json:"said,omitempty"` // granted, lapsed, released
	Boot  int           `json:"boot,omitempty"` // of which that was said
	At    time.Time     `json:"at,omitzero"`    // when
	Last  service.Cause `json:"last"`
	Wrong string        `json:"wrong,omitempty"` // what Check found when it was said

	Inbox service.Inbox `json:"inbox"` // of the fleet: evictions
}

func newHolder(key string) *Holder {
	kind, name, ok := strings.Cut(key, "-")
	if !ok {
		return &Holder{}
	}
	return &Holder{Kind: kind, Name: name}
}

// holderKeys tells whom a fact or wish concerns; the fleet's brake counts them all.
func holderKeys(e events.Event) []string {
	switch d := e.Data.(type) {
	case events.NodeJoined:
		return []string{holderOf(kindNode, d.Node), fleetKey}
	case events.NodeLeft:
		return []string{holderOf(kindNode, d.Node), fleetKey}
	case events.GatewayJoined:
		return []string{holderOf(kindGateway, d.Gateway), fleetKey}
	case events.GatewayLeft:
		return []string{holderOf(kindGateway, d.Gateway), fleetKey}
	case events.LeaseGranted, events.LeaseLapsed, events.LeaseResumed, events.LeaseReleased:
		return []string{e.Place, fleetKey}
	case events.EndpointAvailable:
		return fleetIf(isOutside(d.Endpoint))
	case events.EndpointUnavailable:
		return fleetIf(isOutside(d.Endpoint))
	case events.EndpointDraining:
		return fleetIf(isOutside(d.Endpoint))
	case events.EndpointDrained:
		return fleetIf(isOutside(d.Endpoint))
	case events.PoolChanged: // it names the suspects, who hold no lease that counts
		return fleetIf(slices.ContainsFunc(d.Endpoints, func(l events.PoolEndpoint) bool { return l.Liveness != "" }))
	case events.BrakeEngaged, events.BrakeReleased, events.BrakeRefused:
		if e.App == "" {
			return []string{service.All}
		}
	case events.WishEvictionRequested, events.WishEvictionLifted:
		if e.App == "" {
			return []string{fleetKey}
		}
	}
	return nil
}

// fleetIf is the fleet's key where what is said changes how many leases there are.
func fleetIf(counts bool) []string {
	if counts {
		return []string{fleetKey}
	}
	return nil
}

// holderTouched tells whose silence a signal ends.
func holderTouched(sig service.Signal) []string {
	h, ok := sig.Data.(service.Heard)
	if ok && h.Kind == kindEndpoint {
		return []string{fleetKey}
	}
	if !ok || h.Kind != kindNode && h.Kind != kindGateway {
		return nil
	}
	return []string{holderOf(h.Kind, h.Holder), fleetKey}
}

func (s *Holder) evolve(key string, e events.Event, cfg Config) {
	if key == fleetKey {
		if e.Kind.Entity == "brake" {
			s.Inbox.Fold(e)
		}
		return
	}
	switch d := e.Data.(type) {
	case events.NodeJoined, events.GatewayJoined:
		s.Left, s.Last = false, service.CauseOf(e)
	case events.NodeLeft, events.GatewayLeft:
		s.Left, s.Last = true, service.CauseOf(e)
	case events.LeaseGranted:
		s.said(granted, d.Lease, e)
	case events.LeaseResumed:
		s.said(granted, d.Lease, e)
	case events.LeaseReleased:
		s.said(released, d.Lease, e)
	case events.LeaseLapsed:
		if ttl := ttlOf(d); d.SilentMs < ttl.Milliseconds() {
			s.Wrong = fmt.Sprintf("%s lapsed after %d ms of silence, TTL %s", e.Place, d.SilentMs, ttl)
		}
		s.said(lapsed, d.Lease, e)
	}
}

// ttlOf is the TTL that held when a lease lapsed: the log may have moved since to a bus
// with another.
func ttlOf(d events.LeaseLapsed) time.Duration {
	if d.TTLMs == 0 {
		return events.LeaseTTL
	}
	return time.Duration(d.TTLMs) * time.Millisecond
}

func (s *Holder) said(what string, l events.Lease, e events.Event) {
	s.Said, s.Boot, s.At, s.Last = what, l.Incarnation, e.Time, service.CauseOf(e)
}

func (s *Holder) sense(f *Fleet, sig service.Signal, now time.Time) {
	switch d := sig.Data.(type) {
	case service.Heard:
		f.hear(d, now)
	case service.Gap:
		f.gap(now)
	}
	if sig.Wish != nil {
		s.Inbox.Hear(*sig.Wish)
	}
}

// decide says what a lease lacks.
func (s *Holder) decide(f *Fleet, cfg Config, now time.Time) (say service.Says) {
	if s.Kind == "" {
		return s.brake(f, cfg, now)
	}
	m := f.member(s.Kind, s.Name)
	switch {
	case m == nil && s.Left && s.Said != "" && s.Said != released:
		say.Because(s.Last, "%s left", s.Name).Fact(events.LeaseReleased{Lease: s.lease(s.Boot)})
	case m == nil:
	case s.Said != granted && s.Said != lapsed || s.Boot != m.Boot:
		say.Because(s.Last, "%s joined as incarnation %d", s.Name, m.Boot).Fact(events.LeaseGranted{Lease: s.lease(m.Boot)})
	case s.Said == lapsed && f.heardSince(s.Kind, s.Name, s.At):
		say.Because(s.Last, "heard %s after it lapsed", f.heardAt(s.Kind, s.Name).Sub(s.At).Round(time.Millisecond)).
			Fact(events.LeaseResumed{Lease: s.lease(m.Boot)})
	case s.Said == granted && now.Sub(f.silentSince(s.Kind, s.Name)) >= cfg.TTL:
		s.lapse(f, cfg, now, &say)
	}
	return say
}

func (s *Holder) lapse(f *Fleet, cfg Config, now time.Time, say *service.Says) {
	silent := now.Sub(f.silentSince(s.Kind, s.Name)).Milliseconds()
	if f.braked(cfg.TTL, now) {
		say.Waits(holderOf(s.Kind, s.Name), "lease", "silent for %d ms, the brake holds", silent)
		return
	}
	say.Because(s.Last, "silent for %d ms, TTL %d ms", silent, cfg.TTL.Milliseconds()).
		Fact(events.LeaseLapsed{Lease: s.lease(s.Boot), SilentMs: silent, TTLMs: cfg.TTL.Milliseconds()})
}

func (s *Holder) lease(boot int) events.Lease {
	return events.Lease{
		OfHolder: events.OfHolder{Holder: holderOf(s.Kind, s.Name)}, Kind: s.Kind, Name: s.Name, Incarnation: boot,
	}
}

// due is the end of a holder's TTL, or the next word about the brake.
func (s *Holder) due(f *Fleet, cfg Config, after time.Time) (at time.Time) {
	if s.Kind == "" {
		return f.brakeDue(cfg, after)
	}
	if m := f.member(s.Kind, s.Name); m == nil || s.Said != granted || f.Brake.Engaged {
		return time.Time{}
	}
	return next(after, f.silentSince(s.Kind, s.Name).Add(cfg.TTL))
}

// next is the first of some times that lies after another; zero for none.
func next(after time.Time, times ...time.Time) (first time.Time) {
	for _, t := range times {
		if t.After(after) && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

// gone tells that nothing is left of a holder.
func (s *Holder) gone() bool { return s.Kind != "" && s.Left && (s.Said == released || s.Said == "") }

func (s *Holder) check() error {
	if s.Wrong != "" {
		return fmt.Errorf("%s", s.Wrong)
	}
	return nil
}
