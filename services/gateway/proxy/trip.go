package proxy

import (
	"context"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"

	"slipway.dev/services/gateway/upstream"
)

// trip is one attempt: what may end it, and what the transport said of it.
type trip struct {
	x      *exchange
	own    bool          // by our own client, else by a transport
	call   upstream.Call // by our own client
	answer answer
	cause  atomic.Pointer[error] // why our own client was stopped
	ctx    context.Context       // of a transport's
	cancel context.CancelCauseFunc
	at     *roster // of the seat; nil: it stands in none
	next   *trip
	prev   *trip
	unhook func() bool // from the seat's life, where it stands in no roster
	unlink func() bool // of a stream, from the end of all streams; nil: none

	unfollow func() bool // the client
	mu       sync.Mutex
	ended    bool // the client's deadlines are another attempt's
	clock    clock
	idle     *time.Timer // of a stream; nil: it is none
	wanted   *time.Timer // the caller's own, of a gRPC call; nil: it has none
	header   atomic.Pointer[time.Timer]
	over     atomic.Bool // the header has come, or the attempt has ended

	conn      atomic.Pointer[conn]
	mark      atomic.Int64 // bytes written before this attempt
	got       atomic.Bool  // a connection
	gotAt     atomic.Int64 // unix nanoseconds, when it was got
	firstByte atomic.Int64 // likewise, 0 for none
	trace     httptrace.ClientTrace
}

// stop ends the attempt, from whatever goroutine; the first cause stands.
func (t *trip) stop(cause error) {
	if !t.own {
		t.cancel(cause)
		return
	}
	if t.cause.CompareAndSwap(nil, &cause) {
		t.call.Stop()
	}
}

// why returns what the attempt was stopped for, nil if it was not.
func (t *trip) why() error {
	if !t.own {
		return context.Cause(t.ctx)
	}
	if cause := t.cause.Load(); cause != nil {
		return *cause
	}
	return nil
}

// connected is when the connection that the attempt goes over was there, in Unix
// nanoseconds; 0: from the first.
func (t *trip) connected() int64 {
	if t.own {
		return t.call.Dialled()
	}
	return t.gotAt.Load()
}

func (t *trip) gotConn(info httptrace.GotConnInfo) {
	c := counted(info)
	if c != nil {
		t.mark.Store(c.written.Load())
	}
	t.conn.Store(c)
	t.gotAt.Store(time.Now().UnixNano())
	t.got.Store(true)
}

// awaitHeader starts the endpoint's time to answer once it has the request.
func (t *trip) awaitHeader(patience time.Duration) {
	timer := time.AfterFunc(patience, func() {
		if !t.over.Load() {
			t.stop(errHeaderTimeout)
		}
	})
	t.header.Store(timer)
	if t.over.Load() {
		timer.Stop()
	}
}

func (t *trip) stopWaiting() {
	t.over.Store(true)
	if timer := t.header.Load(); timer != nil {
		timer.Stop()
	}
}

func (t *trip) end() {
	t.mu.Lock()
	t.ended = true
	unfollow := t.unfollow
	t.mu.Unlock()
	t.stopWaiting()
	t.unwind()
	if t.idle != nil {
		t.idle.Stop()
	}
	if t.wanted != nil {
		t.wanted.Stop()
	}
	if t.at != nil {
		t.at.leave(t)
	}
	if t.unhook != nil {
		t.unhook()
	}
	if t.unlink != nil {
		t.unlink()
	}
	if unfollow != nil {
		unfollow()
	}
	t.stop(context.Canceled)
}
