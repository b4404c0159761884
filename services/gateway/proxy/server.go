package proxy

import (
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// ClientIdle is how long a client's connection may be idle.
const ClientIdle = 75 * time.Second

const (
	headerRead       = 10 * time.Second
	headerBytes      = 64 << 10
	connectionsMax   = 10_000
	streamsPerClient = 250 // HTTP/2, of one connection
)

// ServerConfig is a server's own; the zero value has the defaults.
type ServerConfig struct {
	App         string        // whose requests all are, the health path's too; "": by host and path
	Connections int           // open at once; more are not accepted; 0 is 10,000
	PerClient   int           // open at once of one address, trusted proxies and this machine aside; 0 is 256; Unlimited
	HeaderRead  time.Duration // for a request's header; 0 is 10 s
	Linger      time.Duration // at shutdown, how long idle clients may still send and be told to close
	ErrorLog    *log.Logger   // of net/http; nil is the standard one
	TLS         bool          // the listener speaks TLS, with the proxy's certificates
}

// Server serves a proxy on one listener, HTTP/1 and HTTP/2, with TLS or without,
// and answers the health path.
type Server struct {
	proxy    *Proxy
	app      string
	http     *http.Server
	listener *countedListener
	secure   *tlsListener // nil: it speaks in the clear
	health   health
	linger   atomic.Int64 // nanoseconds
}

// NewServer returns a server in the state Starting. It listens to nobody
// before Serve.
func NewServer(l net.Listener, p *Proxy, c ServerConfig) *Server {
	if c.Connections <= 0 {
		c.Connections = connectionsMax
	}
	if c.HeaderRead <= 0 {
		c.HeaderRead = headerRead
	}
	s := &Server{proxy: p, app: c.App, listener: newCountedListener(l, c.Connections)}
	s.SetLinger(c.Linger)
	s.health.set(Starting)
	s.listener.crowd = newCrowd(c.PerClient, p.speaksForMany)
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(c.TLS)
	protocols.SetUnencryptedHTTP2(!c.TLS)
	s.http = &http.Server{
		Handler:           s,
		ReadHeaderTimeout: c.HeaderRead,
		IdleTimeout:       ClientIdle,
		MaxHeaderBytes:    headerBytes,
		Protocols:         protocols,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: streamsPerClient},
		ErrorLog:          c.ErrorLog,
		ConnContext:       withClient,
	}
	if c.TLS {
		s.http.TLSConfig = p.tls.config()
		s.secure = newTLSListener(s.listener, s.http.TLSConfig, c.HeaderRead, c.ErrorLog)
	}
	return s
}

// SetState changes what the health path answers.
func (s *Server) SetState(state State) { s.health.set(state) }

// SetLinger changes how long a later Shutdown lingers.
func (s *Server) SetLinger(d time.Duration) { s.linger.Store(int64(d)) }

// Serve accepts until Shutdown, and then returns nil.
func (s *Server) Serve() error {
	err := s.accept()
	if errors.Is(err, http.ErrServerClosed) || errors.Is(err, net.ErrClosed) && s.health.state() == Draining {
		return nil
	}
	return err
}

func (s *Server) accept() error {
	if s.secure == nil {
		return s.http.Serve(s.listener)
	}
	go s.secure.run()
	return s.http.Serve(s.secure)
}

// ServeHTTP serves the health path, and everything else by the proxy.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.health.state() == Draining || r.ProtoMajor == 1 && r.ProtoMinor == 0 {
		w.Header().Set("Connection", "close") // on HTTP/2 net/http makes it a GOAWAY
	}
	if r.URL.Path == HealthPath && s.app == "" {
		s.health.answer(w)
		return
	}
	s.proxy.serve(w, r, s.app)
}

// Shutdown stops accepting, lets every request end, and returns when the last
// connection has. Clients are told to close, or to go away, with their next
// answer for as long as the server lingers: closing idle connections at once
// would meet requests already flying. When ctx ends, what is left is cut and its
// error returned. Streams count until then.
func (s *Server) Shutdown(ctx context.Context) error {
	s.SetState(Draining)
	s.listener.Close()
	if linger := time.Duration(s.linger.Load()); linger > 0 {
		s.listener.waitEmpty(ctx, linger)
	}
	err := s.http.Shutdown(ctx)
	if err == nil && !s.listener.waitEmpty(ctx, 0) {
		err = ctx.Err()
	}
	if err != nil {
		s.http.Close()
		if s.secure != nil {
			s.secure.cut()
		}
		s.proxy.cancel() // tunnels are the proxy's, no longer the server's
	}
	return err
}
