package deployer

import (
	"testing"

	"slipway.dev/events"
)

func external(d *events.Document) { d.External, d.Command, d.Replicas = true, nil, 0 }

func TestExternalApp(t *testing.T) {
	t.Run("an app that others serve has a way in and a release without instances", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1", external))
		r.order("app.declared", "release.planned", "route.declared", "release.started", "route.shifted", "release.promoted", "release.completed")
		a := r.app("web")
		if n := len(a.Instances); n != 0 || a.Stable != 1 || a.share(1) != fullBp || r.count("assignment") != 0 {
			t.Errorf("%d instances, stable %d, share %d, %d assignments", n, a.Stable, a.share(1), r.count("assignment"))
		}
	})
	t.Run("it needs no node that could run it", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1", external, func(d *events.Document) { d.Resources.MemoryBytes = 1 << 50 }))
		if r.count("release.refused") != 0 || r.app("web").Stable != 1 {
			t.Errorf("refused %d times, stable %d", r.count("release.refused"), r.app("web").Stable)
		}
	})
	t.Run("the field steers: turned on it makes no release", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1"))
		r.deploy(doc("1", func(d *events.Document) { d.External = true }))
		if r.count("release.unchanged") != 1 || r.app("web").Last != 1 || !r.app("web").Accepted.Document.External {
			t.Errorf("unchanged %d times, last release %d", r.count("release.unchanged"), r.app("web").Last)
		}
	})
	t.Run("a program may take its place, and give it back", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1", external))
		r.deploy(doc("2", replicas(2)))
		if n := len(r.app("web").of(2)); n != 2 {
			t.Errorf("%d instances of release 2, want 2", n)
		}
		r.deploy(doc("3", external))
		if a := r.app("web"); a.Stable != 3 || len(a.of(3)) != 0 {
			t.Errorf("stable %d with %d instances", a.Stable, len(a.of(3)))
		}
	})
}
