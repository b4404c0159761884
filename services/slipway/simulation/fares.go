package simulation

import (
	"fmt"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/sim"
)

// Fates of a release: how it fares, and what is told of it.
const (
	fateGood    = "good"
	fateBad     = "bad"     // four of ten requests fail
	fateIdle    = "idle"    // nobody asks it
	fateUnseen  = "unseen"  // no window tells of it
	fatePartial = "partial" // a gateway is always missing
)

// fares is the metrics service of the world: it publishes a load window of each release
// each second, some of them twice, late, or never. What a release shows before its share
// has settled is the opposite of what it is worth.
type fares struct {
	w       *sim.World
	fate    map[string]string      // app/release -> fate
	last    map[string]int         // app -> newest release
	shares  map[string]map[int]int // app -> release -> basis points
	route   map[string]int         // app -> generation said last
	settled map[string]time.Time   // app -> when it had settled; zero: not yet
	healthy bool                   // from now on all is well and all is told
}

func newFares(w *sim.World) *fares {
	f := &fares{
		w: w, fate: map[string]string{}, last: map[string]int{}, shares: map[string]map[int]int{},
		route: map[string]int{}, settled: map[string]time.Time{},
	}
	w.Observe(func(e events.Event) error { f.hear(e); return nil })
	f.tick()
	return f
}

func nameOf(app string, release int) string { return fmt.Sprintf("%s/%d", app, release) }

func (f *fares) hear(e events.Event) {
	switch d := e.Data.(type) {
	case events.ReleasePlanned:
		f.last[d.App] = d.Release
		f.fate[nameOf(d.App, d.Release)] = fateGood
		if all := []string{fateGood, fateGood, fateBad, fateBad, fateIdle, fateUnseen, fatePartial}; !f.healthy {
			f.fate[nameOf(d.App, d.Release)] = all[f.w.Rand().IntN(len(all))]
		}
	case events.RouteShifted:
		f.shares[d.App], f.route[d.App], f.settled[d.App] = map[int]int{}, d.Generation, time.Time{}
		for _, s := range d.Shares {
			f.shares[d.App][s.Release] = s.ShareBp
		}
	case events.SettlementReached:
		if f.settled[d.App].IsZero() && d.Generation >= f.route[d.App] {
			f.settled[d.App] = e.Stored
		}
	}
}

// tick publishes the windows of the second that has passed.
func (f *fares) tick() {
	f.w.After(time.Second, func() {
		to := f.w.Now().Truncate(time.Second)
		for _, app := range service.Sorted(f.last) {
			for n := max(1, f.last[app]-3); n <= f.last[app]; n++ {
				f.window(app, n, to)
			}
		}
		f.tick()
	})
}

const (
	fareRequests = 1_000_000 // of an app in a second, so that a hundredth of a percent has some
	fareShown    = 100       // of a release without a share: at its preview
)

func (f *fares) window(app string, release int, to time.Time) {
	fate := f.fate[nameOf(app, release)]
	l := events.Load{App: app, Release: release, From: to.Add(-time.Second), To: to, Complete: fate != fatePartial}
	l.Requests = int64(fareRequests / 10_000 * f.shares[app][release])
	if l.Requests == 0 {
		l.Requests = fareShown
	}
	bad := fate == fateBad
	if settled := f.settled[app]; f.shares[app][release] > 0 && (settled.IsZero() || l.From.Before(settled)) {
		bad = !bad // of another share
	}
	if bad {
		l.Errors = l.Requests * 4 / 10
	}
	if fate == fateIdle {
		l.Requests, l.Errors = 0, 0
	}
	l.Latency = events.LoadLatency{Schema: events.HistogramSchema, Count: uint64(l.Requests), Buckets: map[int]uint64{-40: uint64(l.Requests)}}
	copies := 1
	if r := f.w.Rand(); !f.healthy {
		copies = []int{0, 1, 1, 1, 1, 1, 1, 1, 2, 2}[r.IntN(10)]
	}
	for range copies {
		if fate == fateUnseen {
			return
		}
		f.w.After(time.Duration(f.w.Rand().IntN(1500))*time.Millisecond, func() {
			f.w.Measure(events.LoadSubject(app), service.Measured{Source: "/slipway/metrics", Time: to, Data: l})
		})
	}
}
