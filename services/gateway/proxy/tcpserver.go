package proxy

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"time"
)

// TCPServer serves the TCP route of one port on one listener.
type TCPServer struct {
	proxy    *Proxy
	port     int
	listener *countedListener
	ended    atomic.Bool
}

// NewTCPServer returns a server for the route of a port. It listens to nobody before
// Serve.
func NewTCPServer(l net.Listener, p *Proxy, port int) *TCPServer {
	s := &TCPServer{proxy: p, port: port, listener: newCountedListener(l, connectionsMax)}
	s.listener.crowd = newCrowd(0, p.speaksForMany)
	return s
}

// Serve accepts until Shutdown, and then returns nil.
func (s *TCPServer) Serve() error {
	for {
		c, err := s.listener.Accept()
		switch {
		case err == nil:
			go s.serve(c.(*clientConn))
		case s.ended.Load() || errors.Is(err, net.ErrClosed):
			return nil
		case !brief(err):
			return err
		default:
			time.Sleep(acceptAgain)
		}
	}
}

// acceptAgain is the pause after an accept that failed for want of descriptors.
const acceptAgain = 10 * time.Millisecond

// brief reports whether the next accept may go well.
func brief(err error) bool {
	var net net.Error
	return errors.As(err, &net) && net.Temporary() //nolint:staticcheck // what net/http asks too
}

func (s *TCPServer) serve(c *clientConn) {
	defer c.Close()
	front, ok := c.Conn.(*net.TCPConn)
	if !ok {
		return // the listener is none of TCP
	}
	s.proxy.serveTCP(front, s.port)
}

// SetState is a Server's; here nobody asks.
func (s *TCPServer) SetState(State) {}

// SetLinger is a Server's; a tunnel has no next answer to close with.
func (s *TCPServer) SetLinger(time.Duration) {}

// Shutdown stops accepting and returns when the last tunnel has ended. When ctx ends,
// what is left is cut and its error returned.
func (s *TCPServer) Shutdown(ctx context.Context) error {
	s.ended.Store(true)
	s.listener.Close()
	if s.listener.waitEmpty(ctx, 0) {
		return nil
	}
	s.proxy.cancel()
	return ctx.Err()
}
