package proxy

import (
	"errors"
	"io"
	"net/http"
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
func (x *exchange) respond(res *answer) {
	defer res.close()
	if res.status == http.StatusSwitchingProtocols {
		x.tunnel(res.res)
		return
	}
	header := x.w.Header()
	announced := x.hand(res, header)
	streams := isStream(header)
	if streams {
		x.toStream()
	}
	x.status, x.failed = res.status, x.failed || res.status >= 500
	x.started.Store(true)
	x.w.WriteHeader(res.status)
	if x.trip.why() != nil { // the end came while the header was written
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
	delete(h, staleHeader)
}

// isStream reports whether an answer is open-ended.
func isStream(h http.Header) bool {
	kind := first(h, "Content-Type")
	return strings.HasPrefix(kind, "text/event-stream") || strings.HasPrefix(kind, "application/grpc")
}

// copy passes the body on, at once where its length is unknown.
func (x *exchange) copy(res *answer, streams bool) error {
	flush := streams || res.length < 0
	if flush && x.r.Method != http.MethodHead && !res.here() {
		x.wire.rc.Flush()
	}
	idle := x.watchIdle(streams)
	for first := true; ; first = false {
		part, err := res.next()
		if len(part) > 0 {
			flush = flush && !(first && err == io.EOF) // that goes out with the end
			if first && err == io.EOF {
				x.gather(len(part))
			}
			if !first || flush { // one write that fits the buffers needs no deadline
				x.wire.writeBy(time.Now().Add(x.p.writeStall))
			}
			if _, err := x.w.Write(part); err != nil {
				return errClientWrite
			}
			x.bytesOut += int64(len(part))
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
	t.idle = time.AfterFunc(d, func() { t.stop(errStreamIdle) })
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
	cause := x.trip.why()
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
func (x *exchange) trailers(res *answer, announced int) {
	var list []string
	if announced > 0 {
		list = x.w.Header()["Trailer"]
	}
	trailer := res.behind(list)
	if len(trailer) == 0 {
		return
	}
	x.wire.rc.Flush() // with a trailer the answer must be chunked
	for name, values := range trailer {
		if !passesBehind(name) {
			continue
		}
		if len(trailer) != announced {
			name = http.TrailerPrefix + name
		}
		x.w.Header()[name] = values
	}
}
