package window

import (
	"slices"

	"slipway.dev/events"
)

// family is what of the gateways' families is folded.
type family int

const (
	requests family = iota // counter
	duration               // native histogram
	inFlight               // level
	held                   // level of the app
)

var families = map[string]family{
	"slipway_requests_total":           requests,
	"slipway_request_duration_seconds": duration,
	"slipway_inflight":                 inFlight,
	"slipway_held":                     held,
}

func (f family) level() bool { return f == inFlight || f == held }

// seriesKey tells the series of one boot apart by the labels that matter.
type seriesKey struct {
	family                               family
	app, release, endpoint, class, cause string
}

// series is one row of a speaker: its value at the app's last closed second and the
// points told since.
type series struct {
	key     seriesKey
	boot    *boot
	release int  // number; 0 where none is named
	unnamed bool // no release is named, nor an endpoint: the main one's
	based   bool // base is known
	base    point
	points  []point // by ms
	told    int64   // second at which it was told last
	ended   bool    // swept
}

// point is a value at a time.
type point struct {
	ms  int64             // of the sample
	at  int64             // the window's second that it ends
	n   float64           // count or level
	h   *events.Histogram // of a duration
	end bool              // the series is over
}

// maxPoints bounds a series whose windows are not closed.
const maxPoints = 256

// put adds a point in its order. One of the same time replaces the other.
func (s *series) put(p point) {
	i, found := slices.BinarySearchFunc(s.points, p, func(a, b point) int { return int(a.ms - b.ms) })
	if found {
		s.points[i] = p
		return
	}
	s.points = slices.Insert(s.points, i, p)
	if len(s.points) > maxPoints {
		s.base, s.based = s.points[0], true
		s.points = s.points[1:]
	}
}

// before is the value that a point is to be compared with; ok is false where none is
// known.
func (s *series) before(p point) (b point, ok bool) {
	b, ok = s.base, s.based
	for _, q := range s.points {
		if q.ms >= p.ms {
			break
		}
		b, ok = q, true
	}
	if !ok && s.boot.whole(p.at) {
		return point{}, true
	}
	return b, ok
}

// take moves the base up to a second and hands on how much each point has risen. It
// returns the last second in which a count rose; 0 for none.
func (s *series) take(to int64, rise func(n float64, h counts)) (last int64) {
	n := 0
	for ; n < len(s.points) && s.points[n].at <= to; n++ {
		p := s.points[n]
		if d, h, rose := s.rise(p); rose {
			last = p.at
			if rise != nil {
				rise(d, h)
			}
		}
		s.base, s.based = p, true
	}
	s.points = slices.Delete(s.points, 0, n)
	return last
}

// rise is how much the first point after the base has risen. The first of all has from
// nothing, if there was nothing before.
func (s *series) rise(p point) (n float64, h counts, rose bool) {
	if s.key.family.level() || !s.based && !s.boot.whole(p.at) {
		return 0, counts{}, false
	}
	return p.since(s.base)
}

// rises tells whether the count rises up to a second.
func (s *series) rises(to int64) bool {
	x := *s
	for _, p := range s.points {
		if p.at > to {
			break
		}
		if !x.key.family.level() && (x.based || x.boot.whole(p.at)) && p.above(x.base) {
			return true
		}
		x.base, x.based = p, true
	}
	return false
}

// above tells whether a count has risen.
func (p point) above(b point) bool {
	return !p.end && p.n > 0 && (b.end || p.n != b.n)
}

// since is how much a count has risen. A lower one begins anew, as does one after an end.
func (p point) since(b point) (n float64, h counts, rose bool) {
	if !p.above(b) {
		return 0, counts{}, false
	}
	if b.end || p.n < b.n {
		b = point{}
	}
	return p.n - b.n, difference(p.h, b.h), true
}

// at is the level at a second.
func (s *series) at(second int64) float64 {
	b := s.base
	for _, p := range s.points {
		if p.at > second {
			break
		}
		b = p
	}
	if b.end {
		return 0
	}
	return b.n
}
