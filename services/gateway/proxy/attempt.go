package proxy

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http/httptrace"
	"strings"
	"syscall"
	"time"

	"slipway.dev/services/gateway/upstream"
)

var (
	errHeaderTimeout  = errors.New("no answer in time")
	errRequestTimeout = errors.New("request timeout")
	errStreamIdle     = errors.New("stream idle")
)

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
