package deployer

import (
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

var tenSharp = time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)

// second is the window of release 2 that begins so many seconds after ten.
func second(n int, f fare) events.Load {
	from := tenSharp.Add(time.Duration(n) * time.Second)
	l, _ := window(2, f, from, from.Add(time.Second))
	return l
}

func seconds(n int, f fare) (list []events.Load) {
	for i := range n {
		list = append(list, second(i, f))
	}
	return list
}

func of(metric string, edits ...func(*events.AnalysisCheck)) events.AnalysisCheck {
	return errorsBelow(append(edits, func(c *events.AnalysisCheck) { c.Metric = metric })...)
}

// As many requests as a check asks for are enough, one fewer are not.
func TestEnoughRequests(t *testing.T) {
	for requests, tells := range map[int64]bool{19: false, 20: true} {
		f := measure(errorsBelow(), []events.Load{second(0, fare{requests: requests, latencyMs: 20})})
		if (f.value != nil) != tells || f.requests != requests {
			t.Errorf("%d requests of 20: %+v", requests, f)
		}
	}
}

// delivery-6 a quantile is of the summed buckets: neither the average of the windows' own
// nor that of the busiest one.
func TestAQuantileIsOfAllRequests(t *testing.T) {
	list := []events.Load{second(0, fare{requests: 100, latencyMs: 10}), second(1, fare{requests: 10, latencyMs: 2000})}
	for metric, want := range map[string]float64{events.MetricLatencyP50: 10, events.MetricLatencyP95: 2000} {
		if f := measure(of(metric), list); f.value == nil || *f.value < want || *f.value > want*1.1 {
			t.Errorf("%s is %v, want %g", metric, f.value, want)
		}
	}
}

// A sample that stands in several windows counts once.
func TestALevelIsOfItsSamples(t *testing.T) {
	list := seconds(4, fare{cpuMilli: 200})
	list[1].CPU, list[2].CPU = list[0].CPU, list[0].CPU
	list[3].CPU.UsedMillicores = 800
	if f := measure(of(events.MetricCPU), list); f.value == nil || *f.value != 5000 {
		t.Errorf("%v of 20%% and 80%%, want 50%%", f.value)
	}
}

// What is judged has no hole, nothing that a gateway is missing of, and nothing from
// before.
func TestARunOfWindowsEndsAtAHole(t *testing.T) {
	whole := seconds(6, fine)
	lacks := append(append([]events.Load(nil), whole[:2]...), whole[3:]...)
	part := append([]events.Load(nil), whole...)
	part[2].Complete = false
	for what, list := range map[string][]events.Load{"a hole": lacks, "a gateway that is missing": part} {
		if got := run(list, tenSharp, events.MetricErrorRatio); len(got) != 3 || !got[0].From.Equal(whole[3].From) {
			t.Errorf("after %s: %d windows", what, len(got))
		}
	}
	if got := run(whole, whole[1].From.Add(time.Millisecond), events.MetricErrorRatio); len(got) != 4 {
		t.Errorf("%d windows begin after the share has settled, want 4", len(got))
	}
}

// What is summed tells what its parts told: all latencies, and what is unknown stays so.
func TestSummedWindowsTellTheSame(t *testing.T) {
	var list []events.Load
	for n := range 4 * loadMost {
		how := fare{requests: 1, latencyMs: 10}
		if n%10 == 0 {
			how.latencyMs = 2000
		}
		how.partial = n == 7
		list = compact(append(list, second(n, how)), tenSharp)
	}
	timed := uint64(0)
	for _, l := range list {
		timed += l.Latency.Count
	}
	f := measure(of(events.MetricLatencyP95), list)
	if timed != 4*loadMost || f.value == nil || *f.value < 2000 || f.requests != 4*loadMost {
		t.Errorf("%+v of a tenth of slow ones, %d timed", f, timed)
	}
	if first := run(list, tenSharp, events.MetricErrorRatio)[0].From; first.Before(tenSharp.Add(8 * time.Second)) {
		t.Errorf("from %s on it is complete, and the window of the seventh second is not", first)
	}
}

// A window that begins before the last one's end is dropped, however late it ends.
func TestOverlappingWindowsAreDropped(t *testing.T) {
	a := &App{Name: "web", Live: 2, Accepted: &Declaration{Document: doc("2", background(errorsBelow()))}}
	hear := func(l events.Load) {
		a.senseLoad(service.Signal{Data: service.Measured{Data: l}}, tenSharp.Add(time.Minute))
	}
	hear(second(0, fine))
	hear(second(1, fine))
	long := second(0, fine)
	long.To = long.From.Add(5 * time.Second)
	hear(long)
	hear(second(1, fine))
	hear(second(2, fine))
	if list := a.loads.Get().of[2]; len(list) != 3 || len(run(list, tenSharp, events.MetricErrorRatio)) != 3 || list[2].To.Sub(tenSharp) != 3*time.Second {
		t.Errorf("%d windows, not three that join: %v", len(list), list)
	}
}

// The stable release's own value is of the same time, or there is none.
func TestABaselineIsOfTheSameTime(t *testing.T) {
	f := finding{from: tenSharp.Add(time.Second), to: tenSharp.Add(5 * time.Second)}
	for what, c := range map[string]struct {
		list  []events.Load
		known bool
	}{
		"the whole time":    {seconds(6, bad), true},
		"its end missing":   {seconds(4, bad), false},
		"its begin missing": {seconds(6, bad)[2:], false},
		"none":              {nil, false},
	} {
		v := view{App: &App{Stable: 1}}
		v.loads.Get().of = map[int][]events.Load{1: c.list}
		if base, known := v.baseline(errorsBelow(), f); known != c.known || known && *base != 4000 {
			t.Errorf("%s: %v", what, base)
		}
	}
}

// An instance is never split: a share needs the next whole one.
func TestSizeForAShare(t *testing.T) {
	for _, c := range []struct{ bp, target, want int }{{1, 4, 1}, {2500, 4, 1}, {2501, 4, 2}, {5000, 3, 2}, {fullBp, 4, 4}, {0, 4, 0}} {
		if n := sizeFor(c.bp, c.target); n != c.want {
			t.Errorf("%d bp of %d: %d instances, want %d", c.bp, c.target, n, c.want)
		}
	}
}

// The share of a step is measured over the time of which both releases tell, and from when
// it settled: windows of the share before are none of it.
func TestAShareIsMeasuredSinceItSettled(t *testing.T) {
	moment := func(n int) time.Time { return tenSharp.Add(time.Duration(n) * time.Second) }
	a := &App{Stable: 1, Route: Route{SettledAt: moment(3)}}
	h := a.loads.Get()
	h.of = map[int][]events.Load{}
	for n := range 10 {
		canary, stable := fare{requests: 50}, fare{requests: 50} // of an earlier share
		if n >= 3 {
			canary, stable = fare{requests: 5}, fare{requests: 95}
		}
		mine, _ := window(2, canary, moment(n), moment(n+1))
		h.of[2] = append(h.of[2], mine)
		if n < 8 { // stable's last two have not been told yet
			others, _ := window(1, stable, moment(n), moment(n+1))
			h.of[1] = append(h.of[1], others)
		}
	}
	if bp, of := (view{App: a}).measured(&Release{Number: 2}); bp != 500 || of != 500 {
		t.Errorf("%d bp of %d requests, want 500 of 500", bp, of)
	}
}
