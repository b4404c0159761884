package service

import (
	"context"
	"strings"
	"time"

	"slipway.dev/events"
)

// A snapshot is made after events.SnapshotEvery events heard, or after a while of
// fewer; never more often than its cost allows.
const (
	snapshotMin = 30 * time.Second
	snapshotMax = 5 * time.Minute
)

func (r *runner) renew() {
	r.n++
	b := r.opt.Body
	b.N, b.Head, b.Level, b.Ready = r.n, r.core.Position().Seq, events.Level, r.core.Ready()
	b.Started = r.began.UTC()
	r.bus.Lease(r.leaseSubject(), b)
}

func (r *runner) leaseSubject() string {
	return events.LeaseSubject("service", r.svc.Name+"-"+r.opt.Copy)
}

// twins hears the leases of the service's other copies.
func (r *runner) twins(ctx context.Context) Reader {
	mine, prefix := r.leaseSubject(), events.LeaseSubject("service", r.svc.Name+"-")
	return Reader{
		Deliver: func(m Message) error {
			if m.Subject != mine && strings.HasPrefix(m.Subject, prefix) {
				r.give(ctx, func() { r.core.Twin(m.Stored.Add(twinBeats * r.opt.Lease)) })
			}
			return nil
		},
		CaughtUp: func() {},
		Gap:      func() {},
	}
}

func (r *runner) snapshotDue(now time.Time) bool {
	fresh, age := r.heard-r.saved, now.Sub(r.savedAt)
	return fresh >= events.SnapshotEvery && age >= snapshotMin || fresh > 0 && age >= snapshotMax
}

// save makes a snapshot, unless something was set aside before it whose copy is not
// kept: the next life has to read it again.
func (r *runner) save() {
	if r.opt.Save == nil || !r.core.Ready() || r.copies.owed.Load() > 0 {
		return
	}
	r.saved, r.savedAt = r.heard, r.opt.Now()
	b, err := r.core.Export(r.opt.Stream)
	if err != nil {
		r.opt.Logger.Warn().Err(err).Msg("snapshot")
		return
	}
	r.opt.Save(b)
}
