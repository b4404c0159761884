package recovery

import (
	"testing"
	"time"

	"slipway.dev/events"
)

var began = time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)

// tells lets a watch hear what was stored so long after the drill's beginning.
func tells(w *Watch, after time.Duration, data events.Payload) {
	about := data.About()
	w.Hear(events.Event{Kind: events.KindOf(data), App: about.App, Place: about.Place, Stored: began.Add(after), Reason: "because", Data: data})
}

func on(node, id string) events.OfInstance {
	return events.OfInstance{App: "web", Node: node, Instance: id}
}

const second = time.Second

func TestKillInstance(t *testing.T) {
	for name, c := range map[string]struct {
		ready time.Duration
		holds bool
	}{"in time": {2900 * time.Millisecond, true}, "too late": {3100 * time.Millisecond, false}} {
		t.Run(name, func(t *testing.T) {
			w := KillInstance(began, "web-1-a1", second)
			tells(w, 0, events.InstanceReady{OfInstance: on("n1", "web-1-a1")}) // of the try that dies
			tells(w, 100*time.Millisecond, events.InstanceExited{OfInstance: on("n1", "web-1-b1")})
			if w.Took(w.Steps[0]); w.Over() {
				t.Fatal("somebody else died")
			}
			tells(w, 200*time.Millisecond, events.InstanceExited{OfInstance: on("n1", "web-1-a1")})
			tells(w, 200*time.Millisecond, events.InstanceBackingOff{OfInstance: on("n1", "web-1-a1"), Until: began.Add(1200 * time.Millisecond)})
			if took, ok := w.Took(w.Steps[0]); !ok || took != 200*time.Millisecond || w.Over() {
				t.Fatalf("%s %v", took, ok)
			}
			tells(w, c.ready, events.InstanceReady{OfInstance: on("n1", "web-1-a1")})
			if !w.Over() || w.AllHold() != c.holds || w.Steps[1].Bound != 3*second {
				t.Errorf("over %v, holds %v, bound %s", w.Over(), w.AllHold(), w.Steps[1].Bound)
			}
		})
	}
}

func TestSlowInstance(t *testing.T) {
	over := events.DrillEnded{OfDrill: events.OfDrill{Participant: "node-n1", Place: "n1"}}
	t.Run("not slow enough to be taken out", func(t *testing.T) {
		w := SlowInstance(began, "web-1-a1", "node-n1", 2*second, second)
		tells(w, 3*second, events.DrillEnded{OfDrill: events.OfDrill{Participant: "node-n2", Place: "n2"}})
		if w.Over() {
			t.Fatal("another node's drill")
		}
		tells(w, 4*second, over)
		if took, _ := w.Took(w.Steps[2]); !w.Over() || !w.AllHold() || took != 0 {
			t.Errorf("%v %v %s", w.Over(), w.AllHold(), took)
		}
	})
	t.Run("taken out and back", func(t *testing.T) {
		w := SlowInstance(began, "web-1-a1", "node-n1", 2*second, second)
		tells(w, 3*second, events.InstanceUnready{OfInstance: on("n1", "web-1-a1")})
		tells(w, 4*second, over)
		if w.Over() || w.Holds(w.Steps[0]) {
			t.Error("it is still out, and was found too late")
		}
		tells(w, 4500*time.Millisecond, events.InstanceReady{OfInstance: on("n1", "web-1-a1")})
		if took, _ := w.Took(w.Steps[2]); !w.Over() || w.AllHold() || !w.Holds(w.Steps[2]) || took != 500*time.Millisecond {
			t.Errorf("%v %v %s", w.Over(), w.AllHold(), took)
		}
	})
}

