package node

import (
	"sort"
	"strconv"

	"slipway.dev/events"
)

// Release is what a node keeps of a release: what its instances are made of.
type Release struct {
	App      string      `json:"app"`
	Number   int         `json:"number"`
	SpecHash string      `json:"specHash"`
	Spec     events.Spec `json:"spec"`
	Promoted bool        `json:"promoted,omitempty"` // ever: a missed startup is then no verdict on it
	Kept     bool        `json:"kept,omitempty"`     // it serves or is warm, so an instance of it may be placed
}

// newestKept is how many of an app's newest releases are kept without an instance here: one may be placed at any time, and
// a row of aborted ones must not cost the one that is being made.
const newestKept = 4

func releaseKey(app string, number int) string { return app + "/" + strconv.Itoa(number) }

func (s *State) evolveRelease(data events.Payload) {
	switch d := data.(type) {
	case events.ReleasePlanned:
		s.Releases[releaseKey(d.App, d.Release)] = &Release{App: d.App, Number: d.Release, SpecHash: d.SpecHash, Spec: d.Spec}
		s.prune(d.App)
	case events.ReleasePromoted:
		s.release(d.OfRelease, func(r *Release) { r.Promoted, r.Kept = true, true })
	case events.ReleaseDemoted:
		s.release(d.OfRelease, func(r *Release) { r.Kept = !d.WarmUntil.IsZero() })
	case events.ReleaseCooled:
		s.release(d.OfRelease, func(r *Release) { r.Kept = false })
	case events.AppRetired:
		used := s.used(d.App)
		for key, r := range s.Releases {
			if r.App == d.App && !used[r.Number] {
				delete(s.Releases, key)
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
	for _, i := range s.Instances {
		if i.App == app {
			used[i.Release] = true
		}
	}
	return used
}

// prune forgets an app's releases of which no instance is here and none can be placed any more.
func (s *State) prune(app string) {
	used := s.used(app)
	var numbers []int
	for _, r := range s.Releases {
		if r.App == app {
			numbers = append(numbers, r.Number)
		}
	}
	sort.Sort(sort.Reverse(sort.IntSlice(numbers)))
	for n, number := range numbers {
		key := releaseKey(app, number)
		if n >= newestKept && !used[number] && !s.Releases[key].Kept {
			delete(s.Releases, key)
		}
	}
}
