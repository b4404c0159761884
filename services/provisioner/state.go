package provisioner

import (
	"fmt"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// State is the cluster as the provisioner knows it.
type State struct {
	Cluster   string               `json:"cluster"` // id; empty until it is founded
	Level     int                  `json:"level"`   // the newest event level that may be written
	Streams   map[string]*Stream   `json:"streams"` // as last said
	Consumers map[string]*Consumer `json:"consumers"`
	Inbox     service.Inbox        `json:"inbox"`
	Last      service.Cause        `json:"last"`
	Wrong     string               `json:"wrong,omitempty"` // what Check found when it was said

	world service.Soft[world]
	ear   service.Soft[ear]
}

// Stream is a stream as it was last said to be.
type Stream struct {
	Shape   events.StreamShape `json:"shape"`
	Refused []string           `json:"refused,omitempty"` // how it is not as declared
	Last    service.Cause      `json:"last"`
}

// Consumer is an integration that was granted.
type Consumer struct {
	Granted events.ConsumerCreated `json:"granted"`
	At      events.Position        `json:"at"` // of that fact
	Last    service.Cause          `json:"last"`
}

// world is what the hands have found on the server.
type world struct {
	streams map[string]events.StreamShape
	drifts  map[string][]string // how streams are not as declared
	checked bool                // drifts have been looked for

	listed   bool               // the durables have been listed once
	standing map[string]Durable // by name
	absent   map[string]string  // by name: the act that found it gone
	failed   map[string]Failed  // by act
}

func newState(string) *State {
	return &State{Streams: map[string]*Stream{}, Consumers: map[string]*Consumer{}}
}

// keys: there is one key.
func keys(e events.Event) []string {
	switch {
	case e.Kind.IsWish() && e.Kind.Entity == "integration", e.Kind.Owner == Owner && mine[e.Kind.Entity]:
		return []string{key}
	}
	return nil
}

var mine = map[string]bool{"cluster": true, "level": true, "stream": true, "consumer": true}

// evolve folds a fact of its own.
func (s *State) evolve(e events.Event) {
	s.Inbox.Fold(e)
	switch d := e.Data.(type) {
	case events.ClusterFounded:
		s.Cluster, s.Level, s.Last = d.Cluster, max(d.Level, 1), service.CauseOf(e)
	case events.LevelRaised:
		s.raised(d, e)
	case events.StreamCreated:
		s.Streams[d.Stream] = &Stream{Shape: d.StreamShape, Last: service.CauseOf(e)}
	case events.StreamChanged:
		s.Streams[d.Stream] = &Stream{Shape: d.StreamShape, Last: service.CauseOf(e)}
	case events.StreamRefused:
		x := s.Streams[d.Stream]
		if x == nil {
			x = &Stream{}
			s.Streams[d.Stream] = x
		}
		x.Refused, x.Last = d.Differences, service.CauseOf(e)
	case events.ConsumerCreated:
		s.Consumers[d.Consumer] = &Consumer{Granted: d, At: e.Pos, Last: service.CauseOf(e)}
	case events.ConsumerRemoved:
		delete(s.Consumers, d.Consumer)
	}
}

func (s *State) raised(d events.LevelRaised, e events.Event) {
	if d.Level <= s.Level {
		s.Wrong = fmt.Sprintf("level %d raised to %d", s.Level, d.Level)
	}
	s.Level, s.Last = max(s.Level, d.Level), service.CauseOf(e)
}

// sense hears a wish, a lease or the hands.
func (s *State) sense(sig service.Signal, now time.Time) {
	if sig.Wish != nil {
		s.Inbox.Hear(*sig.Wish)
		return
	}
	w := s.world.Get()
	if w.standing == nil {
		w.standing, w.absent, w.failed = map[string]Durable{}, map[string]string{}, map[string]Failed{}
	}
	switch d := sig.Data.(type) {
	case service.Gap:
		s.ear.Get().begin(now)
	case service.Heard:
		s.ear.Get().hear(d, now)
	case Streams:
		w.streams = map[string]events.StreamShape{}
		for _, x := range d.All {
			w.streams[x.Name] = x.Shape
		}
	case Drifts:
		w.drifts, w.checked = d.Of, true
	default:
		w.sense(sig.Data)
	}
}

func (w *world) sense(data any) {
	switch d := data.(type) {
	case Durables:
		w.listed, w.standing = true, map[string]Durable{}
		for _, x := range d.All {
			w.stands(x)
		}
	case Stands:
		w.stands(d.Durable)
	case Absent:
		delete(w.standing, d.Name)
		w.absent[d.Name] = d.Act
	case Failed:
		w.failed[d.Act] = d
	}
}

func (w *world) stands(d Durable) {
	w.standing[d.Name] = d
	delete(w.absent, d.Name)
}
