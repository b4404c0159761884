package node

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// history is a node to which anything may happen at any moment.
type history struct {
	*rapid.T
	c        Config
	s        *State
	now      time.Time
	ordinals uint64
}

func (h *history) pick(of ...string) string { return rapid.SampledFrom(of).Draw(h.T, "pick") }
func (h *history) n(most int) int           { return rapid.IntRange(0, most).Draw(h.T, "n") }
func (h *history) app() string              { return h.pick("web", "api") }

func (h *history) hear(data events.Payload) {
	h.ordinals++
	about := data.About()
	h.s.evolve(events.Event{
		ID: fmt.Sprint(h.ordinals), Kind: events.KindOf(data), App: about.App, Place: about.Place, Time: h.now, Data: data,
	})
}

func (h *history) spec() events.Spec {
	s := events.Spec{
		Ports: map[string]events.SpecPort{"http": {Protocol: "http", HostPort: h.n(1) * 21000}},
		Health: events.Health{
			Ready:     events.HealthCheck{Kind: events.CheckTCP, Port: "http", IntervalMs: 1000, TimeoutMs: 100, Rise: 1, Fall: 2},
			StartupMs: 5000,
		},
		Stop:    events.StopPolicy{DrainMs: 1000, GraceMs: 1000},
		Restart: events.RestartPolicy{When: h.pick("always", events.RestartOnFailure, events.RestartNever), BackoffMinMs: 200, BackoffMaxMs: 2000, GiveUpFailures: 2, GiveUpWithinMs: 60_000},
	}
	if h.n(1) == 1 {
		s.Artifact = &events.Artifact{SHA256: "abc", SizeBytes: 10}
	}
	return s
}

// happen is one thing from outside.
func (h *history) happen() {
	of := events.OfInstance{Node: "n1"}
	of.App = h.app()
	of.Instance = of.App + "-" + h.pick("1-a1", "1-a2", "2-a1", "2-pre1")
	release := events.OfRelease{App: of.App, Release: 1 + h.n(1)}
	id, try := of.Instance, h.n(3)
	switch h.n(19) {
	case 0, 1:
		h.hear(events.ReleasePlanned{OfRelease: release, Spec: h.spec()})
	case 2:
		h.hear(events.ReleasePromoted{OfRelease: release})
	case 3:
		h.hear(events.AppRetired{OfApp: events.OfApp{App: of.App}})
	case 4, 5, 6:
		h.hear(events.PlacementPlaced{OfInstance: of, Release: release.Release, Role: h.pick("", "", events.RoleHook), Hold: h.n(3) == 0})
	case 7:
		h.hear(events.AssignmentWithdrawn{OfInstance: of, Cause: "scaled", StopByMs: h.now.Add(time.Duration(h.n(20)) * time.Second).UnixMilli()})
	case 8:
		h.hear(events.AssignmentCleared{OfInstance: of})
	case 9:
		h.hear(events.EndpointDrained{Endpoint: events.Endpoint{App: of.App, Endpoint: id}})
	case 10:
		h.hear(events.PlacementEvacuated{OfInstance: of, Cause: "lost"})
	case 11:
		h.s.sense(Boot{Nonce: h.pick("a", "b"), Drivers: []string{"process"}})
	case 12:
		found := Found{ID: id, Try: try, Pid: 7, Running: h.n(1) == 1}
		h.s.sense(Listed{First: h.n(1) == 1, Found: []Found{found}})
	case 13:
		h.s.sense(Content{ID: id})
	case 14:
		h.s.sense(ContentFailed{ID: id, Failures: try, Reason: "away"})
	case 15:
		h.s.sense(Running{ID: id, Try: try, Pid: 7})
	case 16:
		h.s.sense(Ended{ID: id, Try: try, Code: h.n(1), Signal: h.pick("", "KILL")})
	case 17:
		h.s.sense(Checked{ID: id, Try: try, OK: h.n(1) == 1, Consecutive: 1 + h.n(2)})
	case 18:
		h.s.sense(Confirmed{ID: id})
	case 19:
		if h.n(9) == 0 {
			h.s.sense(Leave{})
		}
	}
}

// conclusions are all that is concluded of the node now.
type conclusions struct {
	Says service.Says
	Acts []service.Act
	Due  time.Time
}

func (h *history) conclude() conclusions {
	return conclusions{h.c.decide(h.s, h.now), h.c.acts(h.s), h.c.due(h.s, h.now)}
}

// whole looks at every instance.
func (h *history) whole() conclusions {
	kept := h.s.rows
	h.s.rows = service.Soft[rows]{}
	defer func() { h.s.rows = kept }()
	return h.conclude()
}

// What is looked at again is all that could say something else: whatever happens, the node concludes what it would
// with every instance looked at.
func TestRowsConcludeAsTheWholeWalk(t *testing.T) {
	said, silent := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		h := &history{T: t, c: Config{Name: "n1", Address: "10.0.0.1", TakeAlong: rapid.Bool().Draw(t, "take along")}, s: newState("n1"), now: time.Unix(1_700_000_000, 0).UTC()}
		h.s.sense(Boot{Nonce: "a", Drivers: []string{"process"}})
		for range rapid.IntRange(10, 120).Draw(t, "steps") {
			h.now = h.now.Add(time.Duration(h.n(3)*h.n(2000)) * time.Millisecond)
			if h.n(2) > 0 {
				h.happen()
			}
			want := h.whole()
			got := h.conclude()
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("concluded\n%+v\nwith every instance looked at\n%+v", got, want)
			}
			if kept, made := *h.s.apps(), *(&State{Releases: h.s.Releases, Instances: h.s.Instances}).apps(); !reflect.DeepEqual(kept, made) {
				t.Fatalf("by app\n%+v\nthere is\n%+v", kept, made)
			}
			for _, r := range h.s.table().sorted {
				if r.silent {
					silent++
				}
			}
			for _, f := range got.Says.Facts[:min(len(got.Says.Facts), 1+h.n(3))] {
				said++
				h.hear(f.Data)
			}
		}
	})
	if said == 0 || silent == 0 {
		t.Errorf("%d facts were said, %d rows were silent", said, silent)
	}
}
