// Package plane puts the participants together: all of them in one process for
// `slipway dev`, some of them for `slipway run`.
//
// Promise: a data folder has one owner at a time; what Dev says is ready is ready,
// each part of it asked; a participant that ends with an error is started again, the
// others run on; a clean end takes at most five seconds.
//
// Remembers: below the data folder nats/ (the log), node/ (workloads), gateway/ (the
// last table), of node and gateway a snapshot each; of the other services it lies in
// the bus.
//
// Fails: SLW-C005 an address in use, SLW-C006 the folder has an owner, SLW-C007 the
// context belongs to a running cluster, SLW-C008 the log is newer than this binary.
package plane
