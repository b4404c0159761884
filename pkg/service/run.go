package service

import (
	"context"
	"errors"
	"fmt"
	"sync"
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
	// Lease says that a holder is alive, without waiting.
	Lease(subject string, body events.LeaseBody)
	// Dead keeps what could not be read, with the reason.
	Dead(ctx context.Context, participant string, m Message, verdict, reason string) error
}

// Options of a run.
type Options struct {
	Copy    string           // names this copy among its twins; shown in its lease
	Lease   time.Duration    // renewal of the copy's own lease; 0: none
	Body    events.LeaseBody // of that lease; n and head are filled in
	Logger  zerolog.Logger
	Now     func() time.Time        // nil: the wall clock
	Ready   func()                  // called once, when everything has been caught up
	Applied func(p events.Position) // called after each turn with the position folded
	Start   []byte                  // a snapshot to begin from; nil: the first event
	Stream  string                  // identity of the stream, for the snapshot
	Save    func([]byte)            // called with a snapshot now and then, and at the end
}

// inputs of the loop that wait: more, and whoever brings them waits.
const inputMax = 4096

// standstill is how long a turn may take before hearsay counts as missed.
const standstill = 500 * time.Millisecond

// Run drives a service on a bus until ctx ends. It returns nil then, or the error
// after which going on would be wrong: a newer log, for one.
func Run(ctx context.Context, svc Service, bus Bus, opt Options) error {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	r := &runner{svc: svc, bus: bus, opt: opt, core: NewCore(svc), in: make(chan func(), inputMax), acts: map[string]context.CancelFunc{}}
	if opt.Start != nil {
		if err := r.core.Import(opt.Start, opt.Stream); err != nil {
			opt.Logger.Warn().Err(err).Msg("snapshot ignored, folding from the first event")
			r.core = NewCore(svc)
		}
	}
	return r.run(ctx)
}

type runner struct {
	svc  Service
	bus  Bus
	opt  Options
	core *Core
	in   chan func() // what came in, to be applied by the one goroutine that owns core
	acts map[string]context.CancelFunc
	wg   sync.WaitGroup
	err  error

	signals int // kinds of hearsay still to be caught up
	saved   uint64
	heard   uint64
	n       uint64 // own lease renewals
	told    bool
}

func (r *runner) run(parent context.Context) error {
	ctx, cancel := context.WithCancel(parent)
	defer r.wg.Wait()
	defer cancel()
	r.open(ctx)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var lease <-chan time.Time
	if r.opt.Lease > 0 {
		t := time.NewTicker(r.opt.Lease)
		defer t.Stop()
		lease = t.C
	}
	last := r.opt.Now()
	for r.err == nil {
		select {
		case <-parent.Done():
			r.save()
			return nil
		case f := <-r.in:
			f()
			r.drain()
		case <-timer.C:
		case <-lease:
			r.renew()
		}
		now := r.opt.Now()
		if now.Sub(last) > standstill+r.idle(timer) {
			last = now
		}
		last = now
		r.turn(ctx, now, timer)
	}
	return r.err
}

// idle is a seam for standstill detection: a loop that waited for input stood still
// by choice.
func (r *runner) idle(*time.Timer) time.Duration { return time.Hour }

