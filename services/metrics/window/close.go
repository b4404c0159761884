package window

import (
	"maps"
	"math"
	"slices"
	"time"

	"slipway.dev/events"
)

// Close closes every window whose time has come and returns them by app, release and
// time.
func (f *Fold) Close(now time.Time, st Standing) (closed []events.Load) {
	before, edge := f.edge, f.closable(now, st.Live)
	if edge <= before && !f.stirred {
		return nil
	}
	if before == 0 {
		before = edge
	}
	f.edge, f.stirred, f.word = max(edge, before), false, report{}
	for name := range st.Apps {
		f.app(name)
	}
	for _, name := range slices.Sorted(maps.Keys(f.apps)) {
		a := f.apps[name]
		a.begin(f.edge, before)
		f.skip(a)
		for to := a.cursor + a.step(); to <= f.edge; to = a.cursor + a.step() {
			closed = append(closed, f.window(a, to, st)...)
			a.cursor = to
		}
	}
	f.sweep(st)
	return closed
}

// skip passes over what is too long ago to be closed: we stood still, or the clock did.
func (f *Fold) skip(a *app) {
	if a.cursor >= f.edge-catchUp {
		return
	}
	a.cursor = f.edge - catchUp
	for _, x := range a.series {
		a.last = max(a.last, x.take(a.cursor, func(n float64, _ counts) {
			if x.key.family == requests {
				f.late += uint64(n)
			}
		}))
	}
}

// Due is when patience closes the next second; zero while there is nothing to close.
func (f *Fold) Due() time.Time {
	if f.edge == 0 || len(f.apps) == 0 {
		return time.Time{}
	}
	return time.Unix(f.edge+1, 0).Add(Patience)
}

// closable is the second up to which every live gateway has told all, or patience has
// run out.
func (f *Fold) closable(now time.Time, live []string) int64 {
	late := now.Add(-Patience).Unix()
	told := int64(math.MaxInt64)
	for _, name := range live {
		at, ok := f.speakers[speakerKey{KindGateway, name}].upTo()
		if !ok {
			return late
		}
		told = min(told, at)
	}
	if len(live) == 0 || told > now.Unix()+1 { // a clock that is ahead closes nothing early
		return late
	}
	return max(late, told)
}

// report is which gateways told all of a time.
type report struct {
	from, to int64
	missing  []string
}

// report asks every live gateway about a time.
func (f *Fold) report(from, to int64, live []string) report {
	if f.word.from == from && f.word.to == to {
		return f.word
	}
	r := report{from: from, to: to}
	for _, name := range live {
		if !f.speakers[speakerKey{KindGateway, name}].reported(from, to) {
			r.missing = append(r.missing, name)
		}
	}
	return r
}

// window closes an app's window that ends at a second: one for each release.
func (f *Fold) window(a *app, to int64, st Standing) (closed []events.Load) {
	from, is := a.cursor, st.Apps[a.name]
	f.word = f.report(from, to, st.Live)
	sums := a.sum(to, is.main())
	levels := f.levels(a, from, to, st)
	if is != nil {
		for n, r := range is.Releases {
			if r.Listed {
				a.open[n] = to
			}
		}
	}
	for n := range sums {
		a.open[n] = to
	}
	for _, n := range slices.Sorted(maps.Keys(a.open)) {
		if a.open[n] < to-linger || from < a.stored[n] {
			continue
		}
		l := f.load(a, n, from, to, st)
		fill(&l, sums[n])
		l.InFlight = levels.of(n, l.Complete)
		if n == is.main() {
			l.Held = levels.held
		}
		closed = append(closed, l)
	}
	return closed
}

// sum takes what was counted up to a second, by release. What names none counts for the
// main one.
func (a *app) sum(to int64, main int) map[int]*tally {
	sums := map[int]*tally{}
	for _, x := range a.series {
		if x.key.family.level() {
			continue
		}
		last := x.take(to, func(n float64, h counts) {
			release := x.release
			if x.unnamed {
				release = main
			}
			t := sums[release]
			if t == nil {
				t = &tally{}
				sums[release] = t
			}
			if x.key.family == duration {
				t.timed(h)
			} else {
				t.answered(x.key, int64(n))
			}
		})
		a.last = max(a.last, last)
	}
	return sums
}

// fill writes what was counted into a window.
func fill(l *events.Load, t *tally) {
	l.Latency = events.LoadLatency{Schema: events.HistogramSchema, Buckets: map[int]uint64{}}
	if t == nil {
		return
	}
	l.Requests, l.Errors, l.Aborted = t.requests, t.errors, t.aborted
	l.Latency.Zero, l.Latency.Count, l.Latency.SumMs = t.latency.zero, t.latency.count, math.Round(t.latency.sum*1e6)/1e3
	if t.latency.buckets != nil {
		l.Latency.Buckets = t.latency.buckets
	}
}

// load is a window without what was counted.
func (f *Fold) load(a *app, release int, from, to int64, st Standing) events.Load {
	r := st.Apps[a.name].release(release)
	l := events.Load{
		App: a.name, Release: release, From: time.Unix(from, 0).UTC(), To: time.Unix(to, 0).UTC(), Ready: r.Ready, Unknown: []string{},
		Gateways: events.LoadGateways{Live: len(st.Live), Heard: len(st.Live) - len(f.word.missing)},
	}
	l.Complete = len(st.Live) > 0 && len(f.word.missing) == 0
	for _, name := range f.word.missing {
		l.Unknown = append(l.Unknown, "gateway "+name)
	}
	if len(st.Live) == 0 {
		l.Unknown = append(l.Unknown, "gateway")
	}
	a.use(&l, r)
	return l
}
