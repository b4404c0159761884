package view

import (
	"encoding/json"
	"sort"
	"strings"
	"time"

	"slipway.dev/events"
)

// Lookback is how long before a window samples must be read: gateways repeat every
// series once a minute.
const Lookback = 65 * time.Second

// Meter folds the samples that gateways tell of themselves.
type Meter struct {
	tracks map[string]*track
	newest time.Time
}

// track is one series of one process.
type track struct {
	gateway, boot, family string
	labels                map[string]string
	points                []point // rising in time
}

type point struct {
	at    time.Time
	value float64
	h     *events.Histogram
	ended bool
}

// NewMeter has heard nothing.
func NewMeter() *Meter { return &Meter{tracks: map[string]*track{}} }

// Hear folds one message of SLIPWAY_TELEMETRY; what is no gateway's, or cannot be read
// whole, is passed over.
func (m *Meter) Hear(t events.Telemetry) {
	gateway, ok := strings.CutPrefix(t.Subject, "gateway/")
	var s events.Samples
	if !ok || t.Type != events.TypeSamples || json.Unmarshal(t.Data, &s) != nil || s.Check() != nil {
		return
	}
	times := s.Times()
	if last := times[len(times)-1]; last.After(m.newest) {
		m.newest = last
	}
	for _, f := range s.Families {
		for _, x := range f.Series {
			m.track(gateway, s.Boot, f.Name, x.Labels).take(x, times)
		}
	}
}

// Newest is the time of the newest sample; zero for none.
func (m *Meter) Newest() time.Time { return m.newest }

// Forget drops what is older than anybody asks for; of each series its last value
// before that is kept.
func (m *Meter) Forget(before time.Time) {
	for key, x := range m.tracks {
		i := x.index(before)
		if i > 1 {
			x.points = append([]point(nil), x.points[i-1:]...)
		}
		if last := x.points[len(x.points)-1]; last.at.Before(before) {
			delete(m.tracks, key) // nobody has repeated it
		}
	}
}

func (m *Meter) track(gateway, boot, family string, labels map[string]string) *track {
	words := make([]string, 0, len(labels))
	for n, v := range labels {
		words = append(words, n+"="+v)
	}
	sort.Strings(words)
	key := gateway + "\x00" + boot + "\x00" + family + "\x00" + strings.Join(words, "\x00")
	x := m.tracks[key]
	if x == nil {
		x = &track{gateway: gateway, boot: boot, family: family, labels: labels}
		m.tracks[key] = x
	}
	return x
}

func (x *track) take(s events.Series, times []time.Time) {
	for i, at := range times {
		p := point{at: at}
		switch {
		case i < len(s.H) && s.H[i].Histogram != nil:
			p.h = s.H[i].Histogram
		case i < len(s.V) && !s.V[i].IsAbsent():
			p.value, p.ended = float64(s.V[i]), s.V[i].IsStale()
		default:
			continue
		}
		x.points = append(x.points, p)
	}
	sort.SliceStable(x.points, func(i, j int) bool { return x.points[i].at.Before(x.points[j].at) })
}

// index is the first point after a time.
func (x *track) index(at time.Time) int {
	return sort.Search(len(x.points), func(i int) bool { return x.points[i].at.After(at) })
}

// at is the last point up to a time that has a value.
func (x *track) at(t time.Time) (p point, ok bool) {
	for i := x.index(t) - 1; i >= 0; i-- {
		if !x.points[i].ended {
			return x.points[i], true
		}
	}
	return point{}, false
}

// now is what a level is at a time; ok is false for one that has ended.
func (x *track) now(t time.Time) (v float64, ok bool) {
	i := x.index(t)
	if i == 0 || x.points[i-1].ended {
		return 0, false
	}
	return x.points[i-1].value, true
}

// rise is by how much a counter rose in a window. A series that was not there before
// began at zero.
func (x *track) rise(from, to time.Time) float64 {
	end, ok := x.at(to)
	if !ok {
		return 0
	}
	begin, _ := x.at(from)
	return max(end.value-begin.value, 0)
}

// latency adds to l what a histogram counted in a window.
func (x *track) latency(l *events.LoadLatency, from, to time.Time) {
	end, ok := x.at(to)
	if !ok || end.h == nil {
		return
	}
	begin, had := x.at(from)
	counts, _ := end.h.Positive.Counts()
	zero, count := end.h.ZeroCount, end.h.Count
	if had && begin.h != nil {
		before, _ := begin.h.Positive.Counts()
		for i, n := range before {
			counts[i] -= n
		}
		zero, count = zero-begin.h.ZeroCount, count-begin.h.Count
	}
	*l = l.Add(events.LoadLatency{Schema: events.HistogramSchema, Zero: zero, Buckets: counts, Count: count})
}
