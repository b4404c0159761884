package deployer

import (
	"strconv"
	"time"

	"slipway.dev/events"
)

const (
	// shareWait is how long after a share has settled a step waits for the windows that
	// tell how it fell out: one is at most five seconds long and closed a second and a half
	// later.
	shareWait = 7 * time.Second
	// shareFresh is how old the newest window may be for more of them to be waited for.
	shareFresh = 7 * time.Second
)

// measured is the share of the requests a release got since its share settled, by the
// windows of it and of what serves beside it over the same time; of how many requests is
// zero where none tells.
func (v view) measured(r *Release) (bp int, of int64) {
	mine, others := v.sinceSettled(r.Number), v.sinceSettled(v.Stable)
	if len(mine) == 0 || len(others) == 0 {
		return 0, 0
	}
	from, to := later(mine[0].From, others[0].From), mine[len(mine)-1].To
	if last := others[len(others)-1].To; last.Before(to) {
		to = last
	}
	got := counted(mine, from, to)
	if of = got + counted(others, from, to); of == 0 {
		return 0, 0
	}
	return int(got * fullBp / of), of
}

// counted are the requests of the windows within a time.
func counted(list []events.Load, from, to time.Time) (n int64) {
	for _, l := range list {
		if !l.From.Before(from) && !l.To.After(to) {
			n += l.Requests
		}
	}
	return n
}

func (v view) sinceSettled(release int) []events.Load {
	return run(v.loads.Get().of[release], v.Route.SettledAt, events.MetricRequestRate)
}

// measuring tells whether the share of a step is about to be told: windows come, there
// are requests, and none of the present share was heard. Where telemetry is missing
// nothing waits for it.
func (v view) measuring(r *Release) bool {
	if !v.routed() || v.now.After(v.measuredBy()) || len(v.sinceSettled(r.Number)) > 0 && len(v.sinceSettled(v.Stable)) > 0 {
		return false
	}
	list := v.loads.Get().of[v.Stable]
	if len(list) == 0 {
		return false
	}
	newest := list[len(list)-1]
	return newest.Requests > 0 && newest.Complete && v.now.Sub(newest.To) < shareFresh
}

// measuredBy is until when a step waits for its share to be measured.
func (v view) measuredBy() time.Time { return v.Route.SettledAt.Add(shareWait) }

func measuredWords(bp int, of int64) string {
	if of == 0 {
		return ""
	}
	return ", " + percent(bp) + " of " + strconv.FormatInt(of, 10) + " requests"
}
