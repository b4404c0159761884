package deployer

import (
	"strings"
	"time"

	"slipway.dev/events"
)

// known is what the complete windows tell where others between them are missing or lack
// a gateway: of those since the last judgement the newest, together as long as the check's
// window. It is told only where it is beyond the bound: what is not known may be good or
// bad, so what is known may fail a release and never speaks for it.
func (v view) known(r *Release, a *Analysis, c events.AnalysisCheck, t Tally) (f finding, ok bool) {
	if !byRequest(c.Metric) {
		return f, false // a rate is of all requests
	}
	list := complete(v.loads.Get().of[r.Number], later(v.since(r, a), t.To))
	if n := len(list); n == 0 || list[n-1].To.Before(t.To.Add(ms(c.IntervalMs))) {
		return f, false
	}
	first, length := newest(list, ms(c.WindowMs))
	if length < ms(c.WindowMs) {
		return f, false
	}
	f = measure(c, list[first:])
	if f.broken || f.value == nil || !v.compare(c, &f, list[first:]) || verdictOf(c, *f.value, f.baseline()) != events.VerdictFailure {
		return f, false
	}
	_, before := newest(list[:first], ms(c.WindowMs))
	f.known, f.fresh = length, before >= ms(c.WindowMs)
	return f, true
}

// complete are the windows from a moment on of which no gateway is missing.
func complete(list []events.Load, from time.Time) (whole []events.Load) {
	for _, l := range list {
		if l.Complete && !l.From.Before(from) {
			whole = append(whole, l)
		}
	}
	return whole
}

// newest is the first of the last windows that together are as long as is asked for, and
// how long they are.
func newest(list []events.Load, enough time.Duration) (first int, length time.Duration) {
	for first = len(list); first > 0 && length < enough; first-- {
		length += list[first-1].To.Sub(list[first-1].From)
	}
	return first, length
}

// compare measures the stable release in the same windows, if a check asks for it; false
// where they are not known.
func (v view) compare(c events.AnalysisCheck, f *finding, with []events.Load) bool {
	if c.Baseline != events.BaselineStable {
		return true
	}
	var same []events.Load
	for _, l := range complete(v.loads.Get().of[v.Stable], f.from) {
		for _, own := range with {
			if l.From.Equal(own.From) && l.To.Equal(own.To) {
				same = append(same, l)
			}
		}
	}
	own := measure(c, same)
	f.base = own.value
	return len(same) == len(with) && own.value != nil
}

// lacking names the gateways that the newest window of a release lacks.
func (v view) lacking(r *Release, from time.Time) string {
	list := v.loads.Get().of[r.Number]
	if len(list) == 0 || list[len(list)-1].Complete || list[len(list)-1].From.Before(from) {
		return ""
	}
	var names []string
	for _, u := range list[len(list)-1].Unknown {
		if strings.HasPrefix(u, "gateway") {
			names = append(names, u)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return " from " + strings.Join(names, ", ")
}
