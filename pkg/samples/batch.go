package samples

import (
	"time"

	"slipway.dev/events"
)

// batchBytes is where a batch is cut: estimates below may be a fifth too low.
const batchBytes = events.MaxSampleBytes * 4 / 5

// bytes is about what a sample takes, in memory and on the wire alike.
func (x Sample) bytes() int {
	if x.h == nil {
		return 48
	}
	return 160 + 8*len(x.h.Positive.Deltas) + 12*len(x.h.Positive.Spans)
}

// line is a series over the times of a batch.
type line struct {
	row   *Row
	cells []Sample
	bytes int
}

// batches makes of ticks as many batches as the limits ask for.
func batches(ticks []tick) (all []events.Samples) {
	cut := cutter{base: ticks[0].at}
	for _, t := range ticks {
		cut.offsets = append(cut.offsets, t.at.Sub(cut.base).Milliseconds())
	}
	for _, l := range lines(ticks) {
		cut.take(l)
	}
	return cut.end()
}

// lines turns ticks into series, sorted by the key of the first time each was seen.
func lines(ticks []tick) (list []*line) {
	byKey := map[string]*line{}
	for i, t := range ticks {
		for _, x := range t.list {
			l := byKey[x.row.key]
			if l == nil {
				l = &line{row: x.row, cells: make([]Sample, len(ticks)), bytes: labelBytes(x.row)}
				byKey[x.row.key] = l
				list = append(list, l)
			}
			l.cells[i] = x
			l.bytes += x.bytes()
		}
	}
	return list
}

func labelBytes(r *Row) (n int) {
	for name, value := range r.labels {
		n += len(name) + len(value) + 6
	}
	return n + len(r.metric.Name)
}

// cutter lays series into batches.
type cutter struct {
	base    time.Time
	offsets []int64
	done    []events.Samples
	open    map[string]int // index of each family in the open batch
	now     events.Samples
	series  int
	bytes   int
}

func (c *cutter) take(l *line) {
	s := l.series()
	if !s.Fits() {
		return
	}
	if c.open == nil || c.series == events.MaxSampleSeries || c.bytes+l.bytes > batchBytes {
		c.turn()
	}
	m := l.row.metric
	at, ok := c.open[m.Name]
	if !ok {
		at = len(c.now.Families)
		c.open[m.Name] = at
		c.now.Families = append(c.now.Families, events.Family{Name: m.Name, Type: m.Type, Unit: m.Unit, Help: m.Help})
	}
	c.now.Families[at].Series = append(c.now.Families[at].Series, s)
	c.series++
	c.bytes += l.bytes
}

// turn closes the open batch and opens another.
func (c *cutter) turn() {
	if c.series > 0 {
		c.done = append(c.done, c.now)
	}
	c.now = events.Samples{Base: c.base, OffsetsMs: c.offsets}
	c.open, c.series, c.bytes = map[string]int{}, 0, 0
}

// end gives the batches; one without series tells that nothing has changed.
func (c *cutter) end() []events.Samples {
	c.turn()
	if len(c.done) == 0 {
		c.now.Families = []events.Family{}
		return []events.Samples{c.now}
	}
	for i := range c.done[:len(c.done)-1] {
		c.done[i].More = true
	}
	return c.done
}

// series is the line as it is written.
func (l *line) series() (s events.Series) {
	s.Labels = l.row.labels
	for _, x := range l.cells {
		switch {
		case l.row.metric.Type == events.FamilyNative:
			s.H = append(s.H, events.HistogramAt{Histogram: x.h})
		case x.row == nil:
			s.V = append(s.V, events.Absent())
		default:
			s.V = append(s.V, x.v)
		}
	}
	return s
}
