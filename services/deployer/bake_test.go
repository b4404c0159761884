package deployer

import (
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/sim"
)

func baked(how string, checks ...events.AnalysisCheck) func(*events.Document) {
	return func(d *events.Document) {
		d.Deploy.Strategy, d.Deploy.BakeMs = how, 60_000
		if how == events.Canary {
			d.Deploy.Steps = []events.DeployStep{weight(500)}
		}
		d.Deploy.Analysis = &events.AnalysisPolicy{PostPromotion: checks, StartingStep: 1}
	}
}

func TestBeforeAPromotion(t *testing.T) {
	check := func(d *events.Document) {
		d.Deploy.Analysis = &events.AnalysisPolicy{StartingStep: 1, PrePromotion: []events.AnalysisCheck{errorsBelow(func(c *events.AnalysisCheck) { c.Count = 1 })}}
	}
	t.Run("delivery-B05 prePromotion fails: the old stays active, the new is aborted; after a fix, retry makes it active", func(t *testing.T) {
		r, green := newRig(t), bad
		r.beside(&green, replicas(2), strategy(events.BlueGreen), check)
		r.until("rolled back", func() bool { return r.count("release.rolled-back web/2") == 1 })
		r.order("analysis.started web/2/pre-promotion", "analysis.failed web/2/pre-promotion", "release.aborted web/2", "release.rolled-back web/2")
		if a := r.app("web"); a.Stable != 1 || a.share(1) != fullBp || a.Releases[2].Aborted != causeAnalysis {
			t.Fatalf("stable %d, shares %v, %s", a.Stable, a.Route.Said.Shares, a.Releases[2].Aborted)
		}
		green = fine
		r.wish(events.WishRetryRequested{OfApp: web})
		r.until("active", func() bool { return r.app("web").Stable == 3 && r.app("web").Live == 0 })
		r.order("analysis.passed web/3/pre-promotion", "route.shifted", "release.promoted web/3")
	})
	t.Run("nobody has asked the preview host: it waits for traffic", func(t *testing.T) {
		r, green := newRig(t), idle
		r.beside(&green, replicas(2), strategy(events.BlueGreen), check, deadline(30_000))
		r.pass(10 * time.Minute)
		r.never(t, "release.promoted web/2", "release.aborted")
		if !r.waitsFor(waitsTraffic) {
			t.Errorf("waits %v", r.waits())
		}
	})
}

