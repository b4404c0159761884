package proxy

import (
	"context"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"slipway.dev/pkg/balance"
)

// Events hears what becomes of endpoints. Calls come from goroutines of the
// proxy; those about one endpoint come in order.
type Events interface {
	// Closed: no further request will be sent to the endpoint; its drain
	// deadline has begun.
	Closed(app, endpoint string)
	// Drained: its last request and stream have ended or been cut, and its
	// idle connections are closed.
	Drained(app, endpoint string, cut Cut)
	// Quiesced: the app was held at that generation and nothing is in flight;
	// held requests are waiting.
	Quiesced(app string, generation uint64, held int)
	// Judged: the count of an endpoint's requests has begun or ceased to call for its
	// breaker, or a trial of it has ended. It comes on the request's goroutine.
	Judged(j Judged)
}

// Config is what a proxy is made of. Every field may be left out.
type Config struct {
	Events         Events
	Observer       Observer
	TrustedProxies []netip.Prefix // peers whose forwarded headers are believed
	TLS            *TLS           // certificates and challenges; nil: none
}

// Proxy serves the requests of all apps.
type Proxy struct {
	config   Config
	observed bool // somebody hears of answers
	ctx      context.Context
	cancel   context.CancelFunc
	work     sync.WaitGroup // leaving seats, probes, quiescing holds

	streams    context.Context // of every stream
	endStreams context.CancelFunc

	tls   *TLS
	table atomic.Pointer[Table]
	stale atomic.Int64 // unix seconds of the file that is served, 0: not from a file

	mu    sync.Mutex
	desks map[string]*desk

	connectGive time.Duration // connectGive, but for tests
	paceOver    time.Duration // paceOver, but for tests
	writeStall  time.Duration // writeStall, but for tests

	// afterPick, set by a test before it serves, runs between the choice of
	// an endpoint and the entry at its gate.
	afterPick func(app, endpoint string)
}

// desk is where one app's tables are made.
type desk struct {
	turn sync.Mutex // one Apply at a time; guards what only Apply touches
	flow *flow

	want    Desired // as last published
	app     *App    // nil: not in the table
	seats   map[string]*Seat
	judges  map[string]*judge // by endpoint, guarded by Proxy.mu
	ledgers map[uint64]*balance.Ledger
	leaving map[*Seat]bool // guarded by Proxy.mu
}

// New returns a proxy with an empty table. It starts nothing.
func New(c Config) *Proxy {
	if c.Events == nil {
		c.Events = silent{}
	}
	observed := c.Observer != nil
	if !observed {
		c.Observer = silent{}
	}
	if c.TLS == nil {
		c.TLS = &TLS{}
	}
	p := &Proxy{config: c, tls: c.TLS, observed: observed, desks: map[string]*desk{}, connectGive: connectGive, paceOver: paceOver, writeStall: writeStall}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.streams, p.endStreams = context.WithCancel(p.ctx)
	p.table.Store(&Table{})
	return p
}

// Close cuts what is in flight, and returns when all of the proxy's
// goroutines have ended. Drain first.
func (p *Proxy) Close() {
	p.cancel()
	p.work.Wait()
}

// Counts returns the requests and failures by release since the call before
// it; the sum over all calls is what was answered.
func (p *Proxy) Counts(app string) []ReleaseCount { return p.desk(app).flow.delta() }

// Totals returns the requests and failures by release since the proxy was
// made.
func (p *Proxy) Totals(app string) []ReleaseCount { return p.desk(app).flow.totals() }

// InFlight returns the requests and streams inside an endpoint that stands in
// the table.
func (p *Proxy) InFlight(app, endpoint string) int64 {
	d := p.desk(app)
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := d.seats[endpoint]; s != nil {
		return s.inFlight()
	}
	return 0
}

// SetStale says since when the table has been without the log; the zero time
// ends it. Answers carry Slipway-Stale meanwhile.
func (p *Proxy) SetStale(since time.Time) {
	if since.IsZero() {
		p.stale.Store(0)
		return
	}
	p.stale.Store(since.Unix())
}

func (p *Proxy) desk(app string) *desk {
	p.mu.Lock()
	defer p.mu.Unlock()
	d := p.desks[app]
	if d == nil {
		d = &desk{flow: newFlow(), seats: map[string]*Seat{}, judges: map[string]*judge{}, ledgers: map[uint64]*balance.Ledger{}, leaving: map[*Seat]bool{}}
		p.desks[app] = d
	}
	return d
}

// share goes on with the split of the table before, while it is the same.
func (d *desk) share(r *Route, canary Share) *share {
	if d.app != nil && d.app.split.is(canary.Release, canary.ShareBp, r.Sticky) {
		return d.app.split
	}
	s := newShare(r.App, canary.Release, canary.ShareBp, r.Sticky)
	s.generation = r.Generation
	return s
}

// isLeaving reports whether a seat of that endpoint is being drained.
func (d *desk) isLeaving(id string) bool {
	for s := range d.leaving {
		if s.id == id {
			return true
		}
	}
	return false
}
