// Package deployer decides what of an app shall run and who gets its requests: one key an
// app. Its service runs the placer beside it (services/deployer/placer), which decides where;
// what both know of the nodes is services/deployer/inventory.
//
// # Promise
//
// Capacity before traffic: a release's share rises only as far as its available
// instances carry it. Traffic before stop: an instance is withdrawn only when what
// serves without it is enough. An abort is total. At most one release of an app is
// live. What a drained node had serves elsewhere before it goes, unless time or a person
// forces it.
// An app that speaks HTTP has a port for the calls of other apps, its own for life and a
// day longer.
//
// # Hears
//
// Wishes about apps; node.*, lease.*, instance.* and placement.* for what runs; evacuation.*
// for what leaves its node;
// pool.changed, settlement.reached and endpoint.drained for what is routed;
// routing.applied and traffic.* for what was counted. Load windows, for what is measured
// of a release that is judged.
//
// # Says
//
// app.*, release.*, analysis.*, route.*, assignment.*.
//
// # Remembers
//
// Of each app: its declaration, the releases within its history, its route, its
// instances that have not ended, where its volumes live. Of each node: what it has, whether
// it gets something new, how far it is emptied.
//
// # Due
//
// minReady, a release's deadline, revert, a timed pause, an interval without windows, the
// end of a bake and of warmth, the back-off of a replacement; a drain's deadline.
//
// # Fails
//
// With a refusal that lists every reason, or an abort that returns to what served.
package deployer
