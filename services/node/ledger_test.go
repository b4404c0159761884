package node

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"slipway.dev/events"
)

func TestPortsGoRoundAndAreNeverGivenTwice(t *testing.T) {
	spec := &events.Spec{Ports: map[string]events.SpecPort{"http": {}, "admin": {}}}
	rapid.Check(t, func(t *rapid.T) {
		s := newState("n1")
		s.NextPort = rapid.IntRange(lastPort-20, lastPort).Draw(t, "next")
		for n := range rapid.IntRange(1, 40).Draw(t, "instances") {
			ports, ok := s.ledger().allot(spec)
			if !ok {
				t.Fatal("no port is free")
			}
			id := "web-1-a" + string(rune('0'+n))
			s.Instances[id] = &Instance{App: "web", Phase: Started, Try: 1, Ports: ports}
			s.rest(spec, ports)
			if err := Check(s); err != nil {
				t.Fatal(err)
			}
			for _, port := range ports {
				if port < firstPort || port > lastPort {
					t.Fatalf("port %d", port)
				}
			}
			if rapid.Bool().Draw(t, "it ends") {
				delete(s.Instances, id)
			}
		}
	})
}

func TestNoPortIsLeft(t *testing.T) {
	s := newState("n1")
	ports := map[string]int{}
	for port := firstPort; port <= lastPort; port++ {
		ports[hostPort("", port)] = port
	}
	s.Instances["all"] = &Instance{Phase: Started, Try: 1, Ports: ports}
	if got, ok := s.ledger().allot(&events.Spec{Ports: map[string]events.SpecPort{"http": {}}}); ok {
		t.Errorf("given %v of none", got)
	}
}

func TestCheckTellsABrokenPromise(t *testing.T) {
	for want, i := range map[string]*Instance{
		"is given to":            {Phase: Started, Try: 1, Ports: map[string]int{"http": 20000}},
		"is held and was":        {Phase: Fetched, Try: 1, Held: true},
		"was never started":      {Phase: Ready},
		"nobody withdrew it":     {Phase: Stopping},
		"nobody said how":        {Phase: Exited},
		"and holds 1 ports":      {Phase: BackingOff, Ports: map[string]int{"http": 20001}},
		"is ready for boot 2 of": {Phase: Ready, Try: 1, ReadyBoot: 2},
	} {
		s := newState("n1")
		s.Incarnation = 1
		s.Instances["web-7-a1"] = &Instance{Phase: Started, Try: 1, Ports: map[string]int{"http": 20000}}
		if err := Check(s); err != nil {
			t.Fatal(err)
		}
		s.Instances["web-7-a2"] = i
		if err := Check(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Check says %v, want %q", err, want)
		}
	}
}

func TestBackOffDoublesUpToItsBoundAndJitterOnlyShortens(t *testing.T) {
	for failures, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 4: 8 * time.Second, 100: time.Minute} {
		if got := doubled(time.Second, time.Minute, failures); got != want {
			t.Errorf("after %d failures %s, want %s", failures, got, want)
		}
	}
	other := 0
	for try := range 100 {
		got := jittered(time.Minute, "web-7-a1", try)
		if got > time.Minute || got < 48*time.Second || got != jittered(time.Minute, "web-7-a1", try) {
			t.Errorf("try %d waits %s", try, got)
		}
		if got != jittered(time.Minute, "web-7-a2", try) {
			other++
		}
	}
	if other < 90 {
		t.Errorf("two instances wait differently %d times of 100", other)
	}
}

func TestReleasesAreForgottenWhenNothingCanNeedThem(t *testing.T) {
	s := newState("n1")
	plan := func(n int) {
		s.evolveRelease(events.ReleasePlanned{OfRelease: events.OfRelease{App: "web", Release: n}})
	}
	for n := 1; n <= 3; n++ {
		plan(n)
	}
	s.evolveRelease(events.ReleasePromoted{OfRelease: events.OfRelease{App: "web", Release: 1}})
	s.evolve(events.Event{Data: events.PlacementPlaced{OfInstance: events.OfInstance{App: "web", Instance: "web-2-a1"}, Release: 2}})
	for n := 4; n <= 20; n++ {
		plan(n)
	}
	kept := func(want ...int) {
		t.Helper()
		for _, n := range want {
			if s.Releases[releaseKey("web", n)] == nil {
				t.Errorf("release %d is forgotten", n)
			}
		}
		if len(s.Releases) != len(want) {
			t.Errorf("%d releases kept, want %v", len(s.Releases), want)
		}
	}
	kept(1, 2, 17, 18, 19, 20)
	s.end("web-2-a1")
	kept(1, 17, 18, 19, 20)
	s.evolveRelease(events.ReleaseDemoted{OfRelease: events.OfRelease{App: "web", Release: 1}, WarmUntil: time.Unix(1, 0)})
	kept(1, 17, 18, 19, 20)
	s.evolveRelease(events.ReleaseCooled{OfRelease: events.OfRelease{App: "web", Release: 1}})
	kept(17, 18, 19, 20)
	s.evolveRelease(events.AppRetired{OfApp: events.OfApp{App: "web"}})
	kept()
}
