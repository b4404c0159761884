// Package deployer decides what of an app shall run and who gets its requests. It
// holds two deciders: deployer, one key an app, and placer, one key for the cluster.
//
// # Promise
//
// Capacity before traffic: a release's share rises only as far as its available
// instances carry it. Traffic before stop: an instance is withdrawn only when what
// serves without it is enough. An abort is total. At most one release of an app is
// live. A volume that stays has one node, and a single one is one instance's at a time.
//
// # Hears
//
// Wishes about apps; node.*, lease.*, instance.* and placement.* for what runs;
// pool.changed, settlement.reached and endpoint.drained for what is routed;
// routing.applied and traffic.* for what was counted.
//
// # Says
//
// app.*, release.*, route.*, assignment.* (deployer); placement.* (placer).
//
// # Remembers
//
// Of each app: its declaration, the releases within its history, its route, its
// instances that have not ended, where its volumes live.
//
// # Due
//
// minReady, a release's deadline, revert, a timed pause, the end of warmth, the
// back-off of a replacement.
//
// # Fails
//
// With a refusal that lists every reason, or an abort that returns to what served.
package deployer
