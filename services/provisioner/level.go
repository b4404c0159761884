package provisioner

import (
	"time"

	"slipway.dev/pkg/service"
)

// ear is who was heard to advertise which level.
type ear struct {
	since time.Time         // listening without a gap
	last  map[int]time.Time // by level: when it was last advertised
}

// begin listens anew: what was missed may have been a lower level.
func (e *ear) begin(now time.Time) { e.since = now }

// hear notes a lease; one that tells no level counts as the lowest.
func (e *ear) hear(h service.Heard, now time.Time) {
	switch h.Kind {
	case "node", "gateway", "service":
	default:
		return
	}
	if e.last == nil {
		e.last = map[int]time.Time{}
	}
	if e.since.IsZero() {
		e.since = now
	}
	e.last[h.Body.Level] = now
}

// quiet is when the last holder of a lower level was heard, or when listening began;
// ok is false while nobody advertises the level.
func (e *ear) quiet(level int) (t time.Time, ok bool) {
	t = e.since
	for l, at := range e.last {
		ok = ok || l >= level
		if l < level && at.After(t) {
			t = at
		}
	}
	return t, ok && !e.since.IsZero()
}

// raisable is the highest level above the raised one that may be written now; 0: none.
func (s *State) raisable(cfg Config, now time.Time) int {
	for l := cfg.Level; l > s.Level; l-- {
		if t, ok := s.ear.Get().quiet(l); ok && now.Sub(t) >= cfg.Hold {
			return l
		}
	}
	return 0
}

// levelDue are the moments at which a level may be raised.
func (s *State) levelDue(cfg Config) (all []time.Time) {
	for l := s.Level + 1; l <= cfg.Level; l++ {
		if t, ok := s.ear.Get().quiet(l); ok {
			all = append(all, t.Add(cfg.Hold))
		}
	}
	return all
}
