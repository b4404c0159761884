package edge

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/ship"
	"slipway.dev/services/gateway"
	"slipway.dev/services/gateway/proxy"
)

// Bus is what the driver needs of the bus.
type Bus interface {
	// Lease says that a holder is alive, without waiting.
	Lease(subject string, body events.LeaseBody)
}

// Config of a driver. Name and Listen are needed.
type Config struct {
	Name       string   // the gateway's slot: gw1-a
	Node       string   // the node it runs on; empty: none
	Listen     []string // host:port of each listener
	Table      string   // file of the last table; empty: none is kept
	Pid        int
	LeaseEvery time.Duration // renewal of the lease until Renew says otherwise; 0 is one server's
	Drain      time.Duration // most time for what is in flight at a clean end; 0 is DrainMax
	Linger     time.Duration // of that, how long idle clients may still send; 0 is LingerMax
	Streams    time.Duration // how long streams live on once a successor serves; 0 is StreamsMax
	Proxy      proxy.Config  // its Events are the driver's own
	Logger     zerolog.Logger
	TLS        *TLS // nil: no TLS listener, challenges alone are answered

	Hearsay ship.Bus // takes samples and access records; nil: none are made
	Ring    int      // bytes of each that wait while it takes none; 0 is 16 MiB

	// Usurped is called where another process has joined by this name; nil: nothing.
	Usurped func(incarnation int)

	// Cut keeps this process from the bus until ctx ends, for a drill; nil: it cannot.
	Cut func(ctx context.Context)

	// Open opens a listener; nil listens on TCP.
	Open func(address string) (net.Listener, error)
	// Opened is called when every listener is open; nil: nobody asks.
	Opened func()
}

// Times of a clean end: draining, drained and left are said within three seconds.
const (
	LeaveMax  = 3 * time.Second
	DrainMax  = 2 * time.Second
	LingerMax = 200 * time.Millisecond
)

const beatEvery = time.Second

// Driver is a gateway's hands. It is watched once: what it counts begins with it.
type Driver struct {
	cfg   Config
	bus   Bus
	proxy *proxy.Proxy
	certs *keyring
	told  *teller // nil: nothing is told
	nonce string
	sense atomic.Pointer[func(service.Signal)]
	head  atomic.Pointer[events.Position]
	lag   atomic.Uint64
	born  atomic.Bool  // the first act has come: joined
	dirty atomic.Bool  // the table is newer than its file
	every atomic.Int64 // renewal of the lease, in ns
	gone  chan struct{}
	once  sync.Once
	heir  atomic.Bool // a successor serves: what is left here may take its time

	mu      sync.Mutex
	apps    map[string]*app
	state   proxy.State
	servers []server
	open    []net.Listener
	opening bool                     // the listeners may be open
	inlets  map[string]*inlet        // of the mesh, by app
	ports   map[int]*proxy.TCPServer // of TCP routes; nil: it could not be had yet
	shut    map[string][]string      // by app, why that is
}

// New makes a driver. It starts nothing.
func New(cfg Config, bus Bus) *Driver {
	if cfg.LeaseEvery <= 0 {
		cfg.LeaseEvery = events.LeaseEvery
	}
	if cfg.Drain <= 0 {
		cfg.Drain = DrainMax
	}
	if cfg.Linger <= 0 {
		cfg.Linger = LingerMax
	}
	if cfg.Streams <= 0 {
		cfg.Streams = StreamsMax
	}
	if cfg.Opened == nil {
		cfg.Opened = func() {}
	}
	if cfg.Open == nil {
		cfg.Open = func(address string) (net.Listener, error) { return net.Listen("tcp", address) }
	}
	d := &Driver{cfg: cfg, bus: bus, nonce: nonce(), gone: make(chan struct{}), apps: map[string]*app{}, inlets: map[string]*inlet{}, ports: map[int]*proxy.TCPServer{}, state: proxy.Starting}
	d.Renew(cfg.LeaseEvery)
	d.certs = newKeyring(cfg.TLS)
	cfg.Proxy.Events, cfg.Proxy.TLS = outcome{d}, d.certs.tls
	if cfg.Hearsay != nil {
		d.told = newTeller(cfg.Name, cfg.Hearsay, cfg.Ring)
		d.told.loads = func() []proxy.Load { return d.proxy.Loads() }
		d.told.meters.lag = d.lag.Load
		cfg.Proxy.Observer = d.told
	}
	d.proxy = proxy.New(cfg.Proxy)
	return d
}

