package proxy

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http/httptrace"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"slipway.dev/services/gateway/upstream"
)

var (
	errHeaderTimeout  = errors.New("no answer in time")
	errRequestTimeout = errors.New("request timeout")
	errStreamIdle     = errors.New("stream idle")
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

// failure is why an attempt brought no answer.
type failure struct {
	fault   *fault
	outcome Outcome // "" if the endpoint is not to blame
	dial    bool    // no connection came about
	unsent  bool    // nothing was written to it
	final   bool    // never to be tried again
}

// try sends the request to the seat and returns its answer's header.
func (x *exchange) try() (*answer, error) {
	pool := x.ownPool()
	t := &x.first
	if x.attempts > 1 {
		t = new(trip)
	}
	t.x, t.own = x, pool != nil
	x.trip = t
	if !t.own {
		t.ctx, t.cancel = context.WithCancelCause(x.r.Context())
	}
	x.seat.under.join(t)
	if d, ok := grpcTimeout(x.r.Header); ok {
		t.wanted = time.AfterFunc(d-time.Since(x.start), func() { t.stop(errRequestTimeout) })
	}
	patience, end := x.app.limits.Response, x.start.Add(x.app.limits.Request)
	if x.trial.judge != nil {
		patience = min(patience, trialMax)
	}
	if t.own {
		t.wind(patience, end)
		return x.send(t, pool)
	}
	x.lookOut()
	return x.transport(t, patience, end)
}

// transport sends the request by a transport.
func (x *exchange) transport(t *trip, patience time.Duration, end time.Time) (*answer, error) {
	t.trace = httptrace.ClientTrace{
		GetConn:              func(string) { t.got.Store(false) },
		GotConn:              t.gotConn,
		GotFirstResponseByte: func() { t.firstByte.Store(time.Now().UnixNano()) },
	}
	if x.body == nil {
		t.wind(patience, end)
	} else {
		t.wind(0, end)
		t.trace.WroteRequest = func(httptrace.WroteRequestInfo) { t.awaitHeader(patience) }
	}
	res, err := x.line().transport.Load().RoundTrip(x.outgoing(httptrace.WithClientTrace(t.ctx, &t.trace)))
	t.stopWaiting()
	if at := t.firstByte.Load(); at != 0 {
		x.firstByte = time.Unix(0, at).Sub(x.start)
	}
	if err != nil {
		return nil, err
	}
	t.answer = answer{status: res.StatusCode, length: res.ContentLength, res: res}
	return &t.answer, nil
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

// cut ends an attempt from this side.
func (x *exchange) cut(t *trip, cause error) {
	t.stop(cause)
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.ended {
		x.breakOff()
	}
}

// breakOff ends reads and writes that a client has stalled; an answer that
// has not begun is still to be given.
func (x *exchange) breakOff() {
	past := time.Unix(1, 0)
	x.wire.readBy(past)
	switch {
	case !x.started.Load():
	case x.tellsGRPC():
		x.wire.writeBy(time.Now().Add(lastWord))
	default:
		x.wire.writeBy(past)
	}
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

// judge says what an attempt's error means.
func (x *exchange) judge(err error) failure {
	t := x.trip
	if f := x.ended(); f != nil {
		return *f
	}
	// before the context: the server cancels it when a body's deadline passes
	if f := x.body.fault(); f != nil {
		return failure{fault: f, final: true}
	}
	if t.why() != nil {
		return failure{fault: clientGone, final: true}
	}
	if own := (*upstream.Error)(nil); errors.As(err, &own) {
		return reached(own)
	}
	switch {
	case err == errBadHead:
		return failure{fault: badHead, final: true}
	case !t.got.Load():
		return failure{fault: connectFailed, outcome: OutcomeDial, dial: true, unsent: true}
	case t.firstByte.Load() != 0:
		return failure{fault: broken(err), outcome: OutcomeReset, final: true}
	}
	return failure{fault: connReset, outcome: OutcomeReset, unsent: x.unsent(err)}
}

// ended returns the failure of an attempt that this side has ended.
func (x *exchange) ended() *failure {
	switch cause := x.trip.why(); {
	case errors.Is(cause, errDrainDeadline):
		x.seat.cutRequests.Add(1)
		return &failure{fault: drainDeadline, final: true}
	case errors.Is(cause, errHeaderTimeout):
		return &failure{fault: headerTimeout, outcome: OutcomeHeaderTimeout, final: true}
	case errors.Is(cause, errRequestTimeout):
		return &failure{fault: requestTimeout, final: true}
	}
	return nil
}

// unsent reports whether the endpoint cannot have seen the request. A
// connection that others share counts as written unless its endpoint says it
// took no notice.
func (x *exchange) unsent(err error) bool {
	if x.line().shared() {
		text := err.Error()
		return strings.Contains(text, "REFUSED_STREAM") || strings.Contains(text, "graceful shutdown GOAWAY")
	}
	c := x.trip.conn.Load()
	return c != nil && c.seal(x.trip.mark.Load())
}

// broken tells a connection that ended from an answer that is none.
func broken(err error) *fault {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, net.ErrClosed) {
		return connReset
	}
	return badResponse
}
