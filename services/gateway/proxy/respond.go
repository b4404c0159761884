package proxy

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	copyBuffer = 32 << 10
	// writeStall is how long a client may take no byte of its answer.
	writeStall = 30 * time.Second
)

var errClientWrite = errors.New("the client takes no more")

var buffers = sync.Pool{New: func() any { return new([copyBuffer]byte) }}

// respond passes an endpoint's answer on. From its first line on nothing is
// tried again.
func (x *exchange) respond(res *http.Response) {
	defer res.Body.Close()
	if res.StatusCode == http.StatusSwitchingProtocols {
		x.tunnel(res)
		return
	}
	x.line().learn(res.Header)
	removeHops(res.Header)
	onlyOurs(res.Header)
	header := x.w.Header()
	own := header["Set-Cookie"] // of a split
	maps.Copy(header, res.Header)
	if len(own) > 0 {
		header["Set-Cookie"] = append(slices.Clip(res.Header["Set-Cookie"]), own...)
	}
	announced := len(res.Trailer)
	if announced > 0 {
		header["Trailer"] = slices.Sorted(maps.Keys(res.Trailer))
	}
	streams := isStream(res.Header)
	if streams {
		x.toStream()
	}
	x.status, x.failed = res.StatusCode, x.failed || res.StatusCode >= 500
	x.started.Store(true)
	x.w.WriteHeader(res.StatusCode)
	if x.trip.ctx.Err() != nil { // the end came while the header was written
		x.broke(nil)
		return
	}
	if err := x.copy(res, streams); err != nil {
		x.broke(err)
		return
	}
	x.trailers(res, announced)
}

// onlyOurs takes out what the gateway alone tells of an answer.
func onlyOurs(h http.Header) {
	delete(h, ErrorHeader)
	delete(h, "Slipway-Stale")
}

// isStream reports whether an answer is open-ended.
func isStream(h http.Header) bool {
	kind := h.Get("Content-Type")
	return strings.HasPrefix(kind, "text/event-stream") || strings.HasPrefix(kind, "application/grpc")
}

// copy passes the body on, at once where its length is unknown.
func (x *exchange) copy(res *http.Response, streams bool) error {
	buf := buffers.Get().(*[copyBuffer]byte)
	defer buffers.Put(buf)
	flush := streams || res.ContentLength < 0
	if flush && x.r.Method != http.MethodHead {
		x.wire.rc.Flush()
	}
	idle := x.watchIdle(streams)
	for first := true; ; first = false {
		n, err := res.Body.Read(buf[:])
		if n > 0 {
			if !first || flush { // one write that fits the buffers needs no deadline
				x.wire.writeBy(time.Now().Add(x.p.writeStall))
			}
			if _, err := x.w.Write(buf[:n]); err != nil {
				return errClientWrite
			}
			x.bytesOut += int64(n)
			if flush {
				if x.wire.rc.Flush() != nil {
					return errClientWrite
				}
			}
			idle()
		}
		if err == io.EOF {
			return x.flushLate(flush)
		}
		if err != nil {
			return err
		}
	}
}

// flushLate writes the last buffered part while its write deadline stands.
func (x *exchange) flushLate(flushed bool) error {
	if !flushed && x.wire.late && x.wire.rc.Flush() != nil {
		return errClientWrite
	}
	return nil
}

// watchIdle ends a stream that stays without a byte; the result notes one.
func (x *exchange) watchIdle(streams bool) func() {
	if !streams {
		return func() {}
	}
	t, d := x.trip, x.app.limits.StreamIdle
	t.idle = time.AfterFunc(d, func() { t.cancel(errStreamIdle) })
	note := func() { t.idle.Reset(d) }
	x.note.Store(&note)
	return note
}

// moved notes a byte of the request's body.
func (x *exchange) moved() {
	if note := x.note.Load(); note != nil {
		(*note)()
	}
}

// broke cuts an answer whose header is out, and says whose doing it was.
func (x *exchange) broke(err error) {
	x.abort = true
	cause := context.Cause(x.trip.ctx)
	switch {
	case errors.Is(cause, errDrainDeadline) && x.stream:
		x.code = drainDeadline.code
		x.seat.cutStreams.Add(1) // announced, and counted apart: no failure
	case errors.Is(cause, errDrainDeadline):
		x.code, x.failed = drainDeadline.code, true
		x.seat.cutRequests.Add(1)
	case errors.Is(cause, errStreamIdle):
	case errors.Is(cause, errRequestTimeout):
		x.code, x.failed = requestTimeout.code, true
	case cause != nil || x.gone() || err == errClientWrite:
		x.code = clientGone.code
	default:
		x.code, x.failed = connReset.code, true
		x.observe(OutcomeReset, x.status)
	}
	if f := x.says(cause); x.code != clientGone.code && x.endGRPC(f) {
		x.abort = false
	}
}

// says is what a broken answer's end is to a client that can be told.
func (x *exchange) says(cause error) *fault {
	switch {
	case errors.Is(cause, errDrainDeadline):
		return drainDeadline
	case errors.Is(cause, errRequestTimeout), errors.Is(cause, errStreamIdle):
		return requestTimeout
	}
	return connReset
}

// trailers passes on what came after the body, announced or not.
func (x *exchange) trailers(res *http.Response, announced int) {
	if len(res.Trailer) == 0 {
		return
	}
	x.wire.rc.Flush() // with a trailer the answer must be chunked
	for name, values := range res.Trailer {
		if !passesBehind(name) {
			continue
		}
		if len(res.Trailer) != announced {
			name = http.TrailerPrefix + name
		}
		x.w.Header()[name] = values
	}
}
