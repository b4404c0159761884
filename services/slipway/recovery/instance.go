package recovery

import (
	"time"

	"slipway.dev/events"
)

// What GUARANTEES promises beside the app's own times.
const (
	FoundWithin   = time.Second // row 1: drift is found
	StartedWithin = time.Second // row 13: a dead instance, beside its start and the back-off its app asks for
	Slack         = time.Second // rows 9 and 13: a silent node or gateway is out of the tables, beside its lease
)

// KillInstance is the recovery of an instance whose processes are killed; start is what
// its release takes from starting to ready.
func KillInstance(injected time.Time, instance string, start time.Duration) *Watch {
	ready := &Step{What: "ready again", Bound: StartedWithin + start, After: Injection}
	found := false
	ready.done = func(e events.Event) bool {
		switch d := e.Data.(type) {
		case events.InstanceBackingOff:
			if d.Instance == instance && found {
				ready.Bound += max(0, d.Until.Sub(e.At()))
			}
		case events.InstanceExited:
			found = found || d.Instance == instance
		case events.InstanceReady:
			return found && d.Instance == instance
		}
		return false
	}
	return &Watch{Injected: injected, Steps: []*Step{
		{What: "found", Bound: FoundWithin, After: Injection, done: func(e events.Event) bool {
			d, ok := e.Data.(events.InstanceExited)
			return ok && d.Instance == instance
		}},
		ready,
	}}
}

// SlowInstance is what becomes of an instance that answers slowly for a while; silent is
// how long its ready check may take to tell, back how long to tell that it is fast again.
func SlowInstance(injected time.Time, instance, participant string, silent, back time.Duration) *Watch {
	out := false
	return &Watch{Injected: injected, Steps: []*Step{
		{What: "taken out by its ready check", Bound: silent, After: Injection, Loose: true, done: func(e events.Event) bool {
			d, ok := e.Data.(events.InstanceUnready)
			return ok && d.Instance == instance
		}},
		{What: "fast again", After: Injection, done: ended(participant)},
		{What: "serves again", Bound: back, After: 1, done: func(e events.Event) bool {
			switch d := e.Data.(type) {
			case events.InstanceUnready:
				out = out || d.Instance == instance
			case events.InstanceExited:
				out = out || d.Instance == instance
			case events.InstanceReady:
				out = out && d.Instance != instance
			}
			return !out
		}},
	}}
}

// ended is the end of a participant's drill.
func ended(participant string) func(events.Event) bool {
	return func(e events.Event) bool {
		d, ok := e.Data.(events.DrillEnded)
		return ok && d.Participant == participant
	}
}
