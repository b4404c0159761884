package node

import (
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/drill"
	"slipway.dev/pkg/service"
)

// State is what a node knows of itself: the fold of its placements and of its own words.
type State struct {
	Name        string                 `json:"name"`
	Incarnation int                    `json:"incarnation"` // of the last joined
	Nonce       string                 `json:"nonce"`       // of the last joined
	Said        events.NodeDescription `json:"said"`
	Left        bool                   `json:"left,omitempty"`
	Last        service.Cause          `json:"last"`

	Instances map[string]*Instance `json:"instances"`          // by id, until they end
	Extras    map[string]*Extra    `json:"extras,omitempty"`   // by id: they run and nobody wants them
	Releases  map[string]*Release  `json:"releases,omitempty"` // by app/number: what instances are made of
	NextPort  int                  `json:"nextPort"`           // allotted next, so that a port rests before it is used again
	Drills    drill.Book           `json:"drills"`             // failures it is asked for

	world service.Soft[world]
	rows  service.Soft[rows]
	index service.Soft[byApp]
}

// Extra is a running instance without a placement.
type Extra struct {
	App   string        `json:"app"`
	Since time.Time     `json:"since"`
	Last  service.Cause `json:"last"`

	Accepted bool `json:"accepted,omitempty"` // its app wants it left alone
}

func newState(key string) *State {
	return &State{
		Name: key, NextPort: firstPort,
		Instances: map[string]*Instance{}, Extras: map[string]*Extra{}, Releases: map[string]*Release{},
	}
}

// joined tells that the word of this boot has come back.
func (s *State) joined() bool {
	b := s.world.Get().boot
	return b != nil && b.Nonce == s.Nonce
}

func (s *State) evolve(e events.Event) {
	s.stir(e)
	s.Drills.Evolve(e)
	switch d := e.Data.(type) {
	case events.NodeJoined:
		s.Incarnation, s.Nonce, s.Said, s.Left, s.Last = d.Incarnation, d.Nonce, d.NodeDescription, false, service.CauseOf(e)
		s.beginAt(d.FirstPort)
	case events.NodeChanged:
		s.Said, s.Last = d.NodeDescription, service.CauseOf(e)
	case events.NodeLeft:
		s.Left = true
	case events.ReleasePlanned, events.ReleaseUnchanged, events.ReleasePromoted, events.ReleaseDemoted, events.ReleaseCooled, events.AppRetired:
		s.evolveRelease(d)
	case events.PlacementPlaced:
		if s.Instances[d.Instance] == nil {
			into(s.apps().instances, d.App, d.Instance)
			s.Instances[d.Instance] = placed(d, e)
			s.rows.Get().add(d.Instance, s.Instances[d.Instance])
		}
	case events.DriftFound:
		s.evolveFound(d, e)
	case events.DriftRepaired:
		delete(s.Extras, d.Instance)
		s.instance(d.Instance, e, func(i *Instance) { i.Drift = time.Time{} })
	case events.DriftAccepted:
		if x := s.Extras[d.Instance]; x != nil && d.Kind == driftExtra {
			x.Accepted = true
		}
		s.instance(d.Instance, e, func(i *Instance) { i.Drift, i.Accepted = time.Time{}, true })
	case events.DriftRepairFailed:
		s.instance(d.Instance, e, func(i *Instance) { i.Drift = time.Time{} })
	default:
		s.evolveWanted(e)
		s.evolveIntent(e)
		s.evolveSensed(e)
	}
}

func (s *State) evolveFound(d events.DriftFound, e events.Event) {
	if d.Kind == driftExtra {
		s.Extras[d.Instance] = &Extra{App: d.App, Since: e.Time, Last: service.CauseOf(e)}
		return
	}
	s.instance(d.Instance, e, func(i *Instance) { i.Drift, i.Found = e.Time, true })
}

// instance folds a fact into an instance there is, and keeps it as the cause of what follows.
func (s *State) instance(id string, e events.Event, fold func(*Instance)) {
	if i, ok := s.Instances[id]; ok {
		fold(i)
		i.Last = service.CauseOf(e)
		s.rows.Get().touch(id)
	}
}

// end forgets an instance that ended, and its release if nothing else needs it.
func (s *State) end(id string) {
	i, ok := s.Instances[id]
	if !ok {
		return
	}
	outOf(s.apps().instances, i.App, id)
	delete(s.Instances, id)
	s.rows.Get().drop(id)
	s.prune(i.App)
}

// spec is what an instance is made of; nil while its release was not heard.
func (s *State) spec(i *Instance) *events.Spec {
	r, ok := s.Releases[releaseKey(i.App, i.Release)]
	if !ok || i.SpecHash != "" && r.SpecHash != i.SpecHash {
		return nil
	}
	return &r.Spec
}
