// Package guarantees measures what the platform promises, by what it keeps anyway: the
// log, and what gateways count. Rows is the table of it; docs/GUARANTEES.md holds the
// same one.
//
// Promise: pure: the same facts give the same figures. A figure is honest or absent: too
// few samples are no verdict, and what this version cannot measure is named with the part
// it waits for. A bound beside an app's own times (its start, its back-off) is measured
// without them, so that no slow app hides a slow platform, and none is blamed for it.
//
// Hears: the kinds HearsKind names, in order, from any place in the log on: what rests on
// facts before it is not judged. Batches of gateways' samples, those that are kept.
//
// Remembers: of each row the samples that broke it, and of percentiles every sample.
//
// May assume: all times are the log's own, when a fact was stored: one clock.
package guarantees
