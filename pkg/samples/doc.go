// Package samples counts what a process does and packs it into batches of samples.
//
// Promise: counting takes no lock and no memory; a counter and a histogram never
// fall while their process lives. A batch keeps the limits of events.Samples, numbers
// rise by one without a hole, and what was dropped is told by the next batch. A take
// holds what has changed since the one before; every minute it holds everything, so
// that whoever begins to listen knows all within that time. Each tick is told, also
// where nothing has changed.
//
// Remembers: the last values told; while nobody takes batches, ticks in a ring whose
// oldest are dropped.
//
// May assume: one goroutine takes and records; any number count.
//
// May not assume: that a batch is kept. Values are cumulative, so losing one costs
// detail and no sum.
package samples
