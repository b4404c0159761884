package inventory

import "slipway.dev/events"

// Nodes are the nodes that ever joined, by name. The zero Nodes has none.
type Nodes map[string]*Node

// Fold folds what is said of a node's life and of its evacuation. It returns the node that
// is spoken of, nil if none is.
func (ns *Nodes) Fold(e events.Event) *Node {
	switch d := e.Data.(type) {
	case events.NodeJoined:
		if *ns == nil {
			*ns = Nodes{}
		}
		(*ns)[d.Node] = (*ns)[d.Node].join(d, e.At())
		return (*ns)[d.Node]
	case events.LeaseGranted:
		return ns.lease(d.Lease, true, e)
	case events.LeaseResumed:
		return ns.lease(d.Lease, true, e)
	case events.LeaseLapsed:
		return ns.lease(d.Lease, false, e)
	case events.LeaseReleased:
		return ns.lease(d.Lease, false, e)
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
