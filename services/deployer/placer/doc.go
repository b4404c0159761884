// Package placer decides on which node an instance runs, and empties nodes. It is a decider
// with one key, the cluster, so that nothing is given twice; package deployer runs it beside
// the app decider.
//
// # Promise
//
// No port, no single volume and no capacity of a node is given twice. A volume that stays has
// one node. The choice is a pure function of the cluster and the request, so twins choose
// alike; what has no place is told what each node lacks, once. A drained node is empty by its
// own word. A lost node's instances are given up once, and only by an ear that has listened
// for itself.
//
// # Hears
//
// Wishes about nodes; leases of nodes. assignment.* of the deployer for what is wanted; node.*,
// lease.* and how instances end for what is there; gateways, for an app that calls others has
// to run beside one.
//
// # Says
//
// placement.* and evacuation.*.
//
// # Remembers
//
// Of each instance that has not ended: what it asks for, its node, what stands in its place.
// Of each node: what it has, what is reserved there, whether it gets something new, how far it
// is emptied. Where volumes live. When it heard which node is forgotten with the process.
//
// # Due
//
// When a silent node counts as lost; a drain's deadline.
//
// # Fails
//
// With placement.blocked or evacuation.blocked, which count what is lacking; a wish that cannot
// be with evacuation.refused.
package placer
