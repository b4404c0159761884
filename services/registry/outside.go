package registry

import (
	"fmt"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// outsideGrace is how much longer than the TTL an endpoint from outside is believed,
// so that the fleet's brake has spoken first.
const outsideGrace = 500 * time.Millisecond

// drainDefault is what the requests of an endpoint from outside may still take where
// no app file says it.
const drainDefault = 15 * time.Second

// isOutside tells whether a record is of an endpoint offered from outside: no node
// answers for it, so it says itself how it is known to live.
func isOutside(r events.Endpoint) bool { return r.Liveness != "" }

// outsideOf is the holder of an endpoint's own lease.
func outsideOf(app, endpoint string) string { return app + "." + endpoint }

func (x *Endpoint) holder() string { return outsideOf(x.Said.App, x.Said.Endpoint) }

// offered folds what is said of an offer. Of an endpoint there is, with the same
// address, the record changes and nothing else; with another one it comes after it.
func (s *Pool) offered(r events.Endpoint, e events.Event) {
	x, cause := s.Endpoints[r.Endpoint], service.CauseOf(e)
	s.Last = cause
	switch {
	case x == nil || x.Outside && x.State == "":
		x = newEndpoint()
		x.Outside, x.State, x.SaidAt = true, registered, e.Time
		s.Endpoints[r.Endpoint] = x
	case !x.Outside:
		return // decide never says so: an instance answers to its node
	case x.going() || r.Address != x.Said.Address:
		x.Next, x.Last = &r, cause
		if !x.Withdrawn {
			x.Withdrawal = Withdrawal{DrainMs: s.drainMs(), Why: "offered again at " + r.Address}
		}
		return
	}
	x.Said, x.Address, x.Ports, x.Last = r, r.Address, r.Ports, cause
	s.expel(cause)
}

// going tells that an endpoint has begun to leave, which it does to the end.
func (x *Endpoint) going() bool { return x.State == draining || x.State == drained }

// leaves folds that an endpoint from outside is on its way out.
func (s *Pool) leaves(r events.Endpoint, drainMs int64, e events.Event) {
	if x := s.Endpoints[r.Endpoint]; x != nil && x.Outside && !x.Withdrawn {
		x.Withdrawn, x.Withdrawal = true, Withdrawal{DrainMs: drainMs, Why: e.Reason}
	}
}

// removed folds an endpoint's end, or that of the one that was to come after it.
func (s *Pool) removed(r events.Endpoint, e events.Event) {
	x := s.Endpoints[r.Endpoint]
	s.Last = service.CauseOf(e)
	switch {
	case x == nil:
	case x.Outside && x.State == "":
		delete(s.Endpoints, r.Endpoint)
	case x.Outside && x.State != drained:
		x.Next = nil
	case x.Next != nil:
		next := newEndpoint()
		next.Outside, next.Next, next.Last = true, x.Next, s.Last
		s.Endpoints[r.Endpoint] = next
	default:
		delete(s.Endpoints, r.Endpoint)
	}
}

// owned folds who declared the app.
func (s *Pool) owned(by bool, d events.Document, e events.Event) {
	s.Owned, s.External, s.DrainMs = by, d.External, d.DrainMs()
	s.expel(service.CauseOf(e))
}

// takes tells whether endpoints from outside are listed: those of an app that nobody
// declared, or whose app file wants them.
func (s *Pool) takes() bool { return !s.Owned || s.External }

// expel withdraws what an app does not take any more.
func (s *Pool) expel(by service.Cause) {
	if s.takes() {
		return
	}
	for id, x := range s.Endpoints {
		if x.Outside && x.State == "" {
			delete(s.Endpoints, id)
		}
		if x.Outside && !x.Withdrawn {
			x.Withdrawn, x.Last = true, by
			x.Withdrawal = Withdrawal{DrainMs: s.drainMs(), Why: "the app takes no endpoints from outside"}
		}
		if x.Outside {
			x.Next = nil
		}
	}
}

func (s *Pool) drainMs() int64 {
	if s.Owned {
		return s.DrainMs
	}
	return drainDefault.Milliseconds()
}

// suspects folds whom the live list keeps though nobody hears them.
func (s *Pool) suspects(list []events.PoolEndpoint, e events.Event) {
	for _, l := range list {
		x := s.Endpoints[l.Endpoint]
		if x == nil {
			continue
		}
		if l.Suspect && !x.Suspect {
			x.SuspectAt = e.Time
		}
		x.Suspect = l.Suspect
	}
}

// unheard tells that an endpoint from outside does not say that it lives: not since
// that was last said to be so, or, while it serves, not for the TTL and its grace.
func (x *Endpoint) unheard(f *Fleet, cfg Config, now time.Time) bool {
	switch {
	case f.member(kindEndpoint, x.holder()) == nil:
		return true
	case x.State != available:
		return !f.heardSince(kindEndpoint, x.holder(), x.SaidAt)
	case x.Suspect && !f.heardSince(kindEndpoint, x.holder(), x.SuspectAt):
		return true
	}
	return !f.Brake.Engaged && now.Sub(f.silentSince(kindEndpoint, x.holder())) >= cfg.TTL+outsideGrace
}

func (x *Endpoint) unheardWords(f *Fleet, now time.Time) string {
	if f.member(kindEndpoint, x.holder()) == nil {
		return "its lease is not heard"
	}
	return fmt.Sprintf("its lease silent for %d ms", now.Sub(f.silentSince(kindEndpoint, x.holder())).Milliseconds())
}

// poolTouched tells whose silence a signal ends.
func poolTouched(sig service.Signal) []string {
	h, ok := sig.Data.(service.Heard)
	if !ok || h.Kind != kindEndpoint {
		return nil
	}
	return []string{h.App}
}
