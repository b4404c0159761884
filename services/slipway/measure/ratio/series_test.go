package ratio

import (
	"slices"
	"testing"
	"time"
)

// series are the times that turns took.
type series []time.Duration

func (s *series) time(f func()) {
	began := time.Now()
	f()
	*s = append(*s, time.Since(began))
}

// at is a percentile in microseconds; 0 of nothing.
func (s series) at(percent int) float64 {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Clone(s)
	slices.Sort(sorted)
	return micros(sorted[(len(sorted)-1)*percent/100])
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// pair is ours against the plain client.
type pair struct{ ours, raw series }

// turns lets both go, the one first that came second the last time.
func (p *pair) turns(i int, ours, raw func()) {
	if i%2 == 1 {
		p.raw.time(raw)
		p.ours.time(ours)
		return
	}
	p.ours.time(ours)
	p.raw.time(raw)
}

// report prints the ratio of the medians and what belongs beside it.
func (p pair) report(s *store) {
	s.b.ReportMetric(p.ours.at(50)/p.raw.at(50), "ratio")
	p.ours.report(s.b, "ours")
	p.raw.report(s.b, "raw")
	s.report()
}

func (s series) report(b *testing.B, whose string) {
	b.ReportMetric(s.at(50), whose+"-p50-µs")
	b.ReportMetric(s.at(99), whose+"-p99-µs")
	b.ReportMetric(float64(len(s)), whose+"-n")
}

// report tells of the disk, and nothing of a turn's whole time.
func (s *store) report() {
	s.b.ReportMetric(s.fsyncs.at(50), "fsync-p50-µs")
	s.b.ReportMetric(s.fsyncs.at(99), "fsync-p99-µs")
	s.b.ReportMetric(0, "ns/op")
}
