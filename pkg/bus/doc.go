// Package bus is the one package that knows NATS JetStream: it keeps the log, says
// facts into it and reads them back.
//
// Promise: an event is stored at most once; a guarded append is stored only behind
// the last fact the writer has folded; an unclear outcome is read back from the
// stream's leader before anyone is told "conflict"; a reader gets every stored
// message once, in order, and resumes by itself after an outage.
//
// Bounds: eight appends in flight, never two under one guard; a Say whose outcome
// is unclear for a second is given up and never sent later; a reader holds at most
// 5,000 messages of two pulls, one in a convoy eight times 256 messages or 1 MiB,
// which the others hold as well; logs wait in a ring of 16 MiB, and what falls out of
// it is counted; hearsay is taken only while a server is there, 192 messages ahead of
// their answers. Nothing is buffered on behalf of a lost connection.
//
// May assume: only this package writes slipway.event.>, and every copy of a decider
// sends byte for byte the same guard.
//
// May not assume: that an answer arrives, that the server which answers is the
// leader (except where STREAM.MSG.GET is asked), or that anything held about the
// log is still so after a reconnect.
package bus
