// Package split sends an exact share of requests to a canary.
//
// Promise: after n requests exactly ⌊n·share⌋ were the canary's, for every n:
// it never exceeds its share, not even for a moment. A new share is a new
// Splitter; the bounds of successive ones add up, and so do those of several
// gateways.
//
// Sticky decides by user under the same cap: the credit of a share is ⌊n·share⌋, and
// nobody is the canary's beyond it.
//
// Remembers: its counters. Fails: never.
package split