func TestABakedRelease(t *testing.T) {
	for _, how := range []string{events.BlueGreen, events.Canary} {
		t.Run("delivery-B06 postPromotion of a "+how+" fails: the route returns to the old, still warm at full size, nothing started", func(t *testing.T) {
			r, fresh := newRig(t), fine
			r.beside(&fresh, replicas(2), baked(how, errorsBelow()), func(d *events.Document) { d.Deploy.Keep.Warm = 0 })
			r.until("promoted", func() bool { return r.count("release.promoted web/2") == 1 })
			r.pass(20 * time.Second)
			if a := r.app("web"); len(a.of(1)) != 2 || r.count("release.completed web/2") != 0 {
				t.Fatalf("%d of the old one in the bake, completed %d times", len(a.of(1)), r.count("release.completed web/2"))
			}
			asked, shifts := r.count("assignment.requested"), r.count("route.shifted")
			fresh = bad
			r.until("rolled back", func() bool { return r.count("release.rolled-back web/2") == 1 })
			r.order("release.promoted web/2", "release.demoted web/1", "analysis.failed web/2/post-promotion", "release.aborted web/2", "route.shifted", "release.promoted web/1", "release.rolled-back web/2")
			a := r.app("web")
			if a.Stable != 1 || a.Live != 0 || a.share(1) != fullBp || a.Releases[1].Phase != completed {
				t.Errorf("stable %d, live %d, shares %v, release 1 %s", a.Stable, a.Live, a.Route.Said.Shares, a.Releases[1].Phase)
			}
			if n, m := r.count("assignment.requested")-asked, r.count("route.shifted")-shifts; n != 0 || m != 1 {
				t.Errorf("%d were started, the route turned %d times", n, m)
			}
			r.pass(30 * time.Minute)
			if n := len(r.app("web").of(1)); n != 2 {
				t.Errorf("%d of the old one serve", n)
			}
		})
	}
	t.Run("a good one is completed when the bake is over, and the old one kept warm from then", func(t *testing.T) {
		r, fresh := newRig(t), fine
		r.beside(&fresh, replicas(2), baked(events.BlueGreen, errorsBelow()), func(d *events.Document) { d.Deploy.Keep.WarmForMs = 20_000 })
		r.until("completed", func() bool { return r.count("release.completed web/2") == 1 })
		r.order("analysis.passed web/2/post-promotion", "release.completed web/2")
		a := r.app("web")
		if took := a.Releases[2].Ended.Sub(a.Releases[2].PromotedAt); took < time.Minute || took > 61*time.Second {
			t.Errorf("baked for %s", took)
		}
		r.pass(19 * time.Second)
		if n := len(r.app("web").of(1)); n != 2 {
			t.Errorf("%d are warm after the bake", n)
		}
		r.pass(5 * time.Second)
		if n := len(r.app("web").of(1)); n != 0 {
			t.Errorf("%d are left beyond their time", n)
		}
	})
	t.Run("a bake is finite: without knowledge it ends, and says so", func(t *testing.T) {
		r, fresh := newRig(t), idle
		r.beside(&fresh, replicas(2), baked(events.BlueGreen, errorsBelow()))
		r.until("completed", func() bool { return r.count("release.completed web/2") == 1 })
		r.order("analysis.cancelled web/2/post-promotion", "release.completed web/2")
	})
	t.Run("what is lost in the bake comes back, and a newer declaration ends it", func(t *testing.T) {
		r, fresh := newRig(t), fine
		r.beside(&fresh, replicas(2), baked(events.BlueGreen, errorsBelow()))
		r.until("promoted", func() bool { return r.count("release.promoted web/2") == 1 })
		r.pass(time.Second)
		r.lose("web-2-a1")
		r.until("back", func() bool {
			return len(r.app("web").of(2).keep(func(i *Inst) bool { return i.State == "ready" })) == 2
		})
		r.declare(doc("3", replicas(2), baked(events.BlueGreen, errorsBelow())))
		r.until("planned", func() bool { return r.count("release.planned web/3") == 1 })
		r.order("analysis.cancelled web/2/post-promotion", "release.completed web/2", "release.planned web/3")
	})
	t.Run("a person takes a baked one back", func(t *testing.T) {
		r, fresh := newRig(t), fine
		r.beside(&fresh, replicas(2), baked(events.Canary, errorsBelow()))
		r.until("promoted", func() bool { return r.count("release.promoted web/2") == 1 })
		r.pass(time.Second)
		r.wish(events.WishAbortRequested{OfApp: web})
		r.until("rolled back", func() bool { return r.count("release.rolled-back web/2") == 1 && r.app("web").Stable == 1 })
	})
	t.Run("a rollback in the bake takes it back to the one before, which nothing of is started", func(t *testing.T) {
		for name, to := range map[string]int{"none named": 0, "the one before named": 1} {
			r, fresh := newRig(t), fine
			r.beside(&fresh, replicas(2), baked(events.BlueGreen, errorsBelow()))
			r.until("promoted", func() bool { return r.count("release.promoted web/2") == 1 })
			r.pass(time.Second)
			asked := r.count("assignment.requested")
			r.wish(events.WishRollbackRequested{OfApp: web, To: to, Message: "wrong prices"})
			r.until(name+": rolled back", func() bool { return r.count("release.rolled-back web/2") == 1 })
			r.order("release.promoted web/2", "release.aborted web/2", "route.shifted", "release.promoted web/1", "release.rolled-back web/2")
			a := r.app("web")
			if x := a.Releases[2]; a.Stable != 1 || a.share(1) != fullBp || x.Aborted != causeOperator || x.AbortWhy != "wrong prices" || a.Inbox.Open() != 0 {
				t.Errorf("%s: release %d serves, shares %v, aborted for %s %q", name, a.Stable, a.Route.Said.Shares, x.Aborted, x.AbortWhy)
			}
			if n := r.count("assignment.requested") - asked; n != 0 {
				t.Errorf("%s: %d were started", name, n)
			}
		}
	})
	t.Run("a rollback in the bake to another release than the one before is refused, and says to which it can be", func(t *testing.T) {
		r, fresh, why := newRig(t), fine, map[string]string{}
		r.w.Observe(func(e events.Event) error {
			if d, ok := e.Data.(events.RollbackRefused); ok {
				why[d.Cause] = e.Reason
			}
			return nil
		})
		r.fares(func(int) fare { return fresh })
		for _, version := range []string{"1", "2"} {
			r.deploy(doc(version, replicas(2)))
		}
		r.declare(doc("3", replicas(2), baked(events.BlueGreen, errorsBelow())))
		r.until("promoted", func() bool { return r.count("release.promoted web/3") == 1 })
		r.pass(time.Second)
		for n, to := range []int{1, 3} {
			r.wish(events.WishRollbackRequested{OfApp: web, To: to})
			r.until("refused", func() bool { return r.count("release.rollback-refused") == n+1 })
		}
		if !strings.Contains(why["busy"], "takes it back to release 2") || why["serving"] != "release 3 serves already" {
			t.Errorf("refused for %q", why)
		}
		r.until("completed", func() bool { return r.count("release.completed web/3") == 1 })
		r.never(t, "release.aborted")
	})
	t.Run("a rollback in the bake of a revision that served before leads to no other one", func(t *testing.T) {
		r, fresh := newRig(t), fine
		r.beside(&fresh, replicas(2), baked(events.BlueGreen, errorsBelow()))
		r.until("completed", func() bool { return r.count("release.completed web/2") == 1 })
		r.w.Wish("person:alice", events.WishAppDeclared{OfApp: web, Document: r.app("web").Accepted.Document, Force: true})
		r.until("promoted", func() bool { return r.count("release.promoted web/3") == 1 })
		r.pass(time.Second)
		r.wish(events.WishRollbackRequested{OfApp: web})
		r.until("refused", func() bool { return r.count("release.rollback-refused") == 1 })
		r.never(t, "release.aborted")
	})
	t.Run("delivery-C17 a failure after the last shift: traffic back, and the share told is the one measured", func(t *testing.T) {
		r, fresh := newRig(t), fine
		told := 0
		r.w.Observe(func(e events.Event) error {
			if d, ok := e.Data.(events.ReleaseStepCompleted); ok && d.Release == 2 {
				told = d.MeasuredBp
			}
			return nil
		})
		r.deploy(doc("1", replicas(2), baked(events.Canary, errorsBelow())))
		r.fares(func(release int) fare {
			if release == 1 {
				return fare{requests: 95, latencyMs: 5, cpuMilli: 1}
			}
			f := fresh
			f.requests = 5
			return f
		})
		r.pass(5 * time.Second)
		r.declare(doc("2", replicas(2), baked(events.Canary, errorsBelow(func(c *events.AnalysisCheck) { c.MinRequests = 1 }))))
		r.until("promoted", func() bool { return r.count("release.promoted web/2") == 1 })
		if told != 500 {
			t.Errorf("%d bp were told as measured, want 500", told)
		}
		fresh.errors = 3
		r.until("back", func() bool { return r.count("release.rolled-back web/2") == 1 })
		if a := r.app("web"); a.share(1) != fullBp {
			t.Errorf("shares %v", a.Route.Said.Shares)
		}
	})
	t.Run("a bad one whose refuge has lost an instance: all of them are there before it has all requests", func(t *testing.T) {
		r, fresh := newRig(t), fine
		r.beside(&fresh, replicas(2), baked(events.BlueGreen, errorsBelow()))
		r.until("promoted", func() bool { return r.count("release.promoted web/2") == 1 })
		r.pass(5 * time.Second)
		r.slow[1] = true
		r.lose("web-1-a1")
		r.until("asked for again", func() bool { return len(r.app("web").of(1).keep(wanted)) == 2 })
		fresh = bad
		r.until("aborted", func() bool { return r.count("release.aborted web/2") == 1 })
		r.pass(time.Minute)
		if a := r.app("web"); a.share(1) > fullBp/2 || r.count("release.rolled-back") != 0 {
			t.Fatalf("shares %v on half of the instances", a.Route.Said.Shares)
		}
		for _, i := range r.app("web").of(1).keep(wanted) {
			if i.State != "ready" {
				r.makeReady(events.OfInstance{App: "web", Node: i.Node, Instance: i.ID})
			}
		}
		r.until("back", func() bool { return r.count("release.rolled-back web/2") == 1 && r.app("web").share(1) == fullBp })
	})
}

