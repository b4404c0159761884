package proxy

import (
	"context"
	"crypto/tls"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"slipway.dev/services/gateway/upstream"
)

const (
	// idleDefault lies below the 5 s after which Node closes idle connections:
	// whoever closes first must be the gateway, or a POST may fly into a
	// closed connection.
	idleDefault  = 4 * time.Second
	idleMin      = 500 * time.Millisecond
	idlePerHost  = 512
	transportBuf = 16 << 10
)

// line is the connections to one target in one protocol.
type line struct {
	target    *Target
	protocol  string
	transport atomic.Pointer[http.Transport]
	idle      atomic.Int64   // nanoseconds, IdleConnTimeout of the transport
	main      *upstream.Pool // of our own client, to the main port

	mu    sync.Mutex
	ports map[string]*upstream.Pool // of our own client, by the names of other ports
}

func newLine(t *Target, protocol string) *line {
	l := &line{target: t, protocol: protocol}
	l.main = l.newPool("")
	l.setIdle(idleDefault)
	return l
}

// pool returns our own client's connections to a port.
func (l *line) pool(port string) *upstream.Pool {
	if port == "" {
		return l.main
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.ports[port]
	if p == nil {
		if l.ports == nil {
			l.ports = map[string]*upstream.Pool{}
		}
		p = l.newPool(port)
		l.ports[port] = p
	}
	return p
}

func (l *line) newPool(port string) *upstream.Pool {
	return upstream.NewPool(func(ctx context.Context) (*net.TCPConn, error) {
		return l.target.dialTCP(ctx, l.target.at(port))
	}, idleDefault)
}

// pools returns all of them.
func (l *line) pools() []*upstream.Pool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.AppendSeq([]*upstream.Pool{l.main}, maps.Values(l.ports))
}

// closeIdle closes the connections that carry nothing now.
func (l *line) closeIdle() {
	l.transport.Load().CloseIdleConnections()
	for _, p := range l.pools() {
		p.CloseIdle()
	}
}

// shared reports whether one connection carries many requests at once.
func (l *line) shared() bool { return l.protocol == ProtocolH2C || l.protocol == ProtocolHTTPS }

func (l *line) scheme() string {
	if l.protocol == ProtocolHTTPS {
		return "https"
	}
	return "http"
}

func (l *line) setIdle(d time.Duration) {
	l.idle.Store(int64(d))
	old := l.transport.Swap(l.newTransport(d))
	if old != nil {
		old.CloseIdleConnections()
	}
	for _, p := range l.pools() {
		p.SetIdle(d)
	}
}

func (l *line) newTransport(idle time.Duration) *http.Transport {
	p := new(http.Protocols)
	p.SetHTTP1(l.protocol != ProtocolH2C)
	p.SetUnencryptedHTTP2(l.protocol == ProtocolH2C)
	p.SetHTTP2(l.protocol == ProtocolHTTPS)
	return &http.Transport{
		DialContext:           l.target.dial,
		TLSClientConfig:       &tls.Config{InsecureSkipVerify: true}, // the address is the registry's word; a name to verify comes with identities
		TLSHandshakeTimeout:   time.Second,
		MaxIdleConnsPerHost:   idlePerHost,
		IdleConnTimeout:       idle,
		ExpectContinueTimeout: time.Second,
		DisableCompression:    true,
		ReadBufferSize:        transportBuf,
		WriteBufferSize:       transportBuf,
		Protocols:             p,
	}
}

// learn follows the idle time an endpoint announces (Keep-Alive: timeout=N):
// the gateway lets go a second earlier.
func (l *line) learn(said string) {
	_, rest, ok := strings.Cut(said, "timeout=")
	if !ok {
		return
	}
	digits, _, _ := strings.Cut(rest, ",")
	n, err := strconv.Atoi(strings.TrimSpace(digits))
	if err != nil || n < 0 || n > 3600 {
		return
	}
	if idle := max(time.Duration(n-1)*time.Second, idleMin); int64(idle) != l.idle.Load() {
		l.setIdle(idle)
	}
}
