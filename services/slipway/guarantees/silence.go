package guarantees

import (
	"time"

	"slipway.dev/events"
)

// silences is how soon a holder that is silent is called so: row 9. What the brake held
// is not late: mass silence is not believed.
type silences struct {
	on       int       // brakes that are engaged
	released time.Time // when the last one was
}

func (s *silences) hear(f *Fold, e events.Event) {
	switch d := e.Data.(type) {
	case events.BrakeEngaged:
		s.on++
	case events.BrakeReleased:
		s.on, s.released = max(0, s.on-1), e.At()
	case events.LeaseLapsed:
		silent := time.Duration(d.SilentMs) * time.Millisecond
		if s.on > 0 || e.At().Add(-silent).Before(s.released) {
			return
		}
		f.late(silence, "", e.At(), silent-ttlOf(d), e.Pos.Seq)
	}
}

func ttlOf(d events.LeaseLapsed) time.Duration {
	if d.TTLMs == 0 {
		return events.LeaseTTL
	}
	return time.Duration(d.TTLMs) * time.Millisecond
}

func (*silences) standing(*Fold, time.Time) {}

// losses are instances of lost nodes, until as many are placed elsewhere: row 13.
type losses struct {
	lapsed map[string]events.LeaseLapsed // by node
	when   map[string]time.Time          // of its last word, by node
	of     map[string]releaseKey         // by instance
	lost   map[releaseKey][]loss
}

// loss is an instance that was given up with its node.
type loss struct {
	since  time.Time     // the node's last word
	longer time.Duration // of its lease than one server's
}

func newLosses() *losses {
	return &losses{map[string]events.LeaseLapsed{}, map[string]time.Time{}, map[string]releaseKey{}, map[releaseKey][]loss{}}
}

func (l *losses) hear(f *Fold, e events.Event) {
	switch d := e.Data.(type) {
	case events.LeaseLapsed:
		if d.Kind == "node" {
			l.lapsed[d.Name], l.when[d.Name] = d, e.At().Add(-time.Duration(d.SilentMs)*time.Millisecond)
		}
	case events.LeaseResumed:
		if d.Kind == "node" {
			delete(l.lapsed, d.Name)
		}
	case events.PlacementEvacuated:
		lapse, silent := l.lapsed[d.Node]
		if key, known := l.of[d.Instance]; known && silent && d.Cause == events.EvacuationLost {
			l.lost[key] = append(l.lost[key], loss{l.when[d.Node], max(0, ttlOf(lapse)-events.LeaseTTL)})
		}
		delete(l.of, d.Instance)
	case events.InstanceStopped:
		delete(l.of, d.Instance)
	case events.ReleasePlanned: // what is placed from now on may be another release's
		for key := range l.lost {
			if key.app == d.App {
				delete(l.lost, key)
			}
		}
	case events.PlacementPlaced:
		l.placed(f, d, e)
	}
}

func (l *losses) placed(f *Fold, d events.PlacementPlaced, e events.Event) {
	key := releaseKey{d.App, d.Release}
	l.of[d.Instance] = key
	if all := l.lost[key]; len(all) > 0 {
		l.lost[key] = all[1:]
		f.late(nodeReplaced, d.App, e.At(), e.At().Sub(all[0].since)-all[0].longer, e.Pos.Seq)
	}
}

func (*losses) standing(*Fold, time.Time) {}
