package service

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"slipway.dev/events"
)

// Bus is what Run needs of the bus: the log and the hearsay.
type Bus interface {
	Log
	// Wishes and Leases deliver hearsay: first what is kept, then what comes.
	Wishes(ctx context.Context, after events.Position, filters []string, r Reader) error
	Leases(ctx context.Context, filters []string, r Reader) error
	// Measured delivers samples and load windows from now on.
	Measured(ctx context.Context, filters []string, r Reader) error
	// Lease says that a holder is alive, without waiting.
	Lease(subject string, body events.LeaseBody)
	// Dead keeps what could not be read, with the reason.
	Dead(ctx context.Context, participant string, m Message, verdict, reason string) error
}

// idleMax is how long a loop that hears nothing stands still: whoever watches it
// for life, such as systemd, must see it turn.
const idleMax = time.Second

// Options of a run.
type Options struct {
	Copy    string           // names this copy among its twins; shown in its lease, by which they hear of it
	Lease   time.Duration    // renewal of the copy's own lease; 0: none
	Body    events.LeaseBody // of that lease; n and head are filled in
	Logger  zerolog.Logger
	Now     func() time.Time        // nil: the wall clock
	Ready   func()                  // called once, when everything has been caught up
	Applied func(p events.Position) // called after each turn with the position folded
	Behind  func(n uint64)          // called with each message of the log taken: how many are known to be stored behind it
	Start   []byte                  // a snapshot to begin from; nil: the first event
	Stream  string                  // identity of the stream, for the snapshot
	Save    func([]byte)            // called with a snapshot now and then, and at the end
}

// inputs of the loop that wait: more, and whoever brings them waits.
const inputMax = 4096

// clockEvery inputs the clock is looked at while many are taken: a look may cost as much
// as an input.
const clockEvery = 8

// A service that listens to silence watches its own: the loop looks up at each beat,
// and what it hears after standing still for longer tells nothing about others.
const (
	heartbeat  = 100 * time.Millisecond
	standstill = 500 * time.Millisecond // beyond the beat
)

// Run drives a service on a bus until ctx ends. It returns nil then, or the error
// after which going on would be wrong: a newer log, for one.
func Run(ctx context.Context, svc Service, bus Bus, opt Options) error {
	return newRunner(svc, bus, opt).run(ctx)
}

type runner struct {
	svc    Service
	bus    Bus
	opt    Options
	core   *Core
	in     chan input // what came in, to be applied by the one goroutine that owns core
	acts   map[string]*hand
	copies *copier
	wg     sync.WaitGroup
	err    error

	signals int          // kinds of hearsay still to be caught up
	unread  atomic.Int64 // facts read that wait in in
	taking  *fact        // being taken by the loop
	// of the fact taken last: how many are stored behind it, and when it was itself
	behind      uint64
	storedLast  time.Time
	moved       bool        // a fact was taken since the core was told
	asideOfFact func(Aside) // has what is set aside of taking copied
	heard       uint64
	saved       uint64 // of heard, at the last snapshot
	savedAt     time.Time
	began       time.Time
	n           uint64 // own lease renewals
	told        bool
}

func newRunner(svc Service, bus Bus, opt Options) *runner {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	r := &runner{svc: svc, bus: bus, opt: opt, core: NewCore(svc), in: make(chan input, inputMax), acts: map[string]*hand{}, copies: newCopier()}
	r.asideOfFact = func(a Aside) { r.taking.aside(a) }
	return r
}

func (r *runner) run(parent context.Context) error {
	r.begin()
	r.core.Named(r.opt.Copy)
	ctx, cancel := context.WithCancel(parent)
	keeping, cease := context.WithCancel(context.WithoutCancel(parent)) // the copies of what is set aside outlast the stop
	defer r.wg.Wait()
	defer cancel()
	defer cease()
	r.read(keeping, "what is set aside", func() error { return r.copies.run(keeping, r.copy) })
	r.open(ctx)
	timer := time.NewTimer(idleMax)
	defer timer.Stop()
	lease, stopLease := every(r.opt.Lease)
	defer stopLease()
	beat, stopBeat := every(r.beats())
	defer stopBeat()
	last := r.opt.Now()
	for r.err == nil {
		select {
		case <-parent.Done():
			r.copies.finish()
			r.save()
			return nil
		case in := <-r.in:
			in.take()
			r.drain()
			r.lookBack()
		case <-timer.C:
		case <-beat:
		case <-lease:
			r.renew()
		}
		now := r.opt.Now()
		if beat != nil && now.Sub(last) > heartbeat+standstill {
			r.missed(now)
		}
		last = now
		r.turn(ctx, now, timer)
	}
	return r.err
}

// begin takes over a snapshot, if there is one that fits.
func (r *runner) begin() {
	r.began = r.opt.Now()
	r.savedAt = r.began
	if r.opt.Start == nil {
		return
	}
	if err := r.core.Import(r.opt.Start, r.opt.Stream); err != nil {
		r.opt.Logger.Warn().Err(err).Msg("snapshot ignored, folding from the first event")
		r.core = NewCore(r.svc)
	}
}

// beats is how often the loop looks up; never where silence means nothing.
func (r *runner) beats() time.Duration {
	if len(r.svc.Leases) == 0 {
		return 0
	}
	return heartbeat
}

// every ticks; a nil channel and so never for zero.
func every(d time.Duration) (<-chan time.Time, func()) {
	if d <= 0 {
		return nil, func() {}
	}
	t := time.NewTicker(d)
	return t.C, t.Stop
}

// missed tells that hearsay may have been missed. Who has not caught up yet is told
// then.
func (r *runner) missed(now time.Time) {
	if r.core.Ready() {
		r.core.Sense(Signal{Data: Gap{}}, now)
	}
}

// drain takes what has come in meanwhile, but for no longer than a touched key may
// wait under steady traffic.
func (r *runner) drain() {
	until := time.Now().Add(events.DecideDelay)
	for n := range inputMax {
		select {
		case in := <-r.in:
			in.take()
		default:
			return
		}
		if n%clockEvery == 0 && time.Now().After(until) {
			return
		}
	}
}

// turn asks the core what to do now and does it.
func (r *runner) turn(ctx context.Context, now time.Time, timer *time.Timer) {
	step := r.core.Next(now)
	for _, a := range step.Appends {
		r.append(ctx, a)
	}
	for _, id := range step.Cancel {
		r.cancel(id)
	}
	for _, a := range step.Start {
		r.start(ctx, a)
	}
	timer.Reset(idleMax)
	if !step.Due.IsZero() {
		timer.Reset(min(max(step.Due.Sub(r.opt.Now()), 0), idleMax))
	}
	if r.core.Ready() && !r.told {
		r.told = true
		if r.opt.Ready != nil {
			r.opt.Ready()
		}
	}
	if r.opt.Applied != nil {
		r.opt.Applied(r.core.Position())
	}
	if r.snapshotDue(now) {
		r.save()
	}
}
