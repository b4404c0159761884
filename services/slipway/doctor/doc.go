// Package doctor looks at a cluster and at this machine and says what is not well,
// with a remedy for each.
//
// Promise: it changes nothing. Checks come in one order, the local ones first where
// no cluster answers. A check whose part is not in this version is skipped by name.
//
// Due: a few seconds, most of it the wait for leases.
package doctor
