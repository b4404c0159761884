package proxy

import (
	"net/http"
	"sync"
	"time"
)

// wire sets deadlines on the client's connection, from whatever goroutine,
// until the request is over: the connection's next request has its own.
type wire struct {
	rc   *http.ResponseController
	mu   sync.Mutex
	over bool
	late bool // a write deadline stands
	read time.Time
}

func (c *wire) readBy(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.over {
		c.read = t
		c.rc.SetReadDeadline(t)
	}
}

// readUntil brings a deadline forward.
func (c *wire) readUntil(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.over && (c.read.IsZero() || t.Before(c.read)) {
		c.rc.SetReadDeadline(t)
	}
}

func (c *wire) writeBy(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.over {
		c.late = true
		c.rc.SetWriteDeadline(t)
	}
}

// release ends it. Of the two deadlines the server resets only that for
// reading when the next request comes.
func (c *wire) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.late && !c.over {
		c.rc.SetWriteDeadline(time.Time{})
	}
	c.over = true
}