// A bad one is home when every gateway sends its requests home, not when it was told to.
func TestABadOneIsHomeWhenItsShareHasSettled(t *testing.T) {
	r, fresh := newRig(t), fine
	r.beside(&fresh, replicas(2), baked(events.BlueGreen, errorsBelow()))
	r.until("promoted", func() bool { return r.count("release.promoted web/2") == 1 })
	r.pass(5 * time.Second)
	fresh = bad
	r.until("aborted", func() bool { return r.count("release.aborted web/2") == 1 })
	r.noGw = true
	r.until("its requests are to go home", func() bool { return r.app("web").share(1) == fullBp })
	r.pass(time.Minute)
	r.never(t, "release.rolled-back")
	if a := r.app("web"); a.Stable != 2 || !r.waitsFor(waitsSettlement) && !r.waitsFor(waitsGateway) {
		t.Errorf("before anybody applied it: stable %d, waits %v", a.Stable, r.waits())
	}
	r.noGw = false
	r.settle("web")
	r.until("home", func() bool { return r.count("release.rolled-back web/2") == 1 && r.app("web").Stable == 1 })
}

// A bake needs somebody to take the requests back: one that is gone is not started anew
// for a bake that an app file begins to ask for after the promotion.
func TestABakeNeedsARefuge(t *testing.T) {
	d := doc("2", baked(events.BlueGreen, errorsBelow()))
	for phase, want := range map[string]bool{completed: true, warm: true, cold: false, stranded: false} {
		fresh := &Release{Number: 2, From: 1, Phase: promoted, PromotedAt: sim.Start}
		old := &Release{Number: 1, Phase: phase, WarmUntil: sim.Start.Add(time.Hour)}
		v := view{App: &App{Live: 2, Accepted: &Declaration{Document: d}, Releases: map[int]*Release{1: old, 2: fresh}}, now: sim.Start}
		if got := v.bakes(fresh); got != want {
			t.Errorf("the one before it is %s: it bakes: %t", phase, got)
		}
	}
}

