package proxy

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// idleDefault lies below the 5 s after which Node closes idle connections:
	// whoever closes first must be the gateway, or a POST may fly into a
	// closed connection.
	idleDefault = 4 * time.Second
	idleMin     = 500 * time.Millisecond
	idlePerHost = 512
	// warmFor bounds how long a connection made by the probe may wait for its
	// first request; servers close those that send no header soon.
	warmFor      = time.Second
	transportBuf = 16 << 10
)

// Target is one endpoint's address with its connections.
type Target struct {
	address  string
	ports    map[string]string
	protocol string

	transport atomic.Pointer[http.Transport]
	idle      atomic.Int64 // nanoseconds, IdleConnTimeout of the transport
	dialLimit atomic.Int64 // nanoseconds
	reached   atomic.Bool  // a connect has succeeded
	silent    atomic.Bool  // no connect succeeds: not to be picked while others can be

	mu   sync.Mutex
	warm net.Conn // the probe's connection, until its first use
}

func newTarget(e Endpoint) *Target {
	t := &Target{address: e.Address, ports: e.Ports, protocol: e.Protocol}
	t.dialLimit.Store(int64(defaults.Dial))
	t.setIdle(idleDefault)
	return t
}

// is reports whether the target is where that endpoint says it is.
func (t *Target) is(e Endpoint) bool {
	return t.address == e.Address && t.protocol == e.Protocol && sameMap(t.ports, e.Ports)
}

func sameMap(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}

// at returns the address of a named port ("" is the main one), "" if there
// is none of that name.
func (t *Target) at(port string) string {
	if port == "" {
		return t.address
	}
	return t.ports[port]
}

func (t *Target) scheme() string {
	if t.protocol == ProtocolHTTPS {
		return "https"
	}
	return "http"
}

func (t *Target) setIdle(d time.Duration) {
	t.idle.Store(int64(d))
	old := t.transport.Swap(t.newTransport(d))
	if old != nil {
		old.CloseIdleConnections()
	}
}

func (t *Target) newTransport(idle time.Duration) *http.Transport {
	p := new(http.Protocols)
	p.SetHTTP1(t.protocol != ProtocolH2C)
	p.SetUnencryptedHTTP2(t.protocol == ProtocolH2C)
	p.SetHTTP2(t.protocol == ProtocolHTTPS)
	return &http.Transport{
		DialContext:           t.dial,
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
func (t *Target) learn(h http.Header) {
	_, rest, ok := strings.Cut(h.Get("Keep-Alive"), "timeout=")
	if !ok {
		return
	}
	digits, _, _ := strings.Cut(rest, ",")
	n, err := strconv.Atoi(strings.TrimSpace(digits))
	if err != nil || n < 0 || n > 3600 {
		return
	}
	if idle := max(time.Duration(n-1)*time.Second, idleMin); int64(idle) != t.idle.Load() {
		t.setIdle(idle)
	}
}

func (t *Target) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if address == t.address {
		if c := t.takeWarm(); c != nil {
			return c, nil
		}
	}
	d := net.Dialer{Timeout: time.Duration(t.dialLimit.Load()), KeepAlive: 15 * time.Second}
	c, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c}, nil
}

// probe makes the one TCP connect before the first request and keeps it warm.
func (t *Target) probe(ctx context.Context) error {
	c, err := t.dial(ctx, "tcp", t.address)
	if err != nil {
		return err
	}
	t.mu.Lock()
	t.warm = c
	t.mu.Unlock()
	time.AfterFunc(warmFor, t.closeWarm)
	t.reached.Store(true)
	t.silent.Store(false)
	return nil
}

func (t *Target) takeWarm() net.Conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.warm
	t.warm = nil
	return c
}

func (t *Target) closeWarm() {
	if c := t.takeWarm(); c != nil {
		c.Close()
	}
}

// close drops idle connections; the target has left the table.
func (t *Target) close() {
	t.closeWarm()
	t.transport.Load().CloseIdleConnections()
}
