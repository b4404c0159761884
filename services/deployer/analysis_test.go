package deployer

import (
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
)

func TestACanaryIsJudgedInTheBackground(t *testing.T) {
	plan := steps(weight(500), pausing(2500, time.Minute), weight(5000))
	t.Run("delivery-A01 background begins at its step, one run, passed at completion", func(t *testing.T) {
		r, canary := newRig(t), fine
		r.beside(&canary, replicas(2), plan, background(errorsBelow()), func(d *events.Document) { d.Deploy.Analysis.StartingStep = 2 })
		r.until("promoted", func() bool { return r.count("release.promoted web/2") == 1 })
		r.order("release.step-completed web/2", "release.step-started web/2", "analysis.started web/2/background", "analysis.judged web/2/background", "analysis.passed web/2/background", "release.promoted web/2")
		if n := r.count("analysis.started"); n != 1 {
			t.Errorf("%d runs", n)
		}
		r.until("its end", func() bool { return r.app("web").Live == 0 })
		said := r.count("analysis.")
		r.pass(10 * time.Minute)
		if n := r.count("analysis."); n != said {
			t.Errorf("%d facts after it had ended", n-said)
		}
	})
	t.Run("a bad one is taken back with numbers, and stable is untouched", func(t *testing.T) {
		for name, c := range map[string]struct {
			how   fare
			check events.AnalysisCheck
			why   string
		}{
			"errors":  {bad, errorsBelow(), "errors 40.0% > 1.0% over 5s, 1 of 1"},
			"latency": {slow, errorsBelow(func(c *events.AnalysisCheck) { c.Metric, c.Max = events.MetricLatencyP99, bound(300) }), "latency p99 2000ms > 300ms over 5s, 1 of 1"},
			"cpu":     {fine, errorsBelow(func(c *events.AnalysisCheck) { c.Metric, c.Max = events.MetricCPU, bound(1000) }), "cpu 20.0% > 10.0% over 5s, 1 of 1"},
			"rate":    {fine, errorsBelow(func(c *events.AnalysisCheck) { c.Metric, c.Max, c.Min = events.MetricRequestRate, nil, bound(200) }), "request rate 100.0/s < 200.0/s over 5s, 1 of 1"},
		} {
			r, canary := newRig(t), c.how
			r.beside(&canary, replicas(2), plan, background(c.check))
			asked := r.count("assignment.requested")
			r.until(name+": rolled back", func() bool { return r.count("release.rolled-back web/2") == 1 })
			r.order("release.step-started web/2", "route.shifted", "analysis.judged web/2/background", "analysis.failed web/2/background", "release.aborted web/2", "route.shifted", "release.rolled-back web/2")
			a := r.app("web")
			x := a.Releases[2]
			if x.Aborted != causeAnalysis || x.AbortWhy != c.why {
				t.Errorf("%s: %s, %q, want %q", name, x.Aborted, x.AbortWhy, c.why)
			}
			if n := r.count("assignment.requested"); a.share(1) != fullBp || len(a.of(1)) != 2 || n != asked+1 {
				t.Errorf("%s: shares %v, %d of stable, %d requests", name, a.Route.Said.Shares, len(a.of(1)), n-asked)
			}
		}
	})
	t.Run("delivery-A05 a return within the window is not judged, one beyond it is", func(t *testing.T) {
		r, all := newRig(t), fine
		cold := func(d *events.Document) { d.Deploy.Keep.Warm, d.Deploy.Keep.Window = 0, 1 }
		judged := []func(*events.Document){replicas(1), steps(weight(500)), background(errorsBelow()), cold}
		r.fares(func(int) fare { return all })
		for _, version := range []string{"1", "2", "3"} {
			r.deploy(doc(version, judged...))
		}
		started := r.count("analysis.started")
		back := func(to int) {
			last := r.app("web").Last
			r.wish(events.WishRollbackRequested{OfApp: web, To: to})
			r.until("rolled back", func() bool { return r.app("web").Stable > last && r.app("web").Live == 0 })
		}
		back(2)
		if n := r.count("analysis.started") - started; n != 0 || r.count("release.step-started web/4") != 0 {
			t.Fatalf("%d runs of a return within the window", n)
		}
		back(1)
		if n := r.count("analysis.started web/5"); n != 1 || r.count("release.step-started web/5") != 1 {
			t.Errorf("%d runs, %d steps of a return beyond it", n, r.count("release.step-started web/5"))
		}
	})
}

