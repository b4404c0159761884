package deployer

import (
	"time"

	"slipway.dev/events"
)

// What a check finds in the windows of its interval.
type finding struct {
	from, to time.Time
	requests int64
	value    *float64 // nil: nothing told
	base     *float64 // the stable release's own, where it is compared with
	broken   bool     // a window contradicts itself
	absent   bool     // nobody measures it
	missing  string   // what is missing, in an operator's words

	known time.Duration // how much of the time is known; zero: all of it
	fresh bool          // as much of it was known before, and not bad
}

// baseline is what a value's bound is counted from.
func (f finding) baseline() float64 {
	if f.base == nil {
		return 0
	}
	return *f.base
}

// byRequest tells whether a metric is a property of the requests that were answered:
// too few of them tell nothing.
func byRequest(metric string) bool {
	switch metric {
	case events.MetricErrorRatio, events.MetricLatencyP50, events.MetricLatencyP95, events.MetricLatencyP99:
		return true
	}
	return false
}

// byGateway tells whether the gateways count what a metric is made of: what one of them
// has not told yet is unknown.
func byGateway(metric string) bool {
	return metric != events.MetricCPU && metric != events.MetricMemory
}

// run are the newest windows that join, begin at or after a moment and know all there
// is to know of a metric.
func run(list []events.Load, floor time.Time, metric string) []events.Load {
	first := len(list)
	for i := len(list) - 1; i >= 0; i-- {
		l := list[i]
		if l.From.Before(floor) || byGateway(metric) && !l.Complete || i+1 < len(list) && !l.To.Equal(list[i+1].From) {
			break
		}
		first = i
	}
	return list[first:]
}

// until are the windows of a run up to the first that ends at or after a moment, and not
// more of them than a length needs.
func until(list []events.Load, end time.Time, length time.Duration) []events.Load {
	for i, l := range list {
		if l.To.Before(end) {
			continue
		}
		list = list[:i+1]
		break
	}
	for len(list) > 1 && !list[1].From.After(list[len(list)-1].To.Add(-length)) {
		list = list[1:]
	}
	return list
}

// measure is what windows tell of a check's metric: counted numbers are summed, then the
// quantile is taken.
func measure(c events.AnalysisCheck, list []events.Load) (f finding) {
	if len(list) == 0 {
		f.missing = "load windows"
		return f
	}
	f.from, f.to = list[0].From, list[len(list)-1].To
	var errors int64
	var latency events.LoadLatency
	for _, l := range list {
		f.broken = f.broken || !sound(l)
		f.requests += l.Requests
		errors += l.Errors
		latency = latency.Add(l.Latency)
	}
	if f.broken {
		return f
	}
	if byRequest(c.Metric) && f.requests < int64(max(c.MinRequests, 1)) {
		f.missing = "traffic"
		return f
	}
	f.tell(c.Metric, list, errors, latency)
	return f
}

func (f *finding) tell(metric string, list []events.Load, errors int64, latency events.LoadLatency) {
	switch metric {
	case events.MetricErrorRatio:
		f.be(fullBp * float64(errors) / float64(f.requests))
	case events.MetricRequestRate:
		f.be(float64(f.requests) / f.to.Sub(f.from).Seconds())
	case events.MetricCPU:
		f.part(list, "cpu", func(l events.Load) (used, limit int64, at time.Time) {
			if l.CPU == nil {
				return 0, 0, time.Time{}
			}
			return l.CPU.UsedMillicores, l.CPU.LimitMillicores, l.CPU.At
		})
	case events.MetricMemory:
		f.part(list, "memory", func(l events.Load) (used, limit int64, at time.Time) {
			if l.Memory == nil {
				return 0, 0, time.Time{}
			}
			return l.Memory.UsedBytes, l.Memory.LimitBytes, l.Memory.At
		})
	default:
		if seconds, ok := latency.Quantile(quantiles[metric]); ok {
			f.be(seconds * 1000)
		} else {
			f.missing = "traffic"
		}
	}
}

var quantiles = map[string]float64{events.MetricLatencyP50: 0.5, events.MetricLatencyP95: 0.95, events.MetricLatencyP99: 0.99}

func (f *finding) be(value float64) { f.value = &value }

// part is what was used of a limit, over the samples of the windows: several windows may
// show the same one.
func (f *finding) part(list []events.Load, what string, of func(events.Load) (used, limit int64, at time.Time)) {
	var used, limit int64
	var last time.Time
	for _, l := range list {
		u, m, at := of(l)
		if m > 0 && !at.Equal(last) {
			used, limit, last = used+u, limit+m, at
		}
	}
	if limit == 0 {
		f.absent, f.missing = true, "a measurement of its "+what
		return
	}
	f.be(fullBp * float64(used) / float64(limit))
}
