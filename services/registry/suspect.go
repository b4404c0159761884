package registry

import (
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// outBySilence are the endpoints that silence takes out: at most half of those that
// would serve, never the last, in the order of their names.
func (s *Pool) outBySilence(f *Fleet, cfg Config, now time.Time) map[string]bool {
	out := map[string]bool{}
	all, lost := s.silence(f, cfg, now)
	budget := all / 2
	if s.Brake.Overridden {
		budget = all
	}
	for _, id := range lost {
		if s.Endpoints[id].State == unavailable {
			out[id] = true
		}
	}
	for _, id := range lost {
		if len(out) < budget {
			out[id] = true
		}
	}
	return out
}

// silence counts the endpoints that would serve were they heard, and names
// those that are not, sorted.
func (s *Pool) silence(f *Fleet, cfg Config, now time.Time) (all int, lost []string) {
	for _, id := range service.Sorted(s.Endpoints) {
		x := s.Endpoints[id]
		if x.State != available && x.State != unavailable || !x.fit(f, cfg, now) {
			continue
		}
		all++
		if x.silent(f, cfg, now) {
			lost = append(lost, id)
		}
	}
	return all, lost
}

// brakePool says whether silence is kept from taking more out.
func (s *Pool) brakePool(f *Fleet, cfg Config, now time.Time, say *service.Says) {
	all, lost := s.silence(f, cfg, now)
	kept, of := len(lost)-len(s.outBySilence(f, cfg, now)), events.OfBrake{App: s.App}
	if w, state, ok := s.Inbox.Oldest(now); ok && w.Kind.Entity == "eviction" {
		overrule(w, state, kept > 0, of, len(lost), all, say)
		return
	}
	switch {
	case kept > 0 && !s.Brake.Engaged:
		say.Because(s.Last, "%d of %d endpoints are silent, %d of them stay", len(lost), all, kept).
			Fact(events.BrakeEngaged{OfBrake: of, Scope: scopePool, Silent: len(lost), Of: all})
	case kept == 0 && s.Brake.Engaged:
		say.Because(s.Last, "%d of %d endpoints are silent", len(lost), all).Fact(events.BrakeReleased{OfBrake: of})
	}
}