// A run has passed when all of its checks have: one that is through vouches for no other.
func TestARunPassesByAllOfItsChecks(t *testing.T) {
	r, canary := newRig(t), fine
	soon := errorsBelow(func(c *events.AnalysisCheck) { c.Count = 1 })
	later := errorsBelow(func(c *events.AnalysisCheck) { c.Metric, c.Max, c.Count = events.MetricLatencyP99, bound(300), 6 })
	r.beside(&canary, replicas(2), steps(judgedIn(weight(500), soon, later), weight(5000)))
	r.until("the first check is through", func() bool { return r.count("analysis.judged web/2/step-1") >= 1 })
	r.pass(6 * time.Second)
	r.never(t, "analysis.passed", "release.step-completed web/2")
	canary = slow
	r.until("rolled back", func() bool { return r.count("release.rolled-back web/2") == 1 })
	if why := r.app("web").Releases[2].AbortWhy; !strings.HasPrefix(why, "latency p99 2000ms") {
		t.Errorf("taken back with %q", why)
	}
}

// A person promotes past a background run in one step: in the next one it is made again,
// and without knowledge the release stands there.
func TestAPromotionPassesABackgroundRunOnce(t *testing.T) {
	r, canary := newRig(t), idle
	r.beside(&canary, replicas(2), steps(weight(500), weight(2500), weight(5000)), background(errorsBelow()))
	r.until("it waits for traffic", func() bool { return r.waitsFor(waitsTraffic) })
	r.wish(events.WishPromotionRequested{OfApp: web})
	r.until("the next step", func() bool { return r.count("release.step-completed web/2") == 2 })
	r.pass(10 * time.Minute)
	if n := r.count("release.step-started web/2"); n != 2 || r.count("analysis.started web/2/background") != 2 {
		t.Errorf("%d steps were begun after one promotion, %d runs", n, r.count("analysis.started web/2/background"))
	}
	canary = fine
	r.until("promoted", func() bool { return r.count("release.promoted web/2") == 1 })
}

// What a release waits for after it has waited for a verdict begins with its own time.
func TestADeadlineThatStoodStillBeginsAnew(t *testing.T) {
	of := events.OfInstance{App: "web", Node: "n1", Instance: "web-2-a1"}
	for name, disturb := range map[string]func(*rig){
		"its instance is not ready": func(r *rig) {
			r.say(events.InstanceUnready{OfInstance: of})
			r.pass(30 * time.Second)
			r.makeReady(of)
		},
		"its node falls silent": func(r *rig) {
			lease := events.Lease{OfHolder: events.OfHolder{Holder: "node-n1"}, Kind: "node", Name: "n1", Incarnation: 1}
			r.say(events.LeaseLapsed{Lease: lease})
			r.pass(5 * time.Second)
			r.say(events.LeaseResumed{Lease: lease})
		},
	} {
		r, canary := newRig(t), idle
		r.beside(&canary, replicas(2), steps(weight(500), weight(5000)), background(errorsBelow()))
		r.until("a canary", func() bool { return r.app("web").share(2) > 0 })
		r.pass(12 * time.Minute)
		disturb(r)
		r.pass(time.Minute)
		if n := r.count("release.aborted"); n > 0 {
			t.Errorf("%s: taken back with %q", name, r.app("web").Releases[2].AbortWhy)
		}
		canary = fine
		r.until("completed", func() bool { return r.count("release.completed web/2") == 1 })
	}
}

func TestWithoutKnowledgeACanaryHolds(t *testing.T) {
	plan := steps(weight(500), weight(5000))
	for name, how := range map[string]fare{
		"no traffic":           idle,
		"too little traffic":   {requests: 1, latencyMs: 20},
		"no telemetry":         blind,
		"a gateway is missing": {requests: 100, errors: 40, partial: true},
	} {
		t.Run("delivery-A09 "+name+": neither passed nor failed", func(t *testing.T) {
			r, canary := newRig(t), how
			r.beside(&canary, replicas(2), plan, background(errorsBelow()), deadline(30_000))
			r.pass(20 * time.Minute)
			r.never(t, "release.promoted web/2", "release.aborted", "release.paused", "analysis.failed", "analysis.passed")
			if r.app("web").Releases[2].Step != 1 || r.app("web").share(2) != 500 || !r.waitsFor(waitsTraffic) {
				t.Errorf("step %d, %d bp, waits %v", r.app("web").Releases[2].Step, r.app("web").share(2), r.waits())
			}
			if n := r.count("analysis.judged web/2"); n != 1 {
				t.Errorf("a row of no data was said %d times", n)
			}
			canary = fine
			r.until("it goes on by itself", func() bool { return r.count("release.promoted web/2") == 1 })
		})
	}
	for noData, want := range map[string]string{events.NoDataFail: "release.aborted web/2", events.NoDataPass: "release.promoted web/2"} {
		t.Run("noData "+noData+" is obeyed where it is written", func(t *testing.T) {
			r, canary := newRig(t), blind
			r.beside(&canary, replicas(2), plan, background(errorsBelow(func(c *events.AnalysisCheck) { c.NoData = noData })))
			r.until(want, func() bool { return r.count(want) == 1 })
		})
	}
}

