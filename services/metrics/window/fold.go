package window

import (
	"maps"
	"slices"
	"time"

	"slipway.dev/events"
)

// Lengths of windows and how long they are waited for.
const (
	longer   = 5                       // seconds of a window of an idle app
	busyFor  = 60                      // seconds after a request in which an app is not idle
	Patience = 1500 * time.Millisecond // after a window's end, for gateways that have not told
)

const (
	catchUp   = 60              // seconds that are closed afterwards at most, after a start or a standstill
	linger    = 60              // seconds in which a release that is listed no more is still told of
	forgotten = 3 * Whole       // seconds after which what nobody retells is forgotten
	aheadMax  = 2 * time.Minute // of our clock: a batch further ahead would never be closed
)

// Fold holds what was told and not closed yet.
type Fold struct {
	speakers map[speakerKey]*speaker
	apps     map[string]*app
	edge     int64 // every window up to here is closed, or its app idle
	stirred  bool  // a request shows inside a window that the edge has passed
	swept    int64
	late     uint64
	refused  uint64
	word     report // the last one asked for
}

// New is an empty fold.
func New() *Fold {
	return &Fold{speakers: map[speakerKey]*speaker{}, apps: map[string]*app{}}
}

// Late counts the requests that were told too late for any window.
func (f *Fold) Late() uint64 { return f.late }

// Refused counts the batches whose times are too far ahead of our clock.
func (f *Fold) Refused() uint64 { return f.refused }

// Samples folds a batch of a gateway or node, by kind and name; it must have been
// checked. A batch that has been folded changes nothing.
func (f *Fold) Samples(kind, name string, s events.Samples, now time.Time) {
	times := s.Times()
	if times[len(times)-1].Sub(now) > aheadMax {
		f.refused++
		return
	}
	b := f.speaker(kind, name).boot(s.Boot)
	if !b.note(s, second(times[0]), second(times[len(times)-1])) {
		return
	}
	for _, fam := range s.Families {
		for _, row := range fam.Series {
			if kind == KindNode {
				f.node(b, fam.Name, s, row, times)
			} else if of, known := families[fam.Name]; known {
				f.gateway(b, of, s, row, times)
			}
		}
	}
}

// gateway folds one series of a gateway.
func (f *Fold) gateway(b *boot, of family, s events.Samples, row events.Series, times []time.Time) {
	label := func(name string) string {
		if v, ok := row.Labels[name]; ok {
			return v
		}
		return s.Labels[name]
	}
	key := seriesKey{of, label("app"), label("release"), label("endpoint"), label("class"), label("cause")}
	if key.app == "" {
		return
	}
	x := b.series[key]
	if x == nil {
		x = &series{key: key, boot: b, release: number(key.release), unnamed: key.release == "" && key.endpoint == ""}
		b.series[key] = x
		a := f.app(key.app)
		a.series = append(a.series, x)
	}
	for i, t := range times {
		if p, told := pointOf(row, i); told {
			p.ms, p.at = t.UnixMilli(), second(t)
			f.put(x, p)
		}
	}
}

// pointOf is a row's value at one of its times; false for none.
func pointOf(row events.Series, i int) (p point, told bool) {
	if i < len(row.H) {
		h := row.H[i].Histogram
		if h == nil || h.Schema != events.HistogramSchema {
			return p, false
		}
		return point{n: float64(h.Count), h: h}, true
	}
	switch v := row.V[i]; {
	case v.IsAbsent():
		return p, false
	case v.IsStale():
		return point{end: true}, true
	default:
		return point{n: float64(v)}, true
	}
}

// put folds one point: what is told up to a second too late counts for the next window.
func (f *Fold) put(x *series, p point) {
	a := f.app(x.key.app)
	x.told = max(x.told, p.at)
	if a.cursor > 0 && p.at <= a.cursor {
		if x.based && p.ms <= x.base.ms {
			return
		}
		if p.at < a.cursor {
			f.tooLate(x, p)
			return
		}
	}
	if b, ok := x.before(p); ok && !x.key.family.level() {
		f.stirred = f.stirred || p.above(b) && a.cursor < f.edge
	}
	x.put(p)
}

// tooLate moves the base over a point that no window takes any more.
func (f *Fold) tooLate(x *series, p point) {
	if b, ok := x.before(p); ok && x.key.family == requests {
		n, _, _ := p.since(b)
		f.late += uint64(n)
	}
	x.base, x.based = p, true
}

// Stored notes a window that the stream has, whoever closed it: none that begins before
// its end is closed any more.
func (f *Fold) Stored(l events.Load) {
	a := f.app(l.App)
	a.stored[l.Release] = max(a.stored[l.Release], l.To.Unix())
}

func (f *Fold) app(name string) *app {
	a := f.apps[name]
	if a == nil {
		a = &app{name: name, open: map[int]int64{}, stored: map[int]int64{}}
		f.apps[name] = a
	}
	return a
}

// sweep forgets, once a minute, what nobody has retold.
func (f *Fold) sweep(st Standing) {
	if f.edge < f.swept+busyFor {
		return
	}
	f.swept = f.edge
	for key, s := range f.speakers {
		for name, b := range s.boots {
			if b.sweep(f.edge - forgotten) {
				delete(s.boots, name)
			}
		}
		if len(s.boots) == 0 {
			delete(f.speakers, key)
		}
	}
	for name, a := range f.apps {
		a.series = slices.DeleteFunc(a.series, func(x *series) bool { return x.ended })
		a.usage = slices.DeleteFunc(a.usage, func(x *usage) bool { return x.ended })
		maps.DeleteFunc(a.open, func(_ int, at int64) bool { return at < f.edge-linger })
		maps.DeleteFunc(a.stored, func(_ int, to int64) bool { return to < f.edge-forgotten })
		if st.Apps[name] == nil && len(a.series) == 0 && len(a.usage) == 0 && len(a.open) == 0 {
			delete(f.apps, name)
		}
	}
}

// sweep ends the series not told since a second, and tells whether the life is over.
func (b *boot) sweep(since int64) (over bool) {
	over = b.heard < since
	for key, x := range b.series {
		if over || x.told < since {
			x.ended = true
			delete(b.series, key)
		}
	}
	for key, x := range b.usage {
		if over || x.now.ms/1000 < since {
			x.ended = true
			delete(b.usage, key)
		}
	}
	b.gaps = slices.DeleteFunc(b.gaps, func(g gap) bool { return g.until < since })
	return over
}
