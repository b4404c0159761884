// Package acme orders certificates of an authority that speaks ACME (RFC 8555), by
// the challenge http-01.
//
// Promise: an order proves the host by a challenge whose answer needs the account's
// thumbprint alone, so whoever is asked can give it. A key never leaves the process
// but in what Obtain returns.
//
// Fails: an order that is refused, or not done within OrderMax, is an error with the
// authority's own words. Nothing is ordered again here: when is a decision.
package acme