func TestAPersonJudgesWhatIsInconclusive(t *testing.T) {
	between := errorsBelow(func(c *events.AnalysisCheck) { c.FailOver = bound(5000) })
	t.Run("delivery-A02 inconclusive: paused with the reason, not failed, no second run", func(t *testing.T) {
		r, canary := newRig(t), bad
		r.beside(&canary, replicas(2), steps(weight(500), weight(5000)), background(between))
		r.until("paused", func() bool { return r.count("release.paused web/2") == 1 })
		r.pass(10 * time.Minute)
		x := r.app("web").Releases[2]
		if x.Pause != causeInconclusive || !strings.Contains(x.Why, "errors 40.0% > 1.0%") || r.count("analysis.started") != 1 {
			t.Errorf("%s %q, %d runs", x.Pause, x.Why, r.count("analysis.started"))
		}
		r.never(t, "analysis.failed", "release.aborted")
		canary = fine
		r.wish(events.WishHaltLifted{OfApp: web})
		r.until("it goes on", func() bool { return r.count("release.promoted web/2") == 1 })
	})
	t.Run("onFailure pause: a person is asked, and asked again if it is still bad", func(t *testing.T) {
		r, canary := newRig(t), bad
		r.beside(&canary, replicas(2), steps(weight(500), weight(5000)), background(errorsBelow()), func(d *events.Document) { d.Deploy.OnFailure = events.OnFailurePause })
		r.until("paused", func() bool { return r.count("release.paused web/2") == 1 })
		r.pass(10 * time.Minute)
		r.wish(events.WishHaltLifted{OfApp: web})
		r.until("paused again", func() bool { return r.count("release.paused web/2") == 2 })
		r.wish(events.WishAbortRequested{OfApp: web})
		r.until("rolled back", func() bool { return r.count("release.rolled-back web/2") == 1 })
	})
	t.Run("a failure at an approval asks for both", func(t *testing.T) {
		r, canary := newRig(t), fine
		r.beside(&canary, replicas(2), steps(approved(500), weight(5000)), background(between))
		r.until("approval", func() bool { return r.waitsFor(waitsApproval) && r.app("web").Releases[2].Pause == causeApproval })
		canary = bad
		r.until("inconclusive", func() bool { return r.app("web").Releases[2].Pause == causeInconclusive })
		canary = fine
		r.wish(events.WishHaltLifted{OfApp: web})
		r.until("approval again", func() bool { return r.app("web").Releases[2].Pause == causeApproval })
	})
}

func TestWhatCannotBeMeasured(t *testing.T) {
	t.Run("delivery-A04 errors of measuring are counted in a row, the limit aborts", func(t *testing.T) {
		r, canary := newRig(t), fare{requests: 100, broken: true}
		r.beside(&canary, replicas(2), steps(weight(500)), background(errorsBelow()))
		r.until("two errors", func() bool { return r.count("analysis.judged web/2") == 2 })
		canary = fine
		r.until("a good one", func() bool { return r.count("analysis.judged web/2") == 3 })
		if x := r.analysis(events.RunBackground); x.Tallies[0].Errors != 0 {
			t.Fatalf("%d errors after a good one", x.Tallies[0].Errors)
		}
		r, canary = newRig(t), fare{requests: 100, broken: true}
		r.beside(&canary, replicas(2), steps(weight(500)), background(errorsBelow()))
		r.until("aborted", func() bool { return r.count("release.aborted web/2") == 1 })
		if n := r.count("analysis.judged web/2"); n != 3 || r.analysis(events.RunBackground).Ended != "errors" {
			t.Errorf("%d judgements, ended by %s", n, r.analysis(events.RunBackground).Ended)
		}
	})
	t.Run("delivery-A07 a metric nobody produces: paused invalid, goes on alone once it exists", func(t *testing.T) {
		r, canary := newRig(t), fare{requests: 100, latencyMs: 20, cpuMilli: -1}
		r.beside(&canary, replicas(2), steps(weight(500)), background(errorsBelow(func(c *events.AnalysisCheck) { c.Metric = events.MetricCPU })))
		r.until("paused", func() bool { return r.count("release.paused web/2") == 1 })
		if x := r.app("web").Releases[2]; x.Pause != causeInvalid || x.Why != "nobody measures the cpu of release 2" {
			t.Errorf("%s %q", x.Pause, x.Why)
		}
		r.pass(time.Hour)
		if n := r.count("release.paused web/2"); n != 1 || r.count("release.resumed web/2") != 0 {
			t.Errorf("paused %d times, resumed %d", n, r.count("release.resumed web/2"))
		}
		canary.cpuMilli = 5
		r.until("promoted", func() bool { return r.count("release.promoted web/2") == 1 })
	})
}

