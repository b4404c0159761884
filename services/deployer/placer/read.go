package placer

import (
	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// What a reader of the fold asks: the command line shows it, nobody decides by it.

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
	if c.Nodes[node] == nil {
		return nil
	}
	b := newBoard(c)
	b.leaving = node
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
		if name != node && !n.Gone() {
			return true
		}
	}
	return false
}

// Places tells for each ask the node the placer would give it now, or what all of
// them lack. The cluster is left as it is.
func (c *Cluster) Places(asks []events.AssignmentRequested) (nodes map[string]string, lacks string) {
	b, nodes := newBoard(c), map[string]string{}
	for _, ask := range asks {
		node, why := b.place(&Request{AssignmentRequested: ask})
		if node == "" {
			lacks = why
			continue
		}
		nodes[ask.Instance] = node
	}
	return nodes, lacks
}
