// Package cli is the command line: a reader of the log and a maker of wishes. Each
// verb is a file; root.go lists them.
//
// Promise: the exit status says whether the person's intention is now true; stdout
// carries the result and nothing else; without a terminal nothing is asked; a read is
// true at least of the log's last sequence at the moment it was asked; an error has a
// code of package fault, and with -o json the document says the same.
//
// Hears: SLIPWAY_EVENTS, folded by package view with the services' own machines;
// SLIPWAY_LOGS, SLIPWAY_WISHES and leases where a verb shows them.
//
// Says: one wish for each verb that changes something, and never a fact.
//
// Fails: when a cluster does not answer within five seconds (SLW-C003). Ctrl-C and
// --timeout detach only: what was wished goes on.
package cli
