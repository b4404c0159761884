package deployer

import (
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

const (
	loadLongest = time.Minute      // no window is longer: one that says so is not of our metrics
	loadAhead   = time.Minute      // a window that ends later than this would keep out all that are true
	loadAfter   = 15 * time.Second // kept beyond what any check looks at: a window may come late
	loadMost    = 1200             // windows kept of a release; beyond it the older ones are summed in pairs
)

// loads is hearsay of how the releases of an app fare: load windows, the oldest first,
// none of which begins before the one before it ended.
type loads struct {
	of    map[int][]events.Load
	since time.Time // listening without a gap
}

// measuredTouched tells whose windows a signal brings.
func measuredTouched(sig service.Signal) []string {
	if m, ok := sig.Data.(service.Measured); ok {
		if l, ok := m.Data.(events.Load); ok && l.App != "" {
			return []string{l.App}
		}
	}
	return nil
}

// senseLoad keeps a window of a release that serves or is on its way. Of twins' windows
// the first counts; one that begins before the last one's end is dropped.
func (a *App) senseLoad(sig service.Signal, now time.Time) {
	h := a.loads.Get()
	if sig.Data == (service.Gap{}) {
		h.since = now
		return
	}
	m, _ := sig.Data.(service.Measured)
	l, ok := m.Data.(events.Load)
	if !ok || l.App != a.Name || l.Release == 0 || l.Release != a.Live && l.Release != a.Stable {
		return
	}
	length := l.To.Sub(l.From)
	if length <= 0 || length > loadLongest || l.To.After(now.Add(loadAhead)) {
		return
	}
	if h.of == nil {
		h.of = map[int][]events.Load{}
	}
	list := h.of[l.Release]
	if n := len(list); n > 0 && l.From.Before(list[n-1].To) {
		return
	}
	if a.Live == 0 {
		list = nil // nobody is judged: the newest tells that windows come
	}
	h.of[l.Release] = compact(append(list, l), l.To.Add(-a.looksBack()))
	for release := range h.of {
		if release != a.Live && release != a.Stable {
			delete(h.of, release)
		}
	}
}

// looksBack is how long a window may matter.
func (a *App) looksBack() time.Duration {
	longest := int64(0)
	if a.Accepted != nil {
		for _, c := range checksOf(a.Accepted.Document.Deploy) {
			longest = max(longest, c.WindowMs, absentIntervals*c.IntervalMs)
		}
	}
	return ms(longest) + loadAfter
}

// checksOf are all checks of a policy.
func checksOf(p events.DeployPolicy) (all []events.AnalysisCheck) {
	if x := p.Analysis; x != nil {
		all = append(append(append(all, x.Background...), x.PrePromotion...), x.PostPromotion...)
	}
	for _, s := range p.Steps {
		all = append(all, s.Analysis...)
	}
	return all
}

// compact drops what ended before a moment, and sums neighbours where too many are left.
func compact(list []events.Load, before time.Time) []events.Load {
	for len(list) > 0 && list[0].To.Before(before) {
		list = list[1:]
	}
	if len(list) <= loadMost {
		return list
	}
	half := len(list) / 2
	kept := make([]events.Load, 0, len(list))
	for i := 0; i < half; i++ {
		if i+1 < half && joins(list[i], list[i+1]) {
			kept = append(kept, join(list[i], list[i+1]))
			i++
			continue
		}
		kept = append(kept, list[i])
	}
	return append(kept, list[half:]...)
}

// joins tells whether two windows tell the same as their sum.
func joins(a, b events.Load) bool {
	return a.To.Equal(b.From) && a.Complete == b.Complete && sound(a) && sound(b) &&
		(a.CPU == nil) == (b.CPU == nil) && (a.Memory == nil) == (b.Memory == nil)
}

// join sums two neighbouring windows; of what is a level the later one's stays.
func join(a, b events.Load) events.Load {
	b.From, b.Requests, b.Errors, b.Aborted = a.From, a.Requests+b.Requests, a.Errors+b.Errors, a.Aborted+b.Aborted
	b.Latency = a.Latency.Add(b.Latency)
	return b
}

// sound tells whether a window does not contradict itself.
func sound(l events.Load) bool {
	return l.Errors >= 0 && l.Requests >= l.Errors && (l.Latency.Count == 0 || l.Latency.Schema == events.HistogramSchema)
}
