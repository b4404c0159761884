package proxy

import (
	"context"
	"io"
	"maps"
	"net/http"
	"sync"
)

// reading is one attempt's view of a body. Over HTTP/2 it reads apart: a client that
// sends nothing for now must keep nobody from hearing that the attempt is over, and
// there a transport waits for the end of the read it has begun.
type reading struct {
	b       *body
	off     int64
	trailer http.Header // what may follow it

	apart  context.Context // nil: it reads where it is called
	buf    []byte
	once   sync.Once
	closed chan struct{}
}

func newReading(b *body) *reading {
	return &reading{b: b, trailer: maps.Clone(b.trailers), closed: make(chan struct{})}
}

// Read is io.Reader's.
func (r *reading) Read(p []byte) (int, error) {
	select {
	case <-r.closed:
		return 0, http.ErrBodyReadAfterClose
	default:
	}
	if r.apart == nil || r.here() {
		n, err := r.read(p)
		return n, r.end(err)
	}
	return r.readApart(p)
}

// here reports whether the next bytes are here already.
func (r *reading) here() bool {
	if !r.b.mu.TryLock() {
		return false
	}
	defer r.b.mu.Unlock()
	return r.off < int64(len(r.b.kept)) || r.b.err != nil
}

// readApart reads into a buffer of its own, which a read that is given up keeps.
func (r *reading) readApart(p []byte) (int, error) {
	if r.buf == nil {
		r.buf = make([]byte, copyBuffer)
	}
	buf, came := r.buf[:min(len(r.buf), len(p))], make(chan error, 1)
	n := 0
	go func() {
		var err error
		n, err = r.read(buf)
		came <- err
	}()
	select {
	case err := <-came:
		copy(p, buf[:n])
		return n, r.end(err)
	case <-r.closed:
	case <-r.apart.Done():
		r.Close()
	}
	return 0, http.ErrBodyReadAfterClose
}

func (r *reading) read(p []byte) (int, error) {
	b := r.b
	b.mu.Lock()
	defer b.mu.Unlock()
	if r.off < int64(len(b.kept)) {
		n := copy(p, b.kept[r.off:])
		r.off += int64(n)
		return n, nil
	}
	if r.off != b.read.Load() {
		return 0, errReplay
	}
	if b.err != nil {
		return 0, b.err
	}
	n := b.pull(p)
	r.off += int64(n)
	if n > 0 {
		return n, nil
	}
	return 0, b.err
}

// end passes a read's error on, and at the body's end what came behind it.
func (r *reading) end(err error) error {
	if err == io.EOF {
		r.arrived()
	}
	return err
}

// Close detaches the attempt; the body itself goes on.
func (r *reading) Close() error {
	r.once.Do(func() { close(r.closed) })
	return nil
}
