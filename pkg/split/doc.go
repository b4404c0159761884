// Package split sends an exact share of requests to a canary.
//
// Promise: after n requests exactly ⌊n·share⌋ were the canary's, for every n:
// it never exceeds its share, not even for a moment. A new share is a new
// Splitter; the bounds of successive ones add up, and so do those of several
// gateways.
//
// Remembers: one counter. Fails: never.
package split
