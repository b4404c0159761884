package view

import (
	"testing"

	"slipway.dev/events"
)

// Each state a node can be in, as one story of it, and why it is shown so.
func TestStatesOfANode(t *testing.T) {
	s, of := newStory(t), events.OfEvacuation{Node: "n1"}
	lease := events.Lease{OfHolder: events.OfHolder{Holder: "node-n1"}, Kind: "node", Name: "n1", Incarnation: 1}
	for _, step := range []struct {
		reason     string
		fact       events.Payload
		state, why string
	}{
		{"agent started", events.NodeJoined{OfNode: events.OfNode{Node: "n1"}, Incarnation: 1}, "ready", ""},
		{"slow disk", events.EvacuationCordoned{OfEvacuation: of}, "cordoned", "slow disk"},
		{"silent for 3 s", events.LeaseLapsed{Lease: lease}, "suspect", "silent for 3 s"},
		{"heard", events.LeaseResumed{Lease: lease}, "cordoned", "slow disk"},
		{"new kernel", events.EvacuationStarted{OfEvacuation: of, Cause: events.EvacuationDrain}, "draining", "new kernel"},
		{"", events.EvacuationBlocked{OfEvacuation: of, Instance: "web-1-a1", Lacks: "no room"}, "draining", "new kernel; web-1-a1: no room"},
		{"enough", events.EvacuationCancelled{OfEvacuation: of, Cordoned: true}, "cordoned", "enough"},
		{"again", events.EvacuationStarted{OfEvacuation: of, Cause: events.EvacuationDrain}, "draining", "again"},
		{"2 moved", events.EvacuationFinished{OfEvacuation: of, Cause: events.EvacuationDrain}, "drained", "2 moved"},
		{"opened", events.EvacuationUncordoned{OfEvacuation: of}, "ready", ""},
		{"silent for 3 s", events.LeaseLapsed{Lease: lease}, "suspect", "silent for 3 s"},
		{"silent for 13 s", events.EvacuationStarted{OfEvacuation: of, Cause: events.EvacuationLost}, "lost", "silent for 13 s"},
		{"", events.EvacuationBlocked{OfEvacuation: of, Instance: "db-1-a1", Lacks: "its volume lives here"}, "lost", "silent for 13 s; db-1-a1: its volume lives here"},
		{"heard", events.LeaseResumed{Lease: lease}, "lost", "silent for 13 s; db-1-a1: its volume lives here"},
		{"heard again", events.EvacuationFinished{OfEvacuation: of, Cause: events.EvacuationReturned}, "ready", ""},
		{"silent", events.LeaseLapsed{Lease: lease}, "suspect", "silent"},
		{"lost", events.EvacuationStarted{OfEvacuation: of, Cause: events.EvacuationLost}, "lost", "lost"},
		{"it burnt", events.EvacuationFinished{OfEvacuation: of, Cause: events.EvacuationRemoval}, "gone", "it burnt"},
		{"heard", events.LeaseResumed{Lease: lease}, "ready", ""},
		{"told to leave", events.NodeLeft{OfNode: events.OfNode{Node: "n1"}}, "gone", "told to leave"},
		{"agent started", events.NodeJoined{OfNode: events.OfNode{Node: "n1"}, Incarnation: 2}, "ready", ""},
	} {
		s.say(step.reason, step.fact)
		if n := s.log.Nodes(nil, events.LeaseTTL)[0]; n.State != step.state || n.Reason != step.why {
			t.Errorf("%s: %s (%s), want %s (%s)", s.last.Kind.Name(), n.State, n.Reason, step.state, step.why)
		}
	}
}
