// Package services is the street on which the participants live, one folder each.
// It holds no code; its tests are the rules of the house, which go over every
// module: who imports whom, what a decider may touch, who may publish, and whether
// the documents name what is there.
//
// Promise: a folder with a promise.go is a decider: pure, without a clock, a network
// or a goroutine. No participant imports another.
//
// May not assume: that the test cache notices a change in another module. `make
// check` runs these tests anew each time.
package services
