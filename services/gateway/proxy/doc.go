// Package proxy is the gateway's data path for HTTP and TCP: an engine that a driver
// feeds with routes and pools and that tells the driver what became of them.
//
// Promise: a switch of releases or endpoints loses no request. Apply
// publishes the new table before it closes a gate; a request that meets a
// closed gate loads the table again; an endpoint is reported drained when
// its last request and its last stream have ended, or have been cut at the
// drain deadline and counted as cut. A request is sent twice only where the
// first endpoint cannot have served it: nothing written, or an idempotent
// method and no byte of an answer. Nothing is retried after the first byte.
//
// Hears: Apply and Remove, one app at a time, from the driver. It knows no
// bus, no events and no decider.
//
// Says: through Events (closed, drained, quiesced) and Observer (attempts,
// answers); Counts gives requests and failures by release.
//
// Remembers: one immutable Table behind an atomic pointer, loaded once per
// request; Save and Load keep what it was built from in a file.
//
// Due: drain deadlines, request timeouts, and one TCP connect before the
// first request to a new endpoint.
//
// Fails: an Apply that cannot hold is a *Refused with its reason, and the
// old table serves on. A request that cannot be served gets an answer with
// the header Slipway-Error; an answer that breaks midway is cut.
package proxy
