// Package deployer decides what of an app shall run and who gets its requests. It
// holds two deciders: deployer, one key an app, and placer, one key for the cluster.
//
// # Promise
//
// Capacity before traffic: a release's share rises only as far as its available
// instances carry it. Traffic before stop: an instance is withdrawn only when what
// serves without it is enough. An abort is total. At most one release of an app is
// live. A volume that stays has one node, and a single one is one instance's at a time.
// A drained node is empty by its own word; what it had served elsewhere before it went,
// unless time or a person forced it. A lost node's instances are given up once.
// An app that speaks HTTP has a port for the calls of other apps, its own for life and a
// day longer.
//
// # Hears
//
// Wishes about apps and nodes; leases of nodes; node.*, lease.*, instance.* and placement.* for what runs;
// pool.changed, settlement.reached and endpoint.drained for what is routed;
// routing.applied and traffic.* for what was counted. Load windows, for what is measured
// of a release that is judged.
//
// # Says
//
// app.*, release.*, analysis.*, route.*, assignment.* (deployer); placement.* and evacuation.*
// (placer).
//
// # Remembers
//
// Of each app: its declaration, the releases within its history, its route, its
// instances that have not ended, where its volumes live. Of each node: what it has, what
// is reserved there, whether it gets something new, how far it is emptied.
//
// # Due
//
// minReady, a release's deadline, revert, a timed pause, an interval without windows, the
// end of a bake and of warmth, the back-off of a replacement; a drain's deadline; when a
// silent node counts as lost.
//
// # Fails
//
// With a refusal that lists every reason, or an abort that returns to what served.
package deployer
