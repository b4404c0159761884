package recovery

import (
	"time"

	"slipway.dev/events"
)

// BadRelease is what becomes of the next release of an app, which cannot serve: it is
// given up within its own deadline and taken back within the time an abort may take.
func BadRelease(injected time.Time, app string, deadline, revert time.Duration) *Watch {
	w := &Watch{Injected: injected}
	mine := func(of events.OfRelease) bool { return of.App == app && of.Release == w.Release && w.Release != 0 }
	w.fails = func(e events.Event) bool {
		switch d := e.Data.(type) {
		case events.ReleaseRefused:
			return d.App == app && w.Release == 0
		case events.ReleaseStranded:
			return mine(d.OfRelease)
		case events.ReleaseSuperseded:
			return mine(d.OfRelease)
		case events.ReleaseCompleted:
			return mine(d.OfRelease)
		}
		return false
	}
	w.Steps = []*Step{
		{What: "given up", Bound: deadline, After: Injection, done: func(e events.Event) bool {
			switch d := e.Data.(type) {
			case events.ReleasePlanned:
				if d.App == app && w.Release == 0 {
					w.Release = d.Release
				}
			case events.RouteShifted:
				if d.App == app && w.Release != 0 {
					w.share(d.Shares)
				}
			case events.ReleaseAborted:
				return mine(d.OfRelease)
			}
			return false
		}},
		{What: "rolled back", Bound: revert, After: 0, done: func(e events.Event) bool {
			d, ok := e.Data.(events.ReleaseRolledBack)
			return ok && mine(d.OfRelease)
		}},
	}
	return w
}

// share notes the largest share that the bad release was to get.
func (w *Watch) share(shares []events.RouteShare) {
	for _, s := range shares {
		if s.Release == w.Release {
			w.ShareBp = max(w.ShareBp, s.ShareBp)
		}
	}
}

// KillService is the recovery of a service whose process is killed: the one step is told
// by Pass, since no fact speaks of a service's life.
func KillService(injected time.Time, within time.Duration) *Watch {
	return &Watch{Injected: injected, Steps: []*Step{
		{What: "another copy has read all", Bound: within, After: Injection, done: func(events.Event) bool { return false }},
	}}
}
