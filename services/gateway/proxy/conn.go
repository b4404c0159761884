package proxy

import (
	"crypto/tls"
	"math"
	"net"
	"net/http/httptrace"
	"sync/atomic"
)

// conn counts the bytes that were given to the kernel, so that "nothing was
// written" is known exactly. Taking the seal is one compare and swap against
// the count noted before: if it holds, nothing was written since, and nothing
// ever will be.
type conn struct {
	net.Conn
	written atomic.Int64
}

// Write is net.Conn's; on a sealed connection it fails before a byte leaves.
func (c *conn) Write(p []byte) (int, error) {
	if c.written.Add(int64(len(p))) < 0 {
		return 0, net.ErrClosed
	}
	n, err := c.Conn.Write(p)
	if n < len(p) {
		c.written.Add(int64(n - len(p)))
	}
	return n, err
}

// CloseWrite ends our direction of a tunnel.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return c.Close()
}

// seal reports whether the count is still at mark, and then forbids writing.
func (c *conn) seal(mark int64) bool {
	return c.written.CompareAndSwap(mark, math.MinInt64/2)
}

// counted finds our connection under what the transport names.
func counted(info httptrace.GotConnInfo) *conn {
	c := info.Conn
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	ours, _ := c.(*conn)
	return ours
}
