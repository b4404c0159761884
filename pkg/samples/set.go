package samples

import (
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"slipway.dev/events"
)

// WholeEvery is how often a take holds what has not changed, too.
const WholeEvery = time.Minute

// Metric names a family of series.
type Metric struct{ Name, Type, Unit, Help string }

// Row is a series of a Set.
type Row struct {
	metric Metric
	labels map[string]string
	key    string

	counter   *Counter
	histogram *Histogram
	value     func() (float64, bool) // of a gauge

	told  bool
	last  float64 // as told
	count uint64  // as told, of a histogram
	ended bool
}

// Set is all series of one speaker.
type Set struct {
	mu    sync.Mutex
	rows  map[string]*Row
	whole time.Time // when everything was told
}

// NewSet has no series.
func NewSet() *Set { return &Set{rows: map[string]*Row{}} }

// Counter adds a series that only rises; labels are names and values in turn. A series
// that is there already is replaced: that is a reset.
func (s *Set) Counter(m Metric, c *Counter, labels ...string) *Row {
	m.Type = events.FamilyCounter
	return s.add(&Row{metric: m, counter: c}, labels)
}

// Histogram adds a series of durations.
func (s *Set) Histogram(m Metric, h *Histogram, labels ...string) *Row {
	m.Type, m.Unit = events.FamilyNative, "seconds"
	return s.add(&Row{metric: m, histogram: h}, labels)
}

// Gauge adds a series that is asked for at each take; ok false is no sample then.
func (s *Set) Gauge(m Metric, value func() (v float64, ok bool), labels ...string) *Row {
	m.Type = events.FamilyGauge
	return s.add(&Row{metric: m, value: value}, labels)
}

// Rising is a Gauge whose value only rises: a counter that is kept elsewhere.
func (s *Set) Rising(m Metric, value func() (v float64, ok bool), labels ...string) *Row {
	m.Type = events.FamilyCounter
	return s.add(&Row{metric: m, value: value}, labels)
}

// End lets series end: the next take holds what they are and then that they are over.
func (s *Set) End(rows ...*Row) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range rows {
		r.ended = true
	}
}

func (s *Set) add(r *Row, labels []string) *Row {
	r.labels = map[string]string{}
	for i := 0; i+1 < len(labels); i += 2 {
		if labels[i+1] != "" {
			r.labels[labels[i]] = labels[i+1]
		}
	}
	r.key = keyOf(r.metric.Name, r.labels)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows[r.key] = r
	return r
}

func keyOf(name string, labels map[string]string) string {
	names := make([]string, 0, len(labels))
	for n := range labels {
		names = append(names, n)
	}
	sort.Strings(names)
	var b strings.Builder
	b.WriteString(name)
	for _, n := range names {
		b.WriteString("\x00" + n + "\x00" + labels[n])
	}
	return b.String()
}

// Sample is a series at one time.
type Sample struct {
	row *Row
	v   events.Value
	h   *events.Histogram
}

// Take is what has changed since the take before, sorted; once a minute it is all.
func (s *Set) Take(at time.Time) (list []Sample) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := at.Sub(s.whole) >= WholeEvery
	if all {
		s.whole = at
	}
	for key, r := range s.rows {
		if x, ok := r.take(all); ok {
			list = append(list, x)
		}
		if r.ended { // what was counted up to now is told first: the end is a row of the next take
			s.rows[key] = r.over()
		}
		if r.value == nil && r.counter == nil && r.histogram == nil {
			delete(s.rows, key)
		}
	}
	slices.SortFunc(list, func(a, b Sample) int { return strings.Compare(a.row.key, b.row.key) })
	return list
}

// over is the row that tells of the end.
func (r *Row) over() *Row {
	return &Row{metric: r.metric, labels: r.labels, key: r.key}
}

func (r *Row) take(all bool) (x Sample, ok bool) {
	x.row = r
	switch {
	case r.counter != nil:
		x.v = events.Value(r.counter.Value())
	case r.value != nil:
		v, there := r.value()
		if !there {
			return x, false
		}
		x.v = events.Value(v)
	case r.histogram != nil:
		n := r.histogram.total()
		if !all && r.told && n == r.count {
			return x, false
		}
		x.h, r.told = r.histogram.Value(), true
		r.count = x.h.Count
		return x, true
	case r.metric.Type == events.FamilyNative:
		return x, false // no row of it comes any more
	default:
		x.v = events.Stale()
		return x, true
	}
	if !all && r.told && float64(x.v) == r.last {
		return x, false
	}
	r.told, r.last = true, float64(x.v)
	return x, true
}
