// Package upstream is the gateway's own client for endpoints that speak HTTP/1.1
// without TLS: requests whose body is known as a whole, and answers as they come.
//
// Promise: a request takes a connection that was silent when it was taken: one that its
// endpoint has closed, or has said something on that nobody asked for, is let go before a
// byte is written. What comes back is either one answer, read by stricter rules than
// net/http's, or an *Error that says exactly how far the request came. A connection is
// used again only if its last answer was whole, ended where it said, and was all that
// came. Nothing of one answer is ever part of another.
//
// A request costs three system calls (a look, a write, a read) and no goroutine: the
// look arms the poller, so that the read is made when there is something to read. Buffers
// are lent while there is something in them; a request that waits holds none.
//
// Hears: Stop, from any goroutine and at any time, ends a request.
//
// Remembers: a pool's idle connections, for as long as SetIdle says.
//
// May not assume: that an endpoint has not seen a request that failed with Unanswered.
// A request that may be sent twice is sent once more, to the same endpoint, where a kept
// connection broke before the first byte: it may have been on its way to be closed.
//
// Fails: an answer's header of more than 32 KiB, a line folded over two, a length that
// is said twice or beside chunks, a coding but chunked, a name that is none: all of it
// is Malformed, and the connection is closed.
package upstream
