package simulation

import (
	"slices"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/services/deployer"
)

// fullSeeds is how many worlds the log of which gets full are played.
const fullSeeds = 30

// bus-12, in simulation: with the log at 91 % of its size a release under way, a
// rollback with its drains, a lost node and its recovery run to their ends under the
// faults of every day; a deploy is refused and accepted once there is room.
func TestANearlyFullLogTakesWhatIsEssential(t *testing.T) {
	for seed := range uint64(fullSeeds) {
		f := &fullLog{platform: newPlatform(seed+1, Options{}), t: t}
		f.tell()
		f.play()
		if f.w.Err != nil {
			t.Fatalf("seed %d: %v", seed+1, f.w.Err)
		}
	}
}

// fullLog is a world whose log gets full.
type fullLog struct {
	*platform
	t    *testing.T
	near bool
}

func (f *fullLog) play() {
	web := events.OfApp{App: "web"}
	f.deploy("good1")
	f.await("the first release", func() bool {
		return len(f.facts(func(e events.Event) bool { return e.Kind.Name() == "release.completed" })) == 1
	})
	first := f.declared["web"]

	f.deploy("good2")
	f.w.Run(time.Duration(f.w.Rand().IntN(3000)) * time.Millisecond)
	f.crowd(true)
	second := f.declared["web"]
	if !f.accepted("good2") {
		f.await("the second declaration's refusal", func() bool { return f.refused() == 1 })
		second = first
	}
	f.declared["web"] = second
	f.reach("what was under way")

	before := f.refused()
	f.deploy("good3")
	f.await("the third declaration's refusal", func() bool { return f.refused() == before+1 })
	f.declared["web"] = first
	if second.Revision() != first.Revision() {
		f.w.Wish("person:sim", events.WishRollbackRequested{OfApp: web})
		f.reach("the rollback")
	}
	f.loseOne()
	f.reach("the recovery from a lost node")

	f.crowd(false)
	f.w.Run(2 * time.Second) // until it is sensed
	f.deploy("good4")
	f.await("the fourth declaration", func() bool { return f.accepted("good4") })
	f.reach("the deploy after there was room")
}

func (f *fullLog) deploy(version string) {
	f.declare("web", func(d *events.Document) { d.Version, d.Replicas = version, 2 })
}

// loseOne loses a node for longer than it takes to count as lost.
func (f *fullLog) loseOne() {
	f.lose(f.w.Rand().IntN(len(f.machines)), 20*time.Second)
	f.w.Run(time.Second)
}

// crowd makes the log nearly full, or gives it room.
func (f *fullLog) crowd(near bool) {
	f.near = near
	f.w.Log.Crowd(near)
}

// tell lets each deployer sense the log's size every second, as its driver does.
func (f *fullLog) tell() {
	f.w.After(time.Second, func() {
		for _, h := range f.services {
			h.Sense(h.Incarnation(), deployer.Room{Percent: 91, Near: f.near})
		}
		f.tell()
	})
}

func (f *fullLog) reach(what string) { f.await(what, f.converged) }

func (f *fullLog) await(what string, holds func() bool) {
	if f.w.Err == nil && !f.w.RunUntil(10*time.Minute, holds) && f.w.Err == nil {
		f.w.Fail("%s: not within 10 minutes: %s", what, f.why)
	}
}

// facts are those of the log that ok wants.
func (f *fullLog) facts(ok func(events.Event) bool) (found []events.Event) {
	for seq := uint64(1); seq <= f.w.Log.Len(); seq++ {
		if e := f.w.Log.At(seq); ok(e) {
			found = append(found, e)
		}
	}
	return found
}

func (f *fullLog) accepted(version string) bool {
	return len(f.facts(func(e events.Event) bool {
		d, ok := e.Data.(events.AppDeclared)
		return ok && d.Document.Version == version
	})) > 0
}

// refused counts the declarations refused for want of room.
func (f *fullLog) refused() int {
	return len(f.facts(func(e events.Event) bool {
		d, ok := e.Data.(events.ReleaseRefused)
		return ok && slices.ContainsFunc(d.Reasons, func(r events.Refusal) bool { return r.Code == "log-full" })
	}))
}