func TestPromotePastAnAnalysis(t *testing.T) {
	t.Run("delivery-C02 promote past a running analysis: step + 1, it is cancelled; full starts no new one", func(t *testing.T) {
		for _, full := range []bool{false, true} {
			r, canary := newRig(t), idle
			r.beside(&canary, replicas(2), steps(judgedIn(weight(500), errorsBelow()), judgedIn(weight(5000), errorsBelow())), background(errorsBelow()))
			r.until("held", func() bool { return r.waitsFor(waitsTraffic) })
			started := r.count("analysis.started")
			r.wish(events.WishPromotionRequested{OfApp: web, Full: full})
			if full {
				r.until("promoted", func() bool { return r.count("release.promoted web/2") == 1 })
				if n := r.count("analysis.started"); n != started || r.count("release.step-started web/2") != 1 {
					t.Errorf("%d more runs, %d steps", n-started, r.count("release.step-started web/2"))
				}
			} else {
				r.until("step 2", func() bool { return r.app("web").Releases[2].Step == 2 })
				r.pass(time.Minute)
				if x := r.app("web").Releases[2]; x.Step != 2 || x.Analyses["step-2"] == nil || x.Analyses["step-2"].State != underway {
					t.Errorf("step %d, %+v", x.Step, x.Analyses)
				}
			}
			if n := r.count("analysis.cancelled web/2"); n != 2 {
				t.Errorf("full %v: %d runs cancelled, want the step's and the background", full, n)
			}
		}
	})
}

func TestAStepIsJudgedInsideItself(t *testing.T) {
	r, canary := newRig(t), fine
	twice := errorsBelow(func(c *events.AnalysisCheck) { c.Count = 2 })
	r.beside(&canary, replicas(2), steps(weight(500), judgedIn(pausing(5000, time.Minute), twice)))
	r.until("promoted", func() bool { return r.count("release.promoted web/2") == 1 })
	r.order("release.step-completed web/2", "release.step-started web/2", "route.shifted", "analysis.started web/2/step-2",
		"analysis.judged web/2/step-2", "analysis.judged web/2/step-2", "analysis.passed web/2/step-2",
		"release.step-completed web/2", "release.paused web/2", "release.promoted web/2")
}

// Windows of a share that has not settled everywhere are of two shares: nothing is judged
// until it has.
func TestAnUnsettledShareIsNotJudged(t *testing.T) {
	r, canary := newRig(t), fine
	r.beside(&canary, replicas(2), steps(approved(500), approved(5000)), background(errorsBelow()))
	r.until("paused and judged", func() bool { return r.count("release.paused web/2") == 1 && r.count("analysis.judged web/2") > 0 })
	r.noGw = true
	r.wish(events.WishPromotionRequested{OfApp: web})
	r.until("turned", func() bool { return r.app("web").share(2) == 5000 })
	judged := r.count("analysis.judged web/2")
	canary = bad
	r.pass(time.Minute)
	if n := r.count("analysis.judged web/2") - judged; n != 0 {
		t.Fatalf("%d judgements of two shares", n)
	}
	r.noGw = false
	r.settle("web")
	r.until("aborted", func() bool { return r.count("release.aborted web/2") == 1 })
}

// What was not heard because nobody listened is no missing data: after a restart an
// interval is listened to first.
func TestARestartIsNoMissingData(t *testing.T) {
	r, canary := newRig(t), fine
	r.beside(&canary, replicas(2), steps(approved(500)), background(errorsBelow(func(c *events.AnalysisCheck) { c.NoData = events.NoDataFail })))
	r.until("judged", func() bool { return r.count("release.paused web/2") == 1 && r.count("analysis.judged web/2") > 0 })
	r.h.Crash(time.Minute)
	r.pass(2 * time.Minute)
	r.never(t, "analysis.failed", "release.aborted")
	canary = blind
	r.until("failed", func() bool { return r.count("analysis.failed web/2") == 1 })
}
