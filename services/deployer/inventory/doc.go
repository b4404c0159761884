// Package inventory is what the app decider and the placer both know of the machines:
// which nodes there are, how each is, and on which of them a volume lives. It is a fold
// without a decision.
//
// # Promise
//
// A new boot of a node keeps what people said of it. A node that was given up is there
// again once it is heard. A volume has the node of its first placement until that node is
// given up for good.
//
// # Hears
//
// node.*, leases of nodes, evacuation.*; of placement.placed its volumes.
//
// # Says
//
// Nothing.
//
// # Remembers
//
// What each decider keeps of it in a state of its own.
//
// # Fails
//
// Never: what no rule allows changes nothing.
package inventory