// drain takes what has come in meanwhile, but for no longer than a touched key may
// wait under steady traffic.
func (r *runner) drain() {
	until := time.Now().Add(events.DecideDelay)
	for range inputMax {
		select {
		case f := <-r.in:
			f()
		default:
			return
		}
		if time.Now().After(until) {
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
		if stop, ok := r.acts[id]; ok {
			stop()
			delete(r.acts, id)
		}
	}
	for _, a := range step.Start {
		r.start(ctx, a)
	}
	timer.Reset(time.Hour)
	if !step.Due.IsZero() {
		timer.Reset(max(step.Due.Sub(r.opt.Now()), 0))
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
	if r.heard-r.saved >= events.SnapshotEvery {
		r.save()
	}
}

func (r *runner) append(ctx context.Context, a Append) {
	r.spawn(func() {
		res, err := r.bus.Append(ctx, a.Guard, a.Expected, a.Events)
		if err != nil && ctx.Err() == nil {
			r.note(err, a)
		}
		r.give(ctx, func() { r.core.Appended(a, res, err, r.opt.Now()) })
	})
}

func (r *runner) note(err error, a Append) {
	var conflict *ErrConflict
	if errors.As(err, &conflict) {
		r.opt.Logger.Debug().Err(err).Msg("a twin was first")
		return
	}
	r.opt.Logger.Warn().Err(err).Str("guard", a.Guard).Int("events", len(a.Events)).Msg("append")
}

func (r *runner) start(ctx context.Context, a Act) {
	actx, stop := context.WithCancel(ctx)
	r.acts[a.ID] = stop
	r.spawn(func() {
		defer stop()
		r.svc.Driver.Do(actx, a)
		r.give(ctx, func() {
			r.core.Done(a.ID)
		})
	})
}

// open starts the readers; each tells when it has caught up once.
func (r *runner) open(ctx context.Context) {
	r.read(ctx, "log", func() error {
		return r.bus.Read(ctx, r.core.Position(), r.svc.Filters, Reader{
			Deliver:  func(m Message) error { return r.deliver(ctx, m) },
			CaughtUp: func() { r.give(ctx, func() { r.core.CaughtUp(r.opt.Now()) }) },
			Gap:      func() {},
		})
	})
	r.signals = len(nonempty(r.svc.Wishes)) + len(nonempty(r.svc.Leases))
	if len(r.svc.Wishes) > 0 {
		r.read(ctx, "wishes", func() error {
			return r.bus.Wishes(ctx, events.Position{}, r.svc.Wishes, r.hearsay(ctx, r.wish))
		})
	}
	if len(r.svc.Leases) > 0 {
		r.read(ctx, "leases", func() error {
			return r.bus.Leases(ctx, r.svc.Leases, r.hearsay(ctx, r.lease))
		})
	}
	if r.signals == 0 {
		r.core.SignalsCaughtUp(r.opt.Now())
	}
	if r.svc.Driver == nil {
		r.core.HandsReady(r.opt.Now())
		return
	}
	r.read(ctx, "driver", func() error {
		return r.svc.Driver.Watch(ctx,
			func(s Signal) { r.give(ctx, func() { r.core.Sense(s, r.opt.Now()) }) },
			func() { r.give(ctx, func() { r.core.HandsReady(r.opt.Now()) }) })
	})
}

func nonempty(filters []string) []int {
	if len(filters) == 0 {
		return nil
	}
	return []int{1}
}

func (r *runner) hearsay(ctx context.Context, deliver func(Message) (Signal, error)) Reader {
	return Reader{
		Deliver: func(m Message) error {
			s, err := deliver(m)
			if err != nil {
				return r.bus.Dead(ctx, r.svc.Participant(), m, "unreadable", err.Error())
			}
			r.give(ctx, func() { r.core.Sense(s, r.opt.Now()) })
			return nil
		},
		CaughtUp: func() {
			r.give(ctx, func() {
				if r.signals--; r.signals == 0 {
					r.core.SignalsCaughtUp(r.opt.Now())
				}
			})
		},
		Gap: func() { r.give(ctx, func() { r.core.Sense(Signal{Data: Gap{}}, r.opt.Now()) }) },
	}
}

// read runs a reader until ctx ends; an error of its own ends the run.
func (r *runner) read(ctx context.Context, name string, f func() error) {
	r.spawn(func() {
		if err := f(); err != nil && ctx.Err() == nil {
			r.give(ctx, func() { r.err = fmt.Errorf("read %s: %w", name, err) })
		}
	})
}

func (r *runner) spawn(f func()) {
	r.wg.Add(1)
	go func() {
		defer r.wg.Done()
		f()
	}()
}

// give hands something to the loop; a full loop makes the giver wait.
func (r *runner) give(ctx context.Context, f func()) {
	select {
	case r.in <- f:
	case <-ctx.Done():
	}
}

func (r *runner) renew() {
	r.n++
	b := r.opt.Body
	b.N, b.Head, b.Level = r.n, r.core.Position().Seq, events.Level
	r.bus.Lease(events.LeaseSubject("service", r.svc.Name+"-"+r.opt.Copy), b)
}

func (r *runner) save() {
	if r.opt.Save == nil || !r.core.Ready() {
		return
	}
	r.saved = r.heard
	b, err := r.core.Export(r.opt.Stream)
	if err != nil {
		r.opt.Logger.Warn().Err(err).Msg("snapshot")
		return
	}
	r.opt.Save(b)
}