func nonce() string {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// Renew sets how often the lease is renewed from its next renewal on: how often is well
// is the bus's to tell, and a driver is made before its bus is there.
func (d *Driver) Renew(every time.Duration) { d.every.Store(int64(every)) }

// Folded notes the position up to which the log is folded: for the lease and the
// table file.
func (d *Driver) Folded(p events.Position) { d.head.Store(&p) }

// Behind notes how many events of the log are known to be stored and not yet folded.
func (d *Driver) Behind(n uint64) { d.lag.Store(n) }

func (d *Driver) position() events.Position {
	if p := d.head.Load(); p != nil {
		return *p
	}
	return events.Position{}
}

// Watch tells of this start, then each second what was counted.
func (d *Driver) Watch(ctx context.Context, sense func(service.Signal), ready func()) error {
	d.sense.Store(&sense)
	d.tell(gateway.Boot{Nonce: d.nonce})
	d.reload()
	d.covers()
	ready()
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	for {
		d.reload()
		d.tell(gateway.Beat{Totals: d.totals(), Troubled: d.troubled(), Shut: d.shutPorts()})
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-beat.C:
			d.save()
			d.mesh()
		}
	}
}

// Do does one act of the decider.
func (d *Driver) Do(ctx context.Context, a service.Act) {
	d.born.Store(true)
	switch act := a.Data.(type) {
	case gateway.Lease:
		d.lease(ctx, act)
	case gateway.Desired:
		d.serve(ctx, act)
	case gateway.Listen:
		d.listen(ctx)
	case gateway.Health:
		d.healthy(ctx, act)
	case gateway.Empty:
		d.empty(ctx)
	case gateway.Standing:
		d.proxy.Stand(act.App, act.Endpoint, proxy.Standing{Out: act.Out, Trial: act.Trial, Number: act.Number})
		<-ctx.Done()
	case gateway.Certificates:
		d.certificates(ctx, act)
	case gateway.Challenges:
		d.challenges(ctx, act)
	case gateway.OpenAccount:
		d.openAccount(ctx, act)
	case gateway.Obtains:
		d.obtain(ctx, act)
	case gateway.Probe:
		d.probe(ctx, act)
	case gateway.Usurped:
		d.become(proxy.CutOff)
		if d.cfg.Usurped != nil {
			d.cfg.Usurped(act.Incarnation)
		}
		<-ctx.Done()
	case gateway.Cut:
		d.cut(ctx, act)
	case gateway.Gone:
		d.once.Do(func() { close(d.gone) })
	}
}

func (d *Driver) tell(data any) {
	if sense := d.sense.Load(); sense != nil {
		(*sense)(service.Signal{Data: data})
	}
}

// totals are the counts of every app since the driver was made.
func (d *Driver) totals() map[string]gateway.Totals {
	all := map[string]gateway.Totals{}
	for _, name := range d.names() {
		all[name] = d.counted(name)
	}
	return all
}

// troubled are the endpoints that fail, or whose breaker has moved.
func (d *Driver) troubled() (all []gateway.Judged) {
	for _, j := range d.proxy.Troubled() {
		all = append(all, gateway.Judged(j))
	}
	return all
}

func (d *Driver) counted(app string) (t gateway.Totals) {
	for _, c := range d.proxy.Totals(app) {
		t = append(t, events.ReleaseCount{Release: int(c.Release), Requests: int64(c.Requests), Failures: int64(c.Failures)})
	}
	return t
}

// outcome hears the proxy.
type outcome struct{ *Driver }

// Closed is proxy.Events'.
func (o outcome) Closed(app, endpoint string) {
	o.tell(gateway.Closed{App: app, Endpoint: endpoint})
}

// Drained is proxy.Events'.
func (o outcome) Drained(app, endpoint string, cut proxy.Cut) {
	if cut.InFlight != 0 { // cannot be: a gate is done only when empty
		o.cfg.Logger.Error().Str("app", app).Str("endpoint", endpoint).Int64("inFlight", cut.InFlight).Msg("drain not believed")
		return
	}
	o.outside(app, endpoint)
	o.tell(gateway.Drained{
		App: app, Endpoint: endpoint, Requests: int(cut.Requests), Streams: int(cut.Streams), Totals: o.counted(app),
	})
}

// Judged is proxy.Events'.
func (o outcome) Judged(j proxy.Judged) { o.tell(gateway.Judged(j)) }

// Quiesced is proxy.Events'.
func (o outcome) Quiesced(app string, generation uint64, held int) {
	o.tell(gateway.Quiesced{App: app, Generation: int(generation), Held: held})
}
