package samples

import (
	"sync/atomic"
	"time"

	"slipway.dev/events"
)

// A histogram's range: 61 µs to 512 s. What lies beyond is counted in the bucket at
// the edge.
const (
	firstBucket = -14*8 + 1 // (2^-14, 2^-14·2^⅛] seconds
	bucketCount = 23 * 8    // up to 2^9 seconds
)

// strip is one lane of a histogram; it is as long as whole cache lines.
type strip struct {
	sumNs  atomic.Int64
	zero   atomic.Uint64
	counts [bucketCount]atomic.Uint64
	_      [48]byte
}

// Histogram counts durations by events.HistogramSchema.
type Histogram struct{ strips []strip }

// NewHistogram is an empty histogram that belongs to no Set.
func NewHistogram() *Histogram { return &Histogram{make([]strip, lanes)} }

// Observe counts one duration; none below zero is expected.
func (h *Histogram) Observe(d time.Duration) {
	s := &h.strips[lane()]
	if d <= 0 {
		s.zero.Add(1)
		return
	}
	s.sumNs.Add(int64(d))
	i := events.Bucket(d.Seconds()) - firstBucket
	s.counts[min(max(i, 0), bucketCount-1)].Add(1)
}

// Value is what was counted so far.
func (h *Histogram) Value() *events.Histogram {
	out := &events.Histogram{Schema: events.HistogramSchema}
	counts, ns := map[int]uint64{}, int64(0)
	for i := range h.strips {
		s := &h.strips[i]
		out.ZeroCount += s.zero.Load()
		ns += s.sumNs.Load()
		for b := range s.counts {
			if n := s.counts[b].Load(); n > 0 {
				counts[b+firstBucket] += n
				out.Count += n
			}
		}
	}
	out.Count += out.ZeroCount
	out.Sum = time.Duration(ns).Seconds()
	out.Positive = events.BucketsOf(counts)
	return out
}

// total counts cheaply whether anything has happened.
func (h *Histogram) total() (n uint64) {
	for i := range h.strips {
		s := &h.strips[i]
		n += s.zero.Load()
		for b := range s.counts {
			n += s.counts[b].Load()
		}
	}
	return n
}
