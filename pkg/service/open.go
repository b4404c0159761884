package service

import (
	"context"
	"fmt"
	"slices"

	"slipway.dev/events"
)

// open starts the readers; each tells when it has caught up once.
func (r *runner) open(ctx context.Context) {
	after := r.core.Position()
	r.read(ctx, "log", func() error {
		return r.bus.Read(ctx, after, r.filters(), Reader{
			Deliver:  func(m Message) error { return r.deliver(ctx, m) },
			CaughtUp: func() { r.give(ctx, r.caughtUp) },
			Gap:      func() { r.give(ctx, func() { r.missed(r.opt.Now()) }) },
		})
	})
	r.signals = 1
	r.read(ctx, "wishes", func() error {
		return r.bus.Wishes(ctx, events.Position{}, r.wishes(), r.hearsay(ctx, func(m Message) (Signal, error) { return r.wish(ctx, m) }))
	})
	if len(r.svc.Filters) > 0 { // what others of its service dropped lies outside of what it reads
		r.signals++
		dropped := []string{events.Filter("", ownerOf(r.svc), "", "letter", "dropped")}
		r.read(ctx, "letters of its service", func() error {
			return r.bus.Read(ctx, events.Position{}, dropped, r.hearsay(ctx, r.elsewhere))
		})
	}
	if len(r.svc.Leases) > 0 {
		r.signals++
		r.read(ctx, "leases", func() error {
			return r.bus.Leases(ctx, r.svc.Leases, r.hearsay(ctx, r.lease))
		})
	}
	if len(r.svc.Telemetry) > 0 {
		r.read(ctx, "telemetry", func() error { return r.bus.Measured(ctx, r.svc.Telemetry, r.measured(ctx)) })
	}
	if r.opt.Lease > 0 && r.svc.Place == "" { // a node's or gateway's second copy is no twin
		r.read(ctx, "twins", func() error {
			return r.bus.Leases(ctx, []string{events.LeaseSubject("service") + ".*"}, r.twins(ctx))
		})
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

// caughtUp also ends being behind: what is left of the log may match no filter, and
// then nothing comes that could tell.
func (r *runner) caughtUp() {
	r.core.SetBehind(false)
	r.moved = false
	r.core.CaughtUp(r.opt.Now())
}

// filters are what is read of the log. One filter is five times as fast as many, and
// shows holes.
func (r *runner) filters() []string {
	if len(r.svc.Filters) == 0 {
		return []string{events.Filter("", "", "", "", "")}
	}
	return r.svc.Filters
}

// wishes are what is asked of the service and of its voice.
func (r *runner) wishes() []string {
	me := r.svc.Participant()
	return append(slices.Clone(r.svc.Wishes), events.Wish("requeue", "*", "", me), events.Wish("drop", "*", "", me))
}

func (r *runner) hearsay(ctx context.Context, deliver func(Message) (Signal, error)) Reader {
	return Reader{
		Deliver: func(m Message) error {
			s, err := deliver(m)
			if err != nil {
				return r.bus.Dead(ctx, r.svc.Participant(), m, "unreadable", err.Error())
			}
			r.give(ctx, func() { r.copying(ctx, func() { r.core.Sense(s, r.opt.Now()) }, m) })
			return nil
		},
		CaughtUp: func() {
			r.give(ctx, func() {
				if r.signals--; r.signals == 0 {
					r.core.SignalsCaughtUp(r.opt.Now())
				}
			})
		},
		Gap: func() { r.give(ctx, func() { r.missed(r.opt.Now()) }) },
	}
}

// measured senses what is measured. Nothing waits for it, and what is missing says so
// by itself: a gap in it is no gap in what is heard of others' lives.
func (r *runner) measured(ctx context.Context) Reader {
	return Reader{Deliver: func(m Message) error {
		t, err := events.ParseTelemetry(m.Body)
		var data any
		if err == nil {
			data, err = t.Decode()
		}
		if err != nil {
			return r.bus.Dead(ctx, r.svc.Participant(), m, "unreadable", err.Error())
		}
		r.give(ctx, func() { r.core.Sense(Signal{Data: Measured{Source: t.Source, Time: t.Time, Data: data}}, r.opt.Now()) })
		return nil
	}}
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
func (r *runner) give(ctx context.Context, f func()) { r.hand(ctx, word(f)) }

func (r *runner) hand(ctx context.Context, in input) {
	select {
	case r.in <- in:
	case <-ctx.Done():
	}
}