// A verdict that falls as the bake ends takes the release back all the same; one that
// passed, or that a person is to look at, ends it.
func TestAVerdictAtTheEndOfABake(t *testing.T) {
	for _, c := range []struct {
		state, onFailure string
		want             bool
	}{{failed, events.OnFailureRollback, true}, {failed, events.OnFailurePause, false}, {passed, events.OnFailureRollback, false}} {
		d := doc("2", baked(events.BlueGreen, errorsBelow()))
		d.Deploy.OnFailure = c.onFailure
		fresh := &Release{Number: 2, From: 1, Phase: promoted, PromotedAt: sim.Start}
		fresh.Analyses = map[string]*Analysis{events.RunPostPromotion: {State: c.state}}
		old := &Release{Number: 1, Phase: completed}
		v := view{App: &App{Live: 2, Accepted: &Declaration{Document: d}, Releases: map[int]*Release{1: old, 2: fresh}}}
		v.now = v.bakeEnds(fresh)
		if got := v.bakes(fresh); got != c.want {
			t.Errorf("%s, on failure %s: it bakes on: %t", c.state, c.onFailure, got)
		}
	}
}

// delivery-P10 of what is judged: whatever prefix of its story is in the log when the
// deployer crashes, a release that its checks take back ends as it would have.
func TestACrashWhileJudgedEndsTheSame(t *testing.T) {
	for name, plan := range map[string][]func(*events.Document){
		"in its steps": {steps(weight(500), judgedIn(weight(2500), errorsBelow(func(c *events.AnalysisCheck) { c.Failures, c.Count = 2, 3 })))},
		"in its bake":  {baked(events.Canary, errorsBelow())},
	} {
		play := func(crash uint64) (phase string, stable int, end uint64) {
			r, fresh := newRig(t), bad
			r.deploy(doc("1", append(plan, replicas(2))...))
			r.fares(canaryOf(&fresh))
			begin := r.w.Log.Len()
			r.declare(doc("2", append(plan, replicas(2))...))
			if crash > 0 {
				r.w.RunUntil(10*time.Minute, func() bool { return r.w.Log.Len() >= begin+crash })
				r.h.Crash(time.Second)
			}
			r.until("release 2 has ended", func() bool {
				a := r.app("web")
				return a != nil && a.Releases[2] != nil && !a.Releases[2].Ended.IsZero()
			})
			return r.app("web").Releases[2].Phase, r.app("web").Stable, r.w.Log.Len() - begin
		}
		want, stable, all := play(0)
		if want != rolledBack || stable != 1 {
			t.Fatalf("%s: it is %s, release %d serves", name, want, stable)
		}
		for crash := range all {
			if got, serves, _ := play(crash + 1); got != want || serves != stable {
				t.Errorf("%s, crash after %d of %d facts: it is %s, release %d serves", name, crash+1, all, got, serves)
			}
		}
	}
}
