package view

import (
	"testing"

	"slipway.dev/events"
)

// TestJourneyCompleted: a declare is followed to the end of its release.
func TestJourneyCompleted(t *testing.T) {
	s := newStory(t)
	j := s.serve()
	if !j.Done() || j.Outcome != "promoted" || j.Release != 1 || j.Answer == nil {
		t.Fatalf("%+v", j)
	}
	d := s.log.Deployment("shop", "deploy", j.Release, s.now)
	if d.Outcome != "promoted" || d.Requests.Total != 40 || d.Requests.Failed != 1 || *d.TookMs != 1000 || d.Actor != "person:alice" {
		t.Errorf("%+v", d)
	}
	if len(d.URLs) != 1 || d.URLs[0] != "http://shop.localhost:8080/" {
		t.Errorf("urls %q", d.URLs)
	}
	if len(d.Serving) != 1 || d.Serving[0] != (Serving{1, "v1", 1}) {
		t.Errorf("serving %+v", d.Serving)
	}
}

// TestJourneyGoals: promoted is earlier than completed, an answer earlier than both.
func TestJourneyGoals(t *testing.T) {
	for _, c := range []struct {
		goal Goal
		last string
	}{{Answered, "declared"}, {Promoted, "promoted"}, {Completed, "completed"}} {
		s := newStory(t)
		s.cluster()
		j := s.declare(1, 1, "v1")
		j.Goal = c.goal
		doneAt := ""
		note := func() {
			if j.Done() && doneAt == "" {
				doneAt = s.last.Kind.Happened
			}
		}
		note()
		s.plan(1, 1, 0, "v1")
		note()
		s.say("1 of 1", events.ReleasePromoted{OfRelease: release(1)})
		note()
		s.say("took 1s", events.ReleaseCompleted{OfRelease: release(1)})
		note()
		if doneAt != c.last {
			t.Errorf("goal %d was reached at %s, want %s", c.goal, doneAt, c.last)
		}
	}
}

// TestJourneyRolledBack: a failed release that was taken back, and one that a person
// aborted, differ.
func TestJourneyRolledBack(t *testing.T) {
	for cause, want := range map[string]string{"deadline": "rolled-back", "operator": "aborted"} {
		s := newStory(t)
		s.serve()
		j := s.declare(2, 2, "v2")
		s.plan(2, 2, 1, "v2")
		s.say("exit 3", events.InstanceFailed{OfInstance: instance("shop-2-a1"), Code: 3})
		s.say("no progress for 1m0s", events.ReleaseAborted{OfRelease: release(2), Cause: cause, By: "person:alice"})
		s.say("no progress for 1m0s", events.ReleaseRolledBack{OfRelease: release(2), To: 1, TookMs: 3400, Requests: 12, RequestsFailed: 4})
		j.Settle(s.log)
		if j.Outcome != want {
			t.Errorf("%s: outcome %s, want %s", cause, j.Outcome, want)
		}
		d := s.log.Deployment("shop", "deploy", 2, s.now)
		if !d.Restored || d.Previous != 1 || d.Requests.Exposed != 12 || d.Reason != "no progress for 1m0s" {
			t.Errorf("%s: %+v", cause, d)
		}
	}
}

// TestJourneyBack: a rollback in a bake aborts it, and is there when the release before it
// serves again; it fails where that cannot be.
func TestJourneyBack(t *testing.T) {
	for _, c := range []struct {
		outcome string
		release int
		end     events.Payload
	}{
		{"promoted", 1, events.ReleasePromoted{OfRelease: release(1), How: "fast-rolled-back"}},
		{"failed", 2, events.ReleaseStranded{OfRelease: release(2), Serving: "2"}},
		{"superseded", 0, events.AppRetired{OfApp: shop}},
	} {
		s := newStory(t)
		s.serve()
		s.declare(2, 2, "v2")
		s.plan(2, 2, 1, "v2")
		s.say("2 of 2", events.ReleasePromoted{OfRelease: release(2), How: events.BlueGreen})
		w, j := s.wish(3, events.WishRollbackRequested{OfApp: shop})
		j.Back = true
		s.answer(w, "wrong prices", events.ReleaseAborted{OfRelease: release(2), Cause: "operator", By: "person:alice"})
		if j.Outcome != "" {
			t.Errorf("%s: over before it was there: %s", c.outcome, j.Outcome)
		}
		if s.say("its end", c.end); j.Outcome != c.outcome || j.Release != c.release {
			t.Errorf("outcome %s of release %d, want %s of %d", j.Outcome, j.Release, c.outcome, c.release)
		}
	}
}

// TestJourneyFirstFails: a first release that fails is stranded with nothing serving.
func TestJourneyFirstFails(t *testing.T) {
	s := newStory(t)
	s.cluster()
	j := s.declare(1, 1, "v1")
	s.plan(1, 1, 0, "v1")
	s.say("exit 3", events.ReleaseAborted{OfRelease: release(1), Cause: "unhealthy"})
	s.say("exit 3", events.ReleaseStranded{OfRelease: release(1), Cause: "exit 3", Serving: "none"})
	if j.Outcome != "failed" || s.log.Record("shop", 1).Serving != "none" {
		t.Errorf("%+v", j)
	}
	app, _ := s.log.Status("shop", s.now)
	if app.State != "failed" || app.Reason != "exit 3" {
		t.Errorf("status %s: %s", app.State, app.Reason)
	}
}

