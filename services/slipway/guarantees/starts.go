package guarantees

import (
	"time"

	"slipway.dev/events"
)

// Starts is how long the instances of each release take to be ready, as the log tells:
// the start that the bounds of promises are counted beside.
type Starts struct {
	placed   map[string]begun // by instance
	starting map[string]time.Time
	again    map[releaseKey]time.Duration
	fresh    map[releaseKey]time.Duration
}

type begun struct {
	at  time.Time
	key releaseKey
}

type releaseKey struct {
	app     string
	release int
}

// HearsStart tells whether Starts folds a kind.
func HearsStart(k events.Kind) bool {
	switch k.Entity {
	case "placement":
		return k.Happened == "placed"
	case "assignment":
		return k.Happened == "cleared"
	case "instance":
		switch k.Happened {
		case "starting", "ready", "exited", "stopped", "failed":
			return true
		}
	}
	return false
}

// NewStarts has heard nothing.
func NewStarts() *Starts {
	return &Starts{
		placed: map[string]begun{}, starting: map[string]time.Time{},
		again: map[releaseKey]time.Duration{}, fresh: map[releaseKey]time.Duration{},
	}
}

// Hear folds a fact.
func (s *Starts) Hear(e events.Event) {
	switch d := e.Data.(type) {
	case events.PlacementPlaced:
		s.placed[d.Instance] = begun{e.At(), releaseKey{d.App, d.Release}}
	case events.AssignmentCleared: // it was held until now
		if p, ok := s.placed[d.Instance]; ok {
			s.placed[d.Instance] = begun{e.At(), p.key}
		}
	case events.InstanceStarting:
		s.starting[d.Instance] = e.At()
	case events.InstanceReady:
		s.ready(d.Instance, e.At())
	case events.InstanceExited: // it began for nothing
		delete(s.starting, d.Instance)
	case events.InstanceStopped:
		delete(s.starting, d.Instance)
		delete(s.placed, d.Instance)
	case events.InstanceFailed:
		delete(s.placed, d.Instance)
	}
}

func (s *Starts) ready(instance string, now time.Time) {
	p, known := s.placed[instance]
	from, began := s.starting[instance]
	if !known || !began {
		return
	}
	delete(s.starting, instance)
	s.again[p.key] = max(s.again[p.key], now.Sub(from))
	if !p.at.IsZero() {
		s.fresh[p.key] = max(s.fresh[p.key], now.Sub(p.at))
		s.placed[instance] = begun{key: p.key} // the next start of it is none of its first
	}
}

// Again is the longest that an instance of a release took from starting to ready.
func (s *Starts) Again(app string, release int) time.Duration {
	return s.again[releaseKey{app, release}]
}

// Fresh is the longest that it took from placed to ready: its content is fetched too.
func (s *Starts) Fresh(app string, release int) time.Duration {
	return s.fresh[releaseKey{app, release}]
}

// of is the release of an instance that was placed.
func (s *Starts) of(instance string) (releaseKey, bool) {
	p, ok := s.placed[instance]
	return p.key, ok
}
