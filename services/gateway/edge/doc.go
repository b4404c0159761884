// Package edge is the gateway's hands: it gives the data path what the decider
// wants served, opens the listeners, says that the gateway lives, and senses what
// was published, drained and counted.
//
// Promise: an order older than the last one for the same app is not done. A table
// that is refused leaves the old route in place, with the endpoints of today. No
// listener opens before it is told to, but for ServeStale; a TCP route whose port
// another program has is refused, or, where that is found too late, told of with each
// beat until it is open. On its node each app has a loopback listener for the calls of
// others, as long as its route gives it a port. HandOver leaves without a lost request
// once a successor serves by the same sockets. Every answer is counted once and, unless its app wants fewer, recorded once; a request pays less than a
// microsecond for it and never waits. While the bus is away both wait in rings, and
// what the rings dropped is told on its return. A certificate is served until another
// takes its place: the end of a run takes none away, nor does one that cannot be
// fetched.
//
// Remembers: of each app the last order and the last route that could be served;
// the table file, from which a gateway without a bus serves; what it has counted since
// it started; copies of certificates, sealed, and what lies in an operator's folder of
// certificates.
//
// Fails: a listener that cannot open is tried again. A run that ends without Leave
// keeps serving until Close.
package edge
