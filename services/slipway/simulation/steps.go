package simulation

import (
	"fmt"
	"time"

	"slipway.dev/events"
)

// steps holds a canary to its share, seen from the log: no route gives it more than the
// step it has begun, until its last step is done or a person has it skip what is left.
type steps struct {
	plans map[string]map[int]int // app -> declaration -> steps
	live  map[string]*stepped    // app -> the release on its way
	turns map[string][]time.Time // app -> when its route was shifted, not long ago
}

// An app whose route turns more often than this within a second is being decided to and
// fro; the busiest rollout of the stories turns a few times.
const (
	turnsMax = 20
	turnsIn  = time.Second
)

// turned holds that no app's route is said again and again.
func (s *steps) turned(e events.Event) error {
	recent := []time.Time{e.Time}
	for _, at := range s.turns[e.App] {
		if e.Time.Sub(at) < turnsIn {
			recent = append(recent, at)
		}
	}
	if s.turns[e.App] = recent; len(recent) > turnsMax {
		return fmt.Errorf("the route of %s has turned %d times within %s: %s", e.App, len(recent), turnsIn, e.Reason)
	}
	return nil
}

type stepped struct {
	release, of, done int
	bp                int  // of the step begun last
	had               int  // its share so far: what only falls is on its way home
	free              bool // no step binds it any more
}

// nobody tells whether no instance is wanted.
func nobody(d events.Document) bool { return d.Replicas == 0 && !d.PerNode }

// beside tells whether anything but that release answers requests, and is to stay.
func beside(app string, release int, ready map[string]string, b *budget) bool {
	for id, of := range ready {
		if !b.gone[id] && b.serves(app, of) && of != fmt.Sprintf("%s/%d", app, release) {
			return true
		}
	}
	return false
}

func newSteps() *steps {
	return &steps{plans: map[string]map[int]int{}, live: map[string]*stepped{}, turns: map[string][]time.Time{}}
}

// hear folds a fact; ready is what the nodes say, instance -> app/release.
func (s *steps) hear(e events.Event, ready map[string]string, b *budget) error {
	switch d := e.Data.(type) {
	case events.AppDeclared:
		if s.plans[d.App] == nil {
			s.plans[d.App] = map[int]int{}
		}
		s.plans[d.App][d.Declaration] = len(d.Document.Deploy.Steps)
	case events.ReleasePlanned:
		s.live[d.App] = &stepped{release: d.Release, of: s.plans[d.App][d.Declaration], free: d.Strategy != events.Canary || d.From == 0 || d.How == "rollback"}
	case events.ReleaseUnchanged:
		if x := s.live[d.App]; x != nil {
			x.of = s.plans[d.App][d.Declaration]
		}
	case events.ReleaseStepStarted:
		s.live[d.App].bp = d.ShareBp
	case events.ReleaseStepCompleted:
		x := s.live[d.App]
		x.done++
		x.free = x.free || x.done >= x.of
	case events.ReleaseResumed:
		s.live[d.App].free = s.live[d.App].free || d.Full
	case events.RouteShifted:
		if err := s.turned(e); err != nil {
			return err
		}
		return s.shifted(d, ready, b)
	}
	return nil
}

func (s *steps) shifted(d events.RouteShifted, ready map[string]string, b *budget) error {
	x := s.live[d.App]
	if x == nil {
		return nil
	}
	had, has := x.had, 0
	for _, share := range d.Shares {
		if share.Release == x.release {
			has = share.ShareBp
		}
	}
	x.had = has
	if x.free || has <= max(x.bp, had) || !beside(d.App, x.release, ready, b) || nobody(b.steers[d.App]) {
		return nil
	}
	return fmt.Errorf("release %d of %s has %d bp of the requests, its step allows %d", x.release, d.App, has, x.bp)
}
