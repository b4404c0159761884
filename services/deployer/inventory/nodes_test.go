package inventory

import (
	"testing"
	"time"

	"slipway.dev/events"
)

var began = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// hear folds a payload as its owner would have said it.
func (ns *Nodes) hear(p events.Payload, after time.Duration) *Node {
	return ns.Fold(events.Event{Kind: events.KindOf(p), Time: began.Add(after), Data: p})
}

func joined(boot int) events.NodeJoined {
	return events.NodeJoined{OfNode: events.OfNode{Node: "n1"}, Incarnation: boot, NodeDescription: events.NodeDescription{Drivers: []string{"process"}}}
}

func lease() events.Lease { return events.Lease{Kind: "node", Name: "n1"} }

func TestWhatPeopleSaidOfANodeOutlivesItsBoot(t *testing.T) {
	var ns Nodes
	ns.hear(joined(1), 0)
	ns.hear(events.EvacuationStarted{
		OfEvacuation: events.OfEvacuation{Node: "n1"}, Cause: events.EvacuationDrain, Drain: events.Drain{DeadlineMs: 60_000},
	}, time.Second)
	n := ns.hear(joined(2), 2*time.Second)
	if n != ns["n1"] || n.Boot != 2 || !n.Draining() || !n.Cordoned || n.Open() || !n.Evacuation.Until.Equal(began.Add(61*time.Second)) {
		t.Errorf("after its second boot: %+v, evacuation %+v", n, n.Evacuation)
	}
}

func TestANodeThatWasGivenUpIsThereOnceItIsHeard(t *testing.T) {
	var ns Nodes
	homes := Homes{}
	homes.Settle("web/data", "n1")
	homes.Settle("web/data", "n2")
	homes.Settle("shop/data", "n2")
	n := ns.hear(joined(1), 0)
	ns.hear(events.LeaseLapsed{Lease: lease()}, time.Second)
	removal := events.EvacuationFinished{OfEvacuation: events.OfEvacuation{Node: "n1"}, Cause: events.EvacuationRemoval}
	ns.hear(removal, 2*time.Second)
	homes.Fold(events.Event{Data: removal})
	if !n.Gone() || n.Open() || len(homes) != 1 || homes["shop/data"] != "n2" {
		t.Errorf("given up: %+v, homes %v", n, homes)
	}
	ns.hear(events.LeaseResumed{Lease: lease()}, 3*time.Second)
	if n.Gone() || !n.Open() {
		t.Errorf("heard again: %+v", n)
	}
	ns.hear(events.NodeLeft{OfNode: events.OfNode{Node: "n1"}}, 4*time.Second)
	if ns.hear(events.LeaseResumed{Lease: lease()}, 5*time.Second); !n.Gone() || n.Alive {
		t.Errorf("it left by its own word: %+v", n)
	}
}

func TestWhatIsSaidOfNobodyHereChangesNothing(t *testing.T) {
	var ns Nodes
	for _, p := range []events.Payload{
		events.LeaseGranted{Lease: lease()}, events.NodeLeft{OfNode: events.OfNode{Node: "n1"}},
		events.LeaseGranted{Lease: events.Lease{Kind: "gateway", Name: "n1"}},
	} {
		if n := ns.hear(p, 0); n != nil || len(ns) != 0 {
			t.Errorf("%T: %v", p, ns)
		}
	}
}
