// Package natscontext keeps clusters as context files of the nats command line, so
// that both tools reach the same cluster by the same name.
//
// Promise: a context of ours is one file slipway-<name>.json, readable by its owner
// alone, replaced whole; the person's selected NATS context is changed only by
// Select. No secret is in a file: credentials stand there by their path.
//
// Remembers: beside the files one line, the context chosen with `slipway context use`.
//
// Fails: no context SLW-C001, several and none chosen SLW-C002, nobody answers
// SLW-C003, refused SLW-C004.
package natscontext
