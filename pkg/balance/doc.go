// Package balance chooses one of several endpoints for a request.
//
// Promise: every pick of LeastRequest is a least loaded endpoint at the
// moment of the pick, by construction: the scan and the count are one
// critical section of the ledger. With equal weights and arrivals only,
// loads differ by at most one. Departures may open a gap; no pick widens it.
// RoundRobin keeps the picks of any two endpoints within one of each other
// while the membership stands and nobody is skipped.
//
// Remembers: a Ledger, which outlives balancers, so that a new membership
// goes on with the true loads.
//
// Fails: a pick among nobody returns ok = false. The package knows no
// network, no clock and no chance.
package balance
