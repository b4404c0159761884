// Package hands lets the consumers of integrators stand on the server, and tells what
// streams and consumers there are.
//
// Promise: an act ends once it is done or can never be; what came of it is sensed
// before. A listing and an act never interleave, so the last thing sensed of a
// consumer is the newest.
//
// Senses: all streams and all consumers with our mark, at the start, once a minute and
// whenever the streams were compared; each consumer an act has touched.
//
// Fails: a bus that is away is asked again, for as long as the act is wanted.
package hands
