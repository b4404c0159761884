package deployer

import (
	"maps"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// Move is what a drain would do with one instance of a node.
type Move struct {
	Instance string
	App      string
	To       string // the node it would go to now; empty: none, or it leaves for good
	Lacks    string // why it cannot go
	PerNode  bool   // it runs once on every node: it leaves last, and goes nowhere
}

// Moves are what a drain of a node would do now. The cluster is left as it is.
func (c *Cluster) Moves(node string) (moves []Move) {
	n := c.Nodes[node]
	if n == nil {
		return nil
	}
	closed, after := *n, *c
	closed.Cordoned, closed.leaving = true, true
	after.Nodes = maps.Clone(c.Nodes)
	after.Nodes[node] = &closed
	b := newBoard(&after)
	for _, id := range service.Sorted(c.On[node]) {
		q := c.Requests[id]
		m := Move{Instance: id, App: q.App, PerNode: q.PerNode}
		volume := q.single()
		switch {
		case q.Withdrawn:
			continue
		case q.PerNode, q.Role == events.RoleHook: // it goes, or ends, by itself
		case volume != "":
			m.Lacks = "its volume " + volume + " lives on " + node
		default:
			m.To, m.Lacks = b.place(&Request{AssignmentRequested: q.AssignmentRequested})
			if m.Lacks != "" && !c.others(node) {
				m.Lacks = "there is no other node"
			}
		}
		moves = append(moves, m)
	}
	return moves
}

// others tells whether there is a node beside one.
func (c *Cluster) others(node string) bool {
	for name, n := range c.Nodes {
		if name != node && !n.gone() {
			return true
		}
	}
	return false
}
