package node

import (
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/drill"
)

// participant is a node's name among participants.
func participant(name string) string { return owner + "-" + name }

// terms are what the node says of itself when it is asked for a drill.
func (c Config) terms(s *State) drill.Terms {
	return drill.Terms{
		Of: events.OfDrill{Participant: participant(s.Name), Place: s.Name}, Boot: s.Incarnation, Obeys: c.Drills,
		Can: func(d events.Drill) (int, string, string) { return c.can(s, d) },
	}
}

// can tells which try of an instance a drill would harm, or why none.
func (c Config) can(s *State, d events.Drill) (try int, cause, words string) {
	switch d.Kind {
	case events.DrillKillNode:
		if !c.Alone {
			return 0, "one-process", "the agent shares its process with other participants"
		}
		return 0, "", ""
	case events.DrillKillInstance, events.DrillSlowInstance:
	default:
		return 0, "unknown", "a node knows no drill " + d.Kind
	}
	i, here := s.Instances[d.Instance]
	switch {
	case !here || !i.up() || i.Withdrawn != nil:
		return 0, "unknown", d.Instance + " does not run here, or is on its way out"
	case d.Kind == events.DrillSlowInstance && (d.ForMs == 0 || d.DelayMs == 0):
		return 0, "invalid", "slow for how long, and by how much?"
	}
	return i.Try, "", ""
}

// drill is what the hands must be doing. Who leaves, or was started anew, is left alone.
func (s *State) drill() (act Drill, on bool) {
	x := s.Drills.Acting(s.Incarnation)
	if x == nil {
		return act, false
	}
	if id := x.Drill.Instance; id != "" {
		if i := s.Instances[id]; i == nil || !i.up() || i.Withdrawn != nil || i.Try != x.Try {
			return act, false
		}
	}
	return Drill{
		ID: x.ID, Kind: x.Drill.Kind, Instance: x.Drill.Instance, Try: x.Try,
		Delay: time.Duration(x.Drill.DelayMs) * time.Millisecond, Until: x.Until,
	}, true
}
