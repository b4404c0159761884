// Package balance chooses one of several endpoints for a request.
//
// Promise: every pick of LeastRequest is a least loaded endpoint at the
// moment of the pick, by construction: the scan and the count are one
// critical section of the ledger. With equal weights and arrivals only,
// loads differ by at most one. Departures may open a gap; no pick widens it.
// RoundRobin keeps the picks of any two endpoints within one of each other
// while the membership stands and nobody is skipped.
//
// Weighted keeps every member within one request of its exact share at every request,
// nobody being skipped. Hash never loads a member beyond a quarter above the mean, and
// moves a leaving member's keys only. TwoChoices draws by a seeded source.
//
// With least-request and p2c a member that has just come takes a tenth of the requests it
// would have, and all of them after RampFor.
//
// Remembers: a Ledger, which outlives balancers, so that a new membership
// goes on with the true loads.
//
// Fails: a pick among nobody returns ok = false. The package knows no
// network, no clock and no chance.
package balance
