package proxy

import (
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// replayMax is how much of a body is kept for a second attempt; a body that
// announces no more is read before an endpoint is chosen.
const replayMax = 64 << 10

var errReplay = errors.New("body can no longer be replayed")

// body is a request's body, read once from the client and given to each
// attempt from its beginning. A nil body is none.
type body struct {
	x        *exchange
	src      io.ReadCloser
	trailers http.Header // that may follow it, without their values

	whole bool // all of it is kept, from before the first attempt

	mu   sync.Mutex // an attempt that failed may still be reading
	kept []byte
	pace pace
	err  error // the client's, or io.EOF

	// what is asked for while a read still waits
	read atomic.Int64 // from the client
	over atomic.Bool  // more was read than is kept
	bad  atomic.Pointer[fault]
}

// prepare checks and readies the body and the header. The table is loaded
// again after a body was waited for.
func (x *exchange) prepare() *fault {
	if x.r.ContentLength > x.app.limits.BodyBytes {
		return bodyTooLarge
	}
	x.upgrade = isWebSocket(x.r)
	x.rewrite()
	if x.r.Body == nil || x.r.Body == http.NoBody || x.r.ContentLength == 0 {
		return nil
	}
	x.body = &body{x: x, src: x.r.Body, trailers: x.announced()}
	if n := x.r.ContentLength; n < 0 || n > replayMax || x.r.Header.Get("Expect") != "" {
		return nil
	}
	if f := x.body.fill(int(x.r.ContentLength)); f != nil {
		return f
	}
	x.body.whole = !x.body.over.Load() && len(x.body.trailers) == 0
	return x.route()
}

// fill reads the whole of a small body, so that a slow client holds no
// endpoint.
func (b *body) fill(n int) *fault {
	b.kept = make([]byte, 0, n+1) // its end may be one more read
	for b.err == nil && !b.over.Load() {
		b.mu.Lock()
		b.pull(b.kept[len(b.kept):cap(b.kept)])
		b.mu.Unlock()
	}
	return b.bad.Load()
}

// pull reads once from the client into p and keeps what still fits; the
// caller holds the lock.
func (b *body) pull(p []byte) int {
	limits := &b.x.app.limits
	began := time.Now()
	b.x.wire.readBy(began.Add(b.silence()))
	n, err := b.src.Read(p)
	b.read.Add(int64(n))
	if err == nil && b.tooSlow(n, began) {
		err = errSlowBody
		b.bad.Store(bodySilent)
		b.x.wire.readBy(began) // the server would read on
	}
	if n > 0 {
		b.x.moved()
	}
	if b.read.Load() > limits.BodyBytes {
		err = errors.New("body too large")
		b.bad.Store(bodyTooLarge)
	}
	if len(b.kept)+n > replayMax {
		b.over.Store(true)
	}
	if b.over.Load() {
		b.kept = nil
	} else {
		b.kept = append(b.kept, p[:n]...)
	}
	if err != nil {
		b.end(err)
	}
	return n
}

func (b *body) end(err error) {
	b.err = err
	switch {
	case err == io.EOF, b.bad.Load() != nil:
	case errors.Is(err, os.ErrDeadlineExceeded):
		b.bad.Store(bodySilent)
	case b.x.gone():
		b.bad.Store(clientGone)
	default:
		b.bad.Store(badBody)
	}
}

// fault returns what was wrong with the body, or nil.
func (b *body) fault() *fault {
	if b == nil {
		return nil
	}
	return b.bad.Load()
}

// replayable reports whether another attempt can have the whole body.
func (b *body) replayable() bool {
	if b == nil {
		return true
	}
	return !b.over.Load()
}
