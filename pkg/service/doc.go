// Package service is the one loop that every participant of Slipway runs.
//
// Promise: a service's state is the fold of the log up to a position; it speaks
// only through Decide, acts only after its intent has come back, and does neither
// while it is behind. Copies of a service may run at once: the log decides.
//
// Core is the loop without a clock, a network or a goroutine; Run drives it on a
// real bus, pkg/sim on a simulated one, so that what is simulated is what runs.
//
// May assume: Log delivers facts in order, each once, and refuses a guarded append
// that does not follow the last fact under its guard.
//
// May not assume: any order between facts and signals, or that a signal comes.
package service
