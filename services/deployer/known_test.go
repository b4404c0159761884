package deployer

import (
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
)

// flapping is how releases fare while a gateway does not tell every fourth second.
func (r *rig) flapping(flaps *bool, of func(release int) fare) func(int) fare {
	return func(release int) fare {
		f := of(release)
		if *flaps && r.w.Now().Second()%4 == 0 {
			f.partial = true
		}
		return f
	}
}

// Of a gateway that comes and goes no interval is whole. What is known may fail a canary,
// and only the whole may speak for it.
func TestAGatewayThatFlaps(t *testing.T) {
	plan := steps(weight(500), weight(5000))
	beside := func(r *rig, flaps *bool, stable, canary *fare, c events.AnalysisCheck) {
		edits := []func(*events.Document){replicas(2), plan, background(c), deadline(30_000)}
		r.deploy(doc("1", edits...))
		r.fares(r.flapping(flaps, func(release int) fare {
			if release == 1 {
				return *stable
			}
			return *canary
		}))
		r.declare(doc("2", edits...))
	}
	slower := errorsBelow(func(c *events.AnalysisCheck) {
		c.Metric, c.Max, c.Baseline = events.MetricLatencyP95, bound(100), events.BaselineStable
	})
	for name, c := range map[string]struct {
		check          events.AnalysisCheck
		stable, canary fare
		why            string
	}{
		"errors":                              {errorsBelow(), fine, bad, "errors 40.0% > 1.0% over 5s known of 6s, 1 of 1"},
		"slower than what serves":             {slower, fine, slow, "known of 6s, 1 of 1"},
		"a row of two":                        {errorsBelow(func(c *events.AnalysisCheck) { c.Failures = 2 }), fine, bad, "known of 6s, 2 of 2"},
		"a count that only the whole fulfils": {errorsBelow(func(c *events.AnalysisCheck) { c.Failures, c.Count = 2, 1 }), fine, bad, "known of 6s, 2 of 2"},
	} {
		t.Run("what is known is bad: it is taken back, "+name, func(t *testing.T) {
			r, flaps := newRig(t), true
			beside(r, &flaps, &c.stable, &c.canary, c.check)
			r.until("rolled back", func() bool { return r.count("release.rolled-back web/2") == 1 })
			if x := r.app("web").Releases[2]; x.Aborted != causeAnalysis || !strings.Contains(x.AbortWhy, c.why) {
				t.Errorf("aborted for %s %q, want %q", x.Aborted, x.AbortWhy, c.why)
			}
			r.never(t, "analysis.passed", "release.promoted web/2")
		})
	}
	for name, c := range map[string]struct {
		check          events.AnalysisCheck
		stable, canary fare
	}{
		"well":                       {errorsBelow(), fine, fine},
		"too little of it":           {errorsBelow(), fine, fare{requests: 2, errors: 2, latencyMs: 20}},
		"as slow as what serves":     {slower, slow, slow},
		"neither good nor bad":       {errorsBelow(func(c *events.AnalysisCheck) { c.FailOver = bound(5000) }), fine, bad},
		"a rate, which needs it all": {errorsBelow(func(c *events.AnalysisCheck) { c.Metric, c.Max, c.Min = events.MetricRequestRate, nil, bound(50) }), fine, idle},
	} {
		t.Run("delivery-A09 what is known speaks not against it, "+name+": it holds, and goes on by itself", func(t *testing.T) {
			r, flaps := newRig(t), true
			beside(r, &flaps, &c.stable, &c.canary, c.check)
			r.pass(20 * time.Minute)
			r.never(t, "release.promoted web/2", "release.aborted", "release.paused", "analysis.failed", "analysis.passed")
			if x := r.app("web").Releases[2]; x.Step != 1 || !r.waitsFor(waitsTraffic) {
				t.Errorf("step %d, waits %v", x.Step, r.waits())
			}
			for _, c.canary = range []fare{idle, fine} { // no length is of both
				r.pass(10 * time.Second)
			}
			r.never(t, "release.promoted web/2", "release.aborted")
			flaps, c.stable = false, fine
			r.until("it goes on by itself", func() bool { return r.count("release.promoted web/2") == 1 })
		})
	}
	t.Run("it waits for the gateway, by its name", func(t *testing.T) {
		r, canary := newRig(t), fare{requests: 100, partial: true, latencyMs: 20}
		r.beside(&canary, replicas(2), plan, background(errorsBelow()))
		r.pass(time.Minute)
		for _, w := range r.waits() {
			if strings.Contains(w.Detail, "no load windows of release 2 from gateway gw2-a") {
				return
			}
		}
		t.Errorf("waits %v", r.waits())
	})
}

// What is known is of one check's length, since the last judgement, and the newest; a
// good length before it ends a row of bad ones.
func TestWhatIsKnownOfAnInterval(t *testing.T) {
	list := seconds(20, bad)
	for n := range list {
		list[n].Complete = n%2 == 0
	}
	judge := func(t *testing.T, tally Tally, list []events.Load) (finding, bool) {
		t.Helper()
		v := view{App: &App{Stable: 1, Route: Route{SettledAt: tenSharp}, Accepted: &Declaration{Document: doc("2")}}}
		v.loads.Get().of = map[int][]events.Load{2: list}
		return v.known(&Release{Number: 2}, &Analysis{From: tenSharp}, errorsBelow(), tally)
	}
	at := func(n int) time.Time { return tenSharp.Add(time.Duration(n) * time.Second) }
	if f, ok := judge(t, Tally{}, list); !ok || *f.value != 4000 || f.requests != 500 || !f.from.Equal(at(10)) || !f.to.Equal(at(19)) || f.known != 5*time.Second || !f.fresh {
		t.Errorf("%v %+v", ok, f)
	}
	if f, ok := judge(t, Tally{To: at(10)}, list); !ok || f.fresh {
		t.Errorf("%v %+v of the second half", ok, f)
	}
	if f, ok := judge(t, Tally{To: at(11)}, list); ok {
		t.Errorf("%+v of four seconds", f)
	}
	if f, ok := judge(t, Tally{To: at(18)}, seconds(20, bad)); ok {
		t.Errorf("%+v before the interval was over", f)
	}
}
