// Package metrics turns the samples of gateways and nodes into load windows: what each
// release of an app answered, second by second. It is metrics in its smallest form,
// without a store. It has one key.
//
// Promise: a window is closed once and stored once, however many copies run: its id
// names its app, release and beginning. It is complete only if every gateway that counts
// has told up to its end. Nothing is said on the log.
//
// Hears: gateway joined and left (gateway), lease granted, resumed, lapsed and
// pool.changed (registry), release.planned, route.shifted and app.retired (deployer).
// Samples of gateways and nodes, and the windows that the stream has, its own and those
// of other copies.
//
// Says: nothing but its voice's words. Windows are hearsay.
//
// Remembers: which gateways hold a lease; of each app its releases, how many instances
// of each are ready, and what one may use. What was measured is read back after a start.
//
// Due: the end of patience with a gateway that has not told up to a second.
//
// Fails: without it there are no windows, and whoever judges by them holds. While the bus
// is away windows wait, up to MaxWaiting and for Stale; then they are dropped.
package metrics
