package inventory

import (
	"time"

	"slipway.dev/events"
)

// Nodes are the nodes that ever joined, by name. The zero Nodes has none.
type Nodes map[string]*Node

// Fold folds what is said of a node's life and of its evacuation. It returns the node that
// is spoken of, nil if none is.
func (ns *Nodes) Fold(e events.Event) *Node {
	if d, joined := e.Data.(events.NodeJoined); joined {
		return ns.join(d, e.At())
	}
	if l, heard, ok := LeaseOf(e); ok {
		return ns.lease(l, heard, e)
	}
	if e.Kind.Entity != "node" && e.Kind.Entity != "evacuation" {
		return nil
	}
	n := (*ns)[e.Data.About().Place]
	if n != nil {
		n.fold(e)
	}
	return n
}

func (ns *Nodes) join(d events.NodeJoined, now time.Time) *Node {
	if *ns == nil {
		*ns = Nodes{}
	}
	(*ns)[d.Node] = (*ns)[d.Node].join(d, now)
	return (*ns)[d.Node]
}

func (ns *Nodes) lease(l events.Lease, alive bool, e events.Event) *Node {
	if l.Kind != "node" {
		return nil
	}
	n := (*ns)[l.Name]
	if n != nil {
		n.lease(alive, e)
	}
	return n
}

// LeaseOf is the lease a fact speaks of, and whether its holder is heard by that.
func LeaseOf(e events.Event) (l events.Lease, heard, ok bool) {
	switch d := e.Data.(type) {
	case events.LeaseGranted:
		return d.Lease, true, true
	case events.LeaseResumed:
		return d.Lease, true, true
	case events.LeaseLapsed:
		return d.Lease, false, true
	case events.LeaseReleased:
		return d.Lease, false, true
	}
	return events.Lease{}, false, false
}
