// Package ratio measures the bus, the loop and the platform against plain JetStream,
// by benchmarks alone: `make measure` runs them and writes what they print.
//
// Promise: ours and the plain client take turns in one run, on servers of the same
// making, with the same bytes and headers; beside each ratio stand the median and the
// 99th percentile of both, how many turns there were, and the fsync of the disk they
// wrote to, measured between the turns.
//
// May assume: whatever uses the machine meanwhile meets both sides alike.
//
// May not assume: that a figure of one machine holds on another. A ratio does, more
// or less; a rate does not. Nothing here ever fails for being slow.
package ratio
