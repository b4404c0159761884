// Package contract is the suite that every service.Log must pass: the bus on a real
// server and the simulator's log in memory, so that the simulator cannot flatter
// itself.
//
// Promise: what a decider rests on when it speaks and listens is tested here and in
// no other place.
//
// May assume: open gives an empty log of its own to each test.
//
// May not assume: a clock. A test that needs time to pass belongs to the log's own
// package.
package contract
