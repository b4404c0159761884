// Package breaker judges endpoints by how their requests end.
//
// Promise: five failures in a row, or half of at least twenty requests within ten
// seconds, take an endpoint out; it comes back after exactly three good requests. At
// most half of a pool is out at once, and never the last of it. A state that waits
// for time ends by time, not by the next request.
//
// It has two halves. A Meter stands in the path of the requests, counts and hands out
// the three trials. A Breaker is what has been decided so far; Next is the one
// decision that is missing, a pure function of it, of what the meter has seen and of
// the moment.
//
// Remembers: a Meter the last ten seconds, a Breaker its state. A restart begins
// closed.
//
// Fails: never. The package knows no network, no clock and no chance.
package breaker