// TestJourneySuperseded: a newer declaration takes the place, before or after the
// release was planned.
func TestJourneySuperseded(t *testing.T) {
	s := newStory(t)
	s.serve()
	first := s.declare(2, 2, "v2")
	s.plan(2, 2, 1, "v2")
	second := s.declare(3, 3, "v3")
	third := s.declare(4, 4, "v4")
	s.say("declaration 4 stands", events.ReleaseAborted{OfRelease: release(2), Cause: "superseded"})
	s.say("declaration 4 stands", events.ReleaseSuperseded{OfRelease: release(2), By: 4})
	s.plan(3, 4, 1, "v4")
	if first.Outcome != "superseded" || first.By != 4 {
		t.Errorf("first %+v", first)
	}
	if second.Outcome != "superseded" || second.By != 4 {
		t.Errorf("second %+v", second)
	}
	if third.Outcome != "" || third.Release != 3 {
		t.Errorf("third %+v", third)
	}
}

// TestJourneyRefused: every way to say no ends the journey with its reasons.
func TestJourneyRefused(t *testing.T) {
	s := newStory(t)
	s.serve()
	for i, c := range []struct {
		wish, no events.Payload
		word     string
	}{
		{events.WishAppDeclared{OfApp: shop}, events.ReleaseRefused{OfRelease: release(2), Reasons: []events.Refusal{{Code: "plan-stale", Text: "moved"}}}, "plan-stale"},
		{events.WishAppDeclared{OfApp: shop}, events.ReleaseRefused{OfRelease: release(3), Reasons: []events.Refusal{{Code: "expired:", Text: "late"}}}, "expired"},
		{events.WishPromotionRequested{OfApp: shop}, events.PromotionRefused{OfRelease: release(1)}, "promotion-refused"},
		{events.WishRollbackRequested{OfApp: shop}, events.RollbackRefused{OfRelease: release(1), Cause: "gone"}, "gone"},
	} {
		w, j := s.wish(uint64(10+i), c.wish)
		s.answer(w, "no", c.no)
		if j.Outcome != "refused" || len(j.Reasons) != 1 || j.Reasons[0].Code != c.word {
			t.Errorf("%s: %+v", c.word, j)
		}
	}
}

// TestJourneyUnchanged: a declaration that changes no instance, and one that a warm
// release answers.
func TestJourneyUnchanged(t *testing.T) {
	s := newStory(t)
	s.serve()
	same := s.declare(2, 2, "v1")
	s.say("release 1 is of this revision", events.ReleaseUnchanged{OfRelease: release(1), Declaration: 2})
	if same.Outcome != "unchanged" || same.Release != 1 {
		t.Errorf("%+v", same)
	}
	warm := s.declare(3, 3, "v0")
	s.say("route settled", events.ReleasePromoted{OfRelease: release(1), How: "fast-rolled-back"})
	s.say("release 1 is of this revision", events.ReleaseUnchanged{OfRelease: release(1), Declaration: 3})
	if warm.Outcome != "promoted" {
		t.Errorf("%+v", warm)
	}
}

// TestJourneyFlip: a rollback onto a warm release is a shifted route and a promotion.
func TestJourneyFlip(t *testing.T) {
	s := newStory(t)
	s.serve()
	w, j := s.wish(2, events.WishRollbackRequested{OfApp: shop})
	s.answer(w, "rolled back by person:alice", events.RouteShifted{OfRoute: events.OfRoute{App: "shop", Generation: 2}})
	if j.Done() {
		t.Fatal("a shifted route is not the end")
	}
	s.say("route 2 settled", events.ReleasePromoted{OfRelease: release(1), How: "fast-rolled-back"})
	if j.Outcome != "promoted" || j.Release != 1 {
		t.Errorf("%+v", j)
	}
}

// TestJourneyRetired: an app has ended when its last instance has.
func TestJourneyRetired(t *testing.T) {
	s := newStory(t)
	s.serve()
	w, j := s.wish(2, events.WishAppRetired{OfApp: shop})
	s.answer(w, "by person:alice", events.AppRetired{OfApp: shop})
	s.say("the app is retired", events.AssignmentWithdrawn{OfInstance: instance("shop-1-a1"), Cause: "retired"})
	if j.Done() {
		t.Fatal("an instance still runs")
	}
	s.say("stopped", events.InstanceStopped{OfInstance: instance("shop-1-a1"), Code: 0})
	if j.Outcome != "retired" {
		t.Errorf("%+v", j)
	}
	if app, _ := s.log.Status("shop", s.now); app.State != "stopped" {
		t.Errorf("status %s", app.State)
	}
}

// TestWatching: what an app is on its way to can be taken up by a late watcher.
func TestWatching(t *testing.T) {
	s := newStory(t)
	s.serve()
	if _, ok := s.log.Watching("shop", Completed); ok {
		t.Error("nothing is on its way")
	}
	s.declare(2, 2, "v2")
	if j, ok := s.log.Watching("shop", Completed); !ok || j.Declaration != 2 {
		t.Errorf("%+v", j)
	}
	s.plan(2, 2, 1, "v2")
	j, ok := s.log.Watching("shop", Completed)
	if !ok || j.Release != 2 {
		t.Fatalf("%+v", j)
	}
	s.heard = append(s.heard, j)
	s.say("took 1s", events.ReleaseCompleted{OfRelease: release(2)})
	if j.Outcome != "promoted" {
		t.Errorf("%+v", j)
	}
}
