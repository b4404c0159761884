package proxy

import (
	"crypto/tls"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
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
	idle      atomic.Int64 // nanoseconds, IdleConnTimeout of the transport
}

func newLine(t *Target, protocol string) *line {
	l := &line{target: t, protocol: protocol}
	l.setIdle(idleDefault)
	return l
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
func (l *line) learn(h http.Header) {
	_, rest, ok := strings.Cut(h.Get("Keep-Alive"), "timeout=")
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
