package window

import (
	"math"
	"time"

	"slipway.dev/events"
)

// Whole is within how many seconds a speaker tells all of its series, changed or not:
// a minute, and a tick at either end.
const Whole = 62

// maxGaps bounds what is remembered of batches that did not come.
const maxGaps = 64

// boot is one life of a speaker.
type boot struct {
	first, last uint64 // batches heard, with gaps
	begins      int64  // second of the first batch
	heard       int64  // second up to which all has been told
	gaps        []gap
	series      map[seriesKey]*series
	usage       map[usageKey]*usage
}

// gap is batches that did not come, and the time over which differences are not to be
// trusted for that: until everything has been told again.
type gap struct {
	lo, hi      uint64 // 0: dropped by the speaker, who tells so
	from, until int64
}

func newBoot() *boot {
	return &boot{heard: math.MinInt64, series: map[seriesKey]*series{}, usage: map[usageKey]*usage{}}
}

// note takes down that a batch came; false if it had come before.
func (b *boot) note(s events.Samples, from, to int64) bool {
	switch {
	case b.last == 0:
		b.first, b.last, b.begins = s.Seq, s.Seq, from
	case s.Seq > b.last:
		if s.Seq > b.last+1 {
			b.miss(gap{b.last + 1, s.Seq - 1, b.heard, from + Whole})
		}
		b.last = s.Seq
	case s.Seq < b.first:
		if s.Seq < b.first-1 {
			b.miss(gap{s.Seq + 1, b.first - 1, to, b.begins + Whole})
		}
		b.first, b.begins = s.Seq, from
	case !b.fill(s.Seq):
		return false
	}
	if s.Lost != nil {
		b.miss(gap{from: second(s.Lost.From) - 1, until: from + Whole})
	}
	if !s.More {
		b.heard = max(b.heard, to)
	}
	return true
}

// miss remembers a gap; of too many the oldest two become one, which nothing fills.
func (b *boot) miss(g gap) {
	b.gaps = append(b.gaps, g)
	if len(b.gaps) > maxGaps {
		one, other := b.gaps[0], b.gaps[1]
		b.gaps = b.gaps[1:]
		b.gaps[0] = gap{from: min(one.from, other.from), until: max(one.until, other.until)}
	}
}

// fill takes a batch out of the gap that it is missing in; false if it is in none.
func (b *boot) fill(seq uint64) bool {
	for i, g := range b.gaps {
		if seq < g.lo || seq > g.hi || g.lo == 0 {
			continue
		}
		b.gaps = append(b.gaps[:i:i], b.gaps[i+1:]...)
		if seq > g.lo {
			b.gaps = append(b.gaps, gap{g.lo, seq - 1, g.from, g.until})
		}
		if seq < g.hi {
			b.gaps = append(b.gaps, gap{seq + 1, g.hi, g.from, g.until})
		}
		return true
	}
	return false
}

// whole tells whether a series that is told first at a second began then: all that there
// was before would have been told.
func (b *boot) whole(at int64) bool { return b.first == 1 || at > b.begins+Whole }

// doubtful tells whether something of the time between may not have been told.
func (b *boot) doubtful(from, to int64) bool {
	if b.first > 1 && from < b.begins+Whole {
		return true
	}
	for _, g := range b.gaps {
		if g.from < to && from < g.until {
			return true
		}
	}
	return false
}

// second is the whole second that a time is nearest to.
func second(t time.Time) int64 { return t.Round(time.Second).Unix() }
