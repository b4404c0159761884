package proxy

import (
	"sync"
	"sync/atomic"
)

const (
	// serverBuffer is what net/http gathers of an answer; one that is larger with its
	// header is two writes, and two packets.
	serverBuffer = 4 << 10
	// headerRoom is kept for the header of an answer that is gathered.
	headerRoom = 8 << 10
	// gatherMost is the largest body that is gathered here: to copy it costs less than
	// a write.
	gatherMost = 24 << 10
)

var gathered = sync.Pool{New: func() any { b := make([]byte, 0, gatherMost+headerRoom); return &b }}

// gathering holds what is written to a client until its connection is asked for anything
// else. The zero gathering holds nothing.
type gathering struct {
	holds atomic.Bool
	mu    sync.Mutex
	held  *[]byte
}

// gather has an answer of HTTP/1 whose body is there as a whole go out in one write.
func (x *exchange) gather(size int) {
	if size < serverBuffer-headerRoom/8 || size > gatherMost || x.r.ProtoMajor != 1 {
		return
	}
	if c, ok := x.r.Context().Value(clientKey{}).(*clientConn); ok {
		c.gathering.begin()
	}
}

func (g *gathering) begin() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.held == nil {
		g.held = gathered.Get().(*[]byte)
		g.holds.Store(true)
	}
}

// takes reports whether it holds the bytes now, and nobody is to write them.
func (g *gathering) takes(p []byte) bool {
	if !g.holds.Load() {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.held == nil || len(*g.held)+len(p) > cap(*g.held) {
		return false
	}
	*g.held = append(*g.held, p...)
	return true
}

// Write is net.Conn's.
func (c *clientConn) Write(p []byte) (int, error) {
	if c.gathering.takes(p) {
		return len(p), nil
	}
	if err := c.sendHeld(); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

// sendHeld writes what is held. After an answer's last write the server always comes to
// it: it takes the deadline of writes away, waits for another request, or closes.
func (c *clientConn) sendHeld() error {
	g := &c.gathering
	if !g.holds.Load() {
		return nil
	}
	g.mu.Lock()
	held := g.held
	g.held = nil
	g.holds.Store(false)
	g.mu.Unlock()
	if held == nil {
		return nil
	}
	_, err := c.Conn.Write(*held)
	*held = (*held)[:0]
	gathered.Put(held)
	return err
}