func TestKillNode(t *testing.T) {
	ready := map[string][]events.OfInstance{"web": {on("n1", "web-1-a1"), on("n2", "web-1-b1")}}
	w := KillNode(began, "n2", 3*second, second, ready)
	tells(w, 2*second, events.LeaseLapsed{Lease: events.Lease{OfHolder: events.OfHolder{Holder: "node-n1"}, Kind: "node", Name: "n1"}})
	tells(w, 3*second, events.LeaseLapsed{Lease: events.Lease{OfHolder: events.OfHolder{Holder: "node-n2"}, Kind: "node", Name: "n2"}})
	tells(w, 13*second, events.InstanceReady{OfInstance: on("n3", "web-1-c1")})
	if !w.Over() || !w.AllHold() || w.Steps[1].Bound != 14*second {
		t.Errorf("%+v", w.Steps[1])
	}
	w = KillNode(began, "n2", 3*second, second, ready)
	tells(w, 3*second, events.LeaseLapsed{Lease: events.Lease{OfHolder: events.OfHolder{Holder: "node-n2"}, Kind: "node", Name: "n2"}})
	tells(w, 13*second, events.InstanceReady{OfInstance: on("n1", "web-1-a1")}) // as before
	tells(w, 13*second, events.InstanceReady{OfInstance: events.OfInstance{App: "other", Node: "n1", Instance: "other-1-a1"}})
	if w.Over() {
		t.Error("there is one fewer than before")
	}
	if longest := w.Longest(0); longest != 18*second {
		t.Errorf("%s", longest)
	}
}

func TestPartitionGateway(t *testing.T) {
	lease := events.Lease{OfHolder: events.OfHolder{Holder: "gateway-gw1-a"}, Kind: "gateway", Name: "gw1-a"}
	w := PartitionGateway(began, "gw1-a", 3*second, 8*second)
	tells(w, 4500*time.Millisecond, events.LeaseLapsed{Lease: lease})
	tells(w, 5*second, events.LeaseResumed{Lease: lease}) // before it was healed: not what is meant
	if w.Over() || w.Holds(w.Steps[0]) {
		t.Error("it is cut off still, and was counted on for too long")
	}
	tells(w, 9*second, events.LeaseResumed{Lease: lease})
	if !w.Over() || !w.Holds(w.Steps[1]) {
		t.Error("it is back")
	}
}

func TestBadRelease(t *testing.T) {
	of := events.OfRelease{App: "web", Release: 2}
	w := BadRelease(began, "web", 10*second, 5*second)
	tells(w, 0, events.ReleasePlanned{OfRelease: of})
	for _, bp := range []int{500, 1000, 0} {
		tells(w, 0, events.RouteShifted{OfRoute: events.OfRoute{App: "web"}, Route: events.Route{Shares: []events.RouteShare{{Release: 1, ShareBp: 10_000 - bp}, {Release: 2, ShareBp: bp}}}})
	}
	if w.Release != 2 || w.ShareBp != 1000 {
		t.Errorf("release %d, share %d", w.Release, w.ShareBp)
	}
	tells(w, second, events.ReleaseAborted{OfRelease: events.OfRelease{App: "web", Release: 1}})
	tells(w, 4*second, events.ReleaseAborted{OfRelease: of})
	tells(w, 10*second, events.ReleaseRolledBack{OfRelease: of, To: 1})
	if took, _ := w.Took(w.Steps[1]); !w.Over() || w.AllHold() || took != 6*second || !w.Holds(w.Steps[0]) {
		t.Errorf("%v %s", w.AllHold(), took)
	}
	for name, end := range map[string]events.Payload{
		"stranded": events.ReleaseStranded{OfRelease: of}, "it serves after all": events.ReleaseCompleted{OfRelease: of},
	} {
		t.Run(name, func(t *testing.T) {
			w := BadRelease(began, "web", 10*second, 5*second)
			tells(w, 0, events.ReleasePlanned{OfRelease: of})
			tells(w, second, end)
			if !w.Over() || w.AllHold() || w.Failed == "" {
				t.Errorf("%+v", w)
			}
		})
	}
}
