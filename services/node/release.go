package node

import (
	"strconv"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// Release is what a node keeps of a release: what its instances are made of.
type Release struct {
	App      string      `json:"app"`
	Number   int         `json:"number"`
	SpecHash string      `json:"specHash"`
	Spec     events.Spec `json:"spec"`
	Promoted bool        `json:"promoted,omitempty"` // ever: a missed startup is then no verdict on it
	Kept     bool        `json:"kept,omitempty"`     // it serves or is warm, so an instance of it may be placed
	Drift    string      `json:"drift,omitempty"`    // report or ignore; empty: repair
}

// newestKept is how many of an app's newest releases are kept without an instance here: one may be placed at any time, and
// a row of aborted ones must not cost the one that is being made.
const newestKept = 4

func releaseKey(app string, number int) string { return app + "/" + strconv.Itoa(number) }

func (s *State) evolveRelease(data events.Payload) {
	switch d := data.(type) {
	case events.ReleasePlanned:
		s.keep(&Release{App: d.App, Number: d.Release, SpecHash: d.SpecHash, Spec: d.Spec, Drift: d.Drift})
		s.prune(d.App)
	case events.ReleaseUnchanged:
		s.release(d.OfRelease, func(r *Release) { r.Drift = d.Drift })
	case events.ReleasePromoted:
		s.release(d.OfRelease, func(r *Release) { r.Promoted, r.Kept = true, true })
	case events.ReleaseDemoted:
		s.release(d.OfRelease, func(r *Release) { r.Kept = !d.WarmUntil.IsZero() })
	case events.ReleaseCooled:
		s.release(d.OfRelease, func(r *Release) { r.Kept = false })
	case events.AppRetired:
		used := s.used(d.App)
		for _, number := range service.Sorted(s.apps().releases[d.App]) {
			if !used[number] {
				s.forget(d.App, number)
			}
		}
	}
}

func (s *State) release(of events.OfRelease, fold func(*Release)) {
	if r, ok := s.Releases[releaseKey(of.App, of.Release)]; ok {
		fold(r)
		s.prune(of.App)
	}
}

// used are the releases of an app that have an instance here.
func (s *State) used(app string) map[int]bool {
	used := map[int]bool{}
	for id := range s.apps().instances[app] {
		used[s.Instances[id].Release] = true
	}
	return used
}

// prune forgets an app's releases of which no instance is here and none can be placed any more.
func (s *State) prune(app string) {
	used := s.used(app)
	numbers := service.Sorted(s.apps().releases[app])
	for n, number := range numbers {
		newest := n >= len(numbers)-newestKept
		if !newest && !used[number] && !s.Releases[releaseKey(app, number)].Kept {
			s.forget(app, number)
		}
	}
}
