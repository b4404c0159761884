package edge

import (
	"maps"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"slipway.dev/pkg/samples"
	"slipway.dev/services/gateway/proxy"
)

// The families that requests are counted in.
var (
	requestsTotal   = samples.Metric{Name: "slipway_requests_total", Help: "Requests answered, by class of status and whose doing it was."}
	requestSeconds  = samples.Metric{Name: "slipway_request_duration_seconds", Help: "From a request's header to its last byte; streams are not in it."}
	upstreamSeconds = samples.Metric{Name: "slipway_upstream_duration_seconds", Help: "From a request's header to its endpoint's first byte."}
	bytesIn         = samples.Metric{Name: "slipway_request_bytes_total", Unit: "bytes", Help: "Bytes of requests' bodies."}
	bytesOut        = samples.Metric{Name: "slipway_response_bytes_total", Unit: "bytes", Help: "Bytes of answers' bodies."}
	retriesTotal    = samples.Metric{Name: "slipway_retries_total", Help: "Requests sent to another endpoint, by reason."}
	cutTotal        = samples.Metric{Name: "slipway_cut_total", Help: "Requests and streams cut at the drain deadline of their endpoint."}
	connectFailed   = samples.Metric{Name: "slipway_connect_failed_total", Help: "Attempts at which no connection came about."}
)

// Whose doing an answer was: errors are 5xx by a backend, and all by the gateway.
const (
	causeBackend = iota
	causeGateway
	causeClient
	causes
)

var (
	causeNames = [causes]string{"backend", "gateway", "client"}
	classNames = [classes]string{"1xx", "2xx", "3xx", "4xx", "5xx"}
)

const classes = 5

// goneQuiet is how long the series of who has left the table are kept: an answer may be
// counted a moment after its endpoint was drained.
const goneQuiet = time.Minute

// about is what series are told apart by.
type about struct {
	app, endpoint string
	release       uint64
}

func (a about) labels(more ...string) []string {
	return append([]string{"app", a.app, "release", number(a.release), "endpoint", a.endpoint}, more...)
}

// number is a release as a label; 0 is none.
func number(n uint64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatUint(n, 10)
}

// account counts the answers of one endpoint, or of the gateway itself.
type account struct {
	answers         [classes][causes]atomic.Pointer[samples.Counter]
	took, firstByte *samples.Histogram
	in, out         *samples.Counter
	noDial          *samples.Counter // guarded by meters.mu; nil: none yet

	rows []*samples.Row // guarded by meters.mu
	gone time.Time      // since when it is not in the table; zero: it is
}

// meters count what the proxy answers.
type meters struct {
	set      *samples.Set
	accounts atomic.Pointer[map[about]*account]

	lag func() uint64 // events of the log not yet folded; nil: nobody knows

	mu     sync.Mutex // of everything below, and of a new account
	rare   map[rareKey]*samples.Counter
	levels map[levelKey]*level
}

// rareKey tells counters apart that few requests reach.
type rareKey struct{ name, app, word string }

func newMeters() *meters {
	m := &meters{set: samples.NewSet(), rare: map[rareKey]*samples.Counter{}, levels: map[levelKey]*level{}}
	m.accounts.Store(&map[about]*account{})
	return m
}

// answered counts one request: a look-up and some additions, no lock, no memory.
func (m *meters) answered(r *proxy.Record) {
	who := about{r.App, r.Endpoint, r.Release}
	a := (*m.accounts.Load())[who]
	if a == nil {
		a = m.account(who)
	}
	class, cause := verdict(r)
	n := a.answers[class][cause].Load()
	if n == nil {
		n = m.answer(a, who, class, cause)
	}
	n.Add(1)
	if !r.Stream {
		a.took.Observe(r.Duration)
	}
	if r.FirstByte > 0 {
		a.firstByte.Observe(r.FirstByte)
	}
	if r.BytesIn > 0 {
		a.in.Add(uint64(r.BytesIn))
	}
	if r.BytesOut > 0 {
		a.out.Add(uint64(r.BytesOut))
	}
	if r.RetryReason != "" {
		m.count(retriesTotal, rareKey{retriesTotal.Name, r.App, r.RetryReason}, "app", r.App, "reason", r.RetryReason)
	}
	if r.Code == proxy.CodeDrainDeadline {
		m.count(cutTotal, rareKey{cutTotal.Name, r.App, ""}, "app", r.App)
	}
}

// verdict is an answer's class, and whose doing it was. A client that left without an
// answer is in the class of clients' errors.
func verdict(r *proxy.Record) (class, cause int) {
	class = min(max(r.Status/100, 1), classes) - 1
	switch {
	case r.Code == proxy.CodeClientGone:
		if r.Status == 0 {
			class = 3
		}
		return class, causeClient
	case r.Code == "" || !r.Failed && r.Status < 400:
		return class, causeBackend
	case r.Failed:
		return class, causeGateway
	}
	return class, causeClient
}

// account begins to count for somebody new.
func (m *meters) account(who about) *account {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := *m.accounts.Load()
	if a := now[who]; a != nil {
		return a
	}
	a := &account{took: samples.NewHistogram(), firstByte: samples.NewHistogram(), in: samples.NewCounter(), out: samples.NewCounter()}
	l := who.labels()
	a.rows = []*samples.Row{
		m.set.Histogram(requestSeconds, a.took, l...), m.set.Histogram(upstreamSeconds, a.firstByte, l...),
		m.set.Counter(bytesIn, a.in, l...), m.set.Counter(bytesOut, a.out, l...),
	}
	next := maps.Clone(now)
	next[who] = a
	m.accounts.Store(&next)
	return a
}

// answer begins to count answers of a class and cause.
func (m *meters) answer(a *account, who about, class, cause int) *samples.Counter {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := a.answers[class][cause].Load(); n != nil {
		return n
	}
	n := samples.NewCounter()
	a.rows = append(a.rows, m.set.Counter(requestsTotal, n, who.labels("class", classNames[class], "cause", causeNames[cause])...))
	a.answers[class][cause].Store(n)
	return n
}

// dialFailed counts an attempt without a connection.
func (m *meters) dialFailed(a proxy.Attempt) {
	who := about{a.App, a.Endpoint, a.Release}
	x := m.account(who)
	m.mu.Lock()
	defer m.mu.Unlock()
	if x.noDial == nil {
		x.noDial = samples.NewCounter()
		x.rows = append(x.rows, m.set.Counter(connectFailed, x.noDial, who.labels()...))
	}
	x.noDial.Add(1)
}

func (m *meters) count(what samples.Metric, key rareKey, labels ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.rare[key]
	if c == nil {
		c = samples.NewCounter()
		m.rare[key] = c
		m.set.Counter(what, c, labels...)
	}
	c.Add(1)
}

// forget lets the series of those end who have been out of the table for a while.
func (m *meters) forget(here func(about) bool, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	next := maps.Clone(*m.accounts.Load())
	for who, a := range next {
		switch {
		case here(who):
			a.gone = time.Time{}
		case a.gone.IsZero():
			a.gone = now
		case now.Sub(a.gone) >= goneQuiet:
			m.set.End(a.rows...)
			delete(next, who)
		}
	}
	m.accounts.Store(&next)
}
