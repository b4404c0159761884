package deployer

import (
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// fare is how a release does: what a window of one second shows of it.
type fare struct {
	requests, errors int64
	latencyMs        float64
	cpuMilli         int64 // of 1000; -1: nobody measures it
	partial          bool  // a gateway is missing
	silent           bool  // no window at all
	broken           bool  // the window contradicts itself
}

var (
	fine  = fare{requests: 100, latencyMs: 20, cpuMilli: 200}
	bad   = fare{requests: 100, errors: 40, latencyMs: 20, cpuMilli: 200}
	slow  = fare{requests: 100, latencyMs: 2000, cpuMilli: 200}
	idle  = fare{cpuMilli: 200}
	blind = fare{silent: true}
)

// fares publishes a window of each release each second, until the test ends.
func (r *rig) fares(of func(release int) fare) {
	r.w.After(time.Second-time.Duration(r.w.Now().Nanosecond())+200*time.Millisecond, func() {
		to := r.w.Now().Truncate(time.Second)
		if a := r.app("web"); a != nil {
			for _, n := range service.Sorted(a.Releases) {
				r.publish(window(n, of(n), to.Add(-time.Second), to))
			}
		}
		r.fares(of)
	})
}

func (r *rig) publish(l events.Load, ok bool) {
	if ok {
		r.w.Measure(events.LoadSubject(l.App), service.Measured{Source: "/slipway/metrics", Time: l.To, Data: l})
	}
}

func window(release int, f fare, from, to time.Time) (events.Load, bool) {
	l := events.Load{
		App: "web", Release: release, From: from, To: to, Complete: !f.partial, Unknown: lacks(f), Requests: f.requests, Errors: f.errors,
		Latency: events.LoadLatency{Schema: events.HistogramSchema, Count: uint64(f.requests), Buckets: map[int]uint64{}},
	}
	if f.requests > 0 {
		l.Latency.Buckets[events.Bucket(f.latencyMs/1000)] = uint64(f.requests)
	}
	if f.cpuMilli >= 0 {
		l.CPU = &events.LoadCPU{UsedMillicores: f.cpuMilli, LimitMillicores: 1000, At: to}
	}
	if f.broken {
		l.Errors = l.Requests + 1
	}
	return l, !f.silent
}

// canaryOf is how a canary fares beside a stable release that does well.
func canaryOf(canary *fare) func(int) fare {
	return func(release int) fare {
		if release == 1 {
			return fine
		}
		return *canary
	}
}

func bound(v float64) *float64 { return &v }

// errorsBelow is the check of an app file that says: error_ratio, max 1%.
func errorsBelow(edits ...func(*events.AnalysisCheck)) events.AnalysisCheck {
	c := events.AnalysisCheck{
		Metric: events.MetricErrorRatio, Max: bound(100), IntervalMs: 5000, WindowMs: 5000,
		Failures: 1, Errors: 3, MinRequests: 20, NoData: events.NoDataHold,
	}
	for _, e := range edits {
		e(&c)
	}
	return c
}

func background(checks ...events.AnalysisCheck) func(*events.Document) {
	return func(d *events.Document) {
		d.Deploy.Analysis = &events.AnalysisPolicy{Background: checks, StartingStep: 1}
	}
}

func judgedIn(s events.DeployStep, checks ...events.AnalysisCheck) events.DeployStep {
	s.Analysis = checks
	return s
}

// beside deploys release 1 and declares 2, which fares as it is told.
func (r *rig) beside(canary *fare, edits ...func(*events.Document)) {
	r.t.Helper()
	r.deploy(doc("1", edits...))
	r.fares(canaryOf(canary))
	r.declare(doc("2", edits...))
}

func (r *rig) analysis(name string) *Analysis {
	if x := r.app("web").Releases[2]; x != nil {
		return x.Analyses[name]
	}
	return nil
}

// never fails if a fact was said.
func (r *rig) never(t *testing.T, facts ...string) {
	t.Helper()
	for _, f := range facts {
		if r.count(f) > 0 {
			t.Errorf("%s was said in\n%s", f, strings.Join(r.facts, "\n"))
		}
	}
}

func (r *rig) waitsFor(what string) bool {
	for _, w := range r.waits() {
		if w.For == what {
			return true
		}
	}
	return false
}

func lacks(f fare) []string {
	if f.partial {
		return []string{"gateway gw2-a"}
	}
	return []string{}
}
