package deployer

import (
	"testing"
	"time"
)

func TestRolling(t *testing.T) {
	t.Run("delivery-R01 a new app of 10 replicas makes 10 placements and no steps", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1", replicas(10)))
		if n := r.count("placement.placed"); n != 10 {
			t.Errorf("%d placements, want 10", n)
		}
		if n := r.count("release.step") + r.count("analysis."); n != 0 {
			t.Errorf("%d steps and analyses, want none", n)
		}
		r.order("app.declared web", "release.planned web/1", "assignment.requested", "placement.placed", "route.shifted", "release.promoted web/1", "release.completed web/1")
	})
	t.Run("delivery-R05 the same file again makes no release", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1", replicas(2)))
		before := r.count("assignment.")
		r.declare(doc("1", replicas(2)))
		r.until("unchanged", func() bool { return r.count("release.unchanged web/1") == 1 })
		r.pass(time.Minute)
		if r.count("release.planned") != 1 || r.count("assignment.") != before {
			t.Errorf("something was released: %v", r.facts)
		}
	})
	t.Run("a new version replaces the old one and nothing of it stays", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1", replicas(3)))
		r.deploy(doc("2", replicas(3)))
		r.until("the old is gone", func() bool { return len(r.app("web").Instances) == 3 })
		if r.app("web").Stable != 2 {
			t.Errorf("stable is %d", r.app("web").Stable)
		}
	})
}
