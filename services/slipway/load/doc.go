// Package load sends requests at a fixed rate and counts what became of each.
//
// Promise: open loop. A request is sent when it is due, whether or not earlier ones
// have been answered, and its time counts from when it was due: a stall is not hidden
// by a client that waits for it. Every request sent is counted under exactly one
// outcome.
//
// May not assume: that connections live on. Clients keep them alive, as browsers do,
// so a server that closes one carelessly loses a request here too.
package load
