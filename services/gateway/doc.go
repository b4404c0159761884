// Package gateway decides what one gateway serves and says what became of it.
//
// Promise: it says applied only of what its data path has published, and never
// goes back. It opens its listeners after its own joined of this start has come
// back and everything the log then held is applied. An endpoint that was draining
// before its joined never stands in its table; one that drains after it is said to
// be drained when nothing is open to it, with what was cut. What it counts is said
// once: the counts of all its facts add up to what it answered. Of the gateways that
// live one orders a host's certificate, says so before it does, and all serve it.
//
// Hears: route (deployer), pool.changed and endpoint.draining, the leases of gateways
// (registry), itself, and what other gateways say of themselves and of certificates.
// From its driver: what was published, refused, closed, drained and counted, and what
// came of orders, and how endpoints from outside answered its probes.
//
// Says: gateway joined, draining, drained, left; routing applied, refused,
// quiesced; traffic closed, cut, drained; breaker; certificate.
//
// Remembers: of each app its route, hold, pool, the endpoints that drain, what it
// has said applied and the counts it has said; who owns each host and path; of each
// host its certificate and order; which gateways live and with which store key.
//
// Due: the next applied of an app whose pool changed less than AppliedEvery after
// the last one; a breaker; a certificate at two thirds of its life, and at its end.
//
// Fails: a table that cannot be served is refused with the reason and the old one
// stays; it is tried again. Without the log the last table serves on.
package gateway
