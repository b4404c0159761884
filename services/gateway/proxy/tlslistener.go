package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"sync"
	"time"
)

// notTLS is what a client hears that speaks HTTP to a TLS listener.
const notTLS = "HTTP/1.0 400 Bad Request\r\nConnection: close\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"

// tlsListener shakes hands, each in its own time, and gives on whoever has. HTTP/1 is
// given on as a framedConn, since the parser must be read along with inside TLS, too:
// net/http would settle ambiguous lengths by itself.
type tlsListener struct {
	net.Listener
	config *tls.Config
	within time.Duration // for a handshake
	errors *log.Logger
	ready  chan net.Conn
	err    error // set before ready is closed
	ctx    context.Context
	cut    context.CancelFunc // ends the handshakes that are left
}

func newTLSListener(l net.Listener, config *tls.Config, within time.Duration, errors *log.Logger) *tlsListener {
	if errors == nil {
		errors = log.Default()
	}
	t := &tlsListener{Listener: l, config: config, within: within, errors: errors, ready: make(chan net.Conn)}
	t.ctx, t.cut = context.WithCancel(context.Background())
	return t
}

// run accepts until the listener is closed. Handshakes begun by then are ended, and
// given on: a client must not be lost because the gateway leaves.
func (l *tlsListener) run() {
	var all sync.WaitGroup
	for {
		c, err := l.Listener.Accept()
		switch {
		case err == nil:
			all.Go(func() { l.shake(c) })
		case brief(err):
			time.Sleep(acceptAgain)
		default:
			all.Wait()
			l.err = err
			close(l.ready)
			return
		}
	}
}

// Accept is net.Listener's.
func (l *tlsListener) Accept() (net.Conn, error) {
	if c, ok := <-l.ready; ok {
		return c, nil
	}
	return nil, l.err
}

func (l *tlsListener) shake(c net.Conn) {
	conn := tls.Server(c, l.config)
	c.SetDeadline(time.Now().Add(l.within))
	if err := conn.HandshakeContext(l.ctx); err != nil {
		if plain, ok := errors.AsType[tls.RecordHeaderError](err); ok && plain.Conn != nil && speaksHTTP(plain.RecordHeader) {
			io.WriteString(plain.Conn, notTLS)
		}
		c.Close()
		l.errors.Printf("http: TLS handshake error from %s: %v", c.RemoteAddr(), err)
		return
	}
	c.SetDeadline(time.Time{})
	if conn.ConnectionState().NegotiatedProtocol == "h2" {
		l.ready <- conn
		return
	}
	l.ready <- &framedConn{Conn: conn}
}

// speaksHTTP tells whether the first five bytes are those of a request.
func speaksHTTP(b [5]byte) bool {
	switch string(b[:]) {
	case "GET /", "HEAD ", "POST ", "PUT /", "OPTIO", "DELET", "PATCH":
		return true
	}
	return false
}

// framedConn is an HTTP/1 connection inside TLS; that it is one net/http learns from its
// ConnectionState.
type framedConn struct {
	*tls.Conn
	framing framing
}

// Read is net.Conn's.
func (c *framedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.framing.see(p[:n])
	return n, err
}

func (c *framedConn) unframe() { c.framing.at = atNothing }
