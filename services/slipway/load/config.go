package load

import "time"

// Config is what is sent and where to.
type Config struct {
	URL     string        // scheme, address and path: http://127.0.0.1:8080/
	Host    string        // Host header; empty: of the URL
	Rate    int           // requests a second, all methods together
	Methods []string      // in turn: HTTP's own, H2, GRPC
	Body    []byte        // of all that have one
	Timeout time.Duration // of one request; 0 is 10 s
	Sockets int           // WebSocket connections held open beside the requests
	Path    string        // of the sockets; empty: /ws
	Beat    time.Duration // between two messages of a socket; 0 is 100 ms
	Fresh   bool          // a new connection for each request
	H2C     bool          // HTTP/2 without TLS
	Idle    time.Duration // how long a kept connection waits for its next request; 0 is a minute
}

const (
	timeoutDefault = 10 * time.Second
	beatDefault    = 100 * time.Millisecond
	pathDefault    = "/ws"
	idleDefault    = time.Minute
	inFlightMax    = 4096 // beyond, requests are counted as shed: the client has no more to give
	idlePerHost    = 512  // kept alive, so that the connections do not churn by themselves
)

func (c Config) withDefaults() Config {
	if c.Timeout == 0 {
		c.Timeout = timeoutDefault
	}
	if c.Beat == 0 {
		c.Beat = beatDefault
	}
	if c.Idle == 0 {
		c.Idle = idleDefault
	}
	if c.Path == "" {
		c.Path = pathDefault
	}
	if len(c.Methods) == 0 {
		c.Methods = []string{"GET"}
	}
	return c
}
