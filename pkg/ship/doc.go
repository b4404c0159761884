// Package ship sends hearsay in order without making anybody wait.
//
// Promise: what a source gives is handed to the bus at most InFlight messages ahead of
// its answers; a message whose answer stayed away is sent again under the same id, so
// that the stream keeps it once; one the stream will never take is given up and
// counted. Nothing is asked of the source while the bus takes nothing, so what waits
// stays in the source's ring and under its bound.
//
// May assume: a message's id tells it from every other of its stream.
//
// May not assume: that messages are stored in order: one that is sent again comes
// later than its successors. Who reads them has numbers in them.
package ship
