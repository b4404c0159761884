package simulation

import (
	"fmt"

	"slipway.dev/events"
)

// steps holds a canary to its share, seen from the log: no route gives it more than the
// step it has begun, until its last step is done or a person has it skip what is left.
type steps struct {
	plans map[string]map[int]int // app -> declaration -> steps
	live  map[string]*stepped    // app -> the release on its way
}

type stepped struct {
	release, of, done int
	bp                int  // of the step begun last
	free              bool // no step binds it any more
}

func newSteps() *steps {
	return &steps{plans: map[string]map[int]int{}, live: map[string]*stepped{}}
}

func (s *steps) hear(e events.Event) error {
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
		return s.shifted(d)
	}
	return nil
}

func (s *steps) shifted(d events.RouteShifted) error {
	x := s.live[d.App]
	if x == nil || x.free {
		return nil
	}
	for _, share := range d.Shares {
		if share.Release == x.release && share.ShareBp > x.bp {
			return fmt.Errorf("release %d of %s has %d bp of the requests, its step allows %d", x.release, d.App, share.ShareBp, x.bp)
		}
	}
	return nil
}
