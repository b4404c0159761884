package window

import "slipway.dev/events"

// counts are what a histogram has counted between two moments.
type counts struct {
	zero, count uint64
	buckets     map[int]uint64
	sum         float64 // seconds
}

// difference is what h holds more than b; b is nil for nothing.
func difference(h, b *events.Histogram) (d counts) {
	if h == nil {
		return d
	}
	if d.buckets, _ = h.Positive.Counts(); d.buckets == nil {
		d.buckets = map[int]uint64{}
	}
	d.zero, d.count, d.sum = h.ZeroCount, h.Count, h.Sum
	if b == nil {
		return d
	}
	before, _ := b.Positive.Counts()
	for i, n := range before {
		if d.buckets[i] -= min(n, d.buckets[i]); d.buckets[i] == 0 {
			delete(d.buckets, i)
		}
	}
	d.zero -= min(b.ZeroCount, d.zero)
	d.count -= min(b.Count, d.count)
	d.sum = max(0, d.sum-b.Sum)
	return d
}

// tally is what one release's requests of a window came to.
type tally struct {
	requests, errors, aborted int64
	latency                   counts
}

func (t *tally) answered(key seriesKey, n int64) {
	t.requests += n
	switch {
	case key.cause == "gateway", key.cause == "backend" && key.class == "5xx":
		t.errors += n
	case key.cause == "client":
		t.aborted += n
	}
}

func (t *tally) timed(d counts) {
	if t.latency.buckets == nil {
		t.latency.buckets = map[int]uint64{}
	}
	t.latency.zero += d.zero
	t.latency.count += d.count
	t.latency.sum += d.sum
	for i, n := range d.buckets {
		t.latency.buckets[i] += n
	}
}

func (t *tally) add(o *tally) {
	t.requests += o.requests
	t.errors += o.errors
	t.aborted += o.aborted
	t.timed(o.latency)
}
