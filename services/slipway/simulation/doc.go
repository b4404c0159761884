// Package simulation runs all services of Slipway together on one simulated log: one
// seed, one clock, and crashes, twins, lost answers, cut decisions, delayed nodes,
// parted gateways and failing starts.
//
// Promise: for every seed each service's Check and the whole-system checkers hold at
// every event, and once faults end the platform converges on what was declared. The
// same seed gives the same log, byte for byte.
//
// May not assume: that a virtual gateway finds what a real one would; requests, nodes
// and gateways are models here, the deciders are the real ones.
package simulation
