package service_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/sim"
)

// counter is one of several that do the same: of each app it says how many endpoints
// were registered, by the generation of what it applied.
type counter struct {
	Wanted, Said map[string]int
	standing     service.Soft[[]string]
}

func counting(place string) service.Service {
	return service.Service{
		Name: "gateway", Place: place, Version: 1,
		Hears: []events.Kind{events.K[events.EndpointRegistered]()},
		Says:  []events.Kind{events.K[events.RoutingApplied]()},
		New: func() []service.Machine {
			return []service.Machine{service.Of(service.Decider[counter, struct{}]{
				Owner: "gateway", Apart: true,
				New:   func(string) *counter { return &counter{Wanted: map[string]int{}, Said: map[string]int{}} },
				Guard: func(string) string { return events.Guard("gateway", "", place) },
				Keys: func(e events.Event) []string {
					if e.Kind.Owner == "gateway" && e.Place != place || e.App == "" {
						return nil
					}
					return []string{place}
				},
				Touches: func(s service.Signal) []string {
					if _, ok := s.Data.(service.Standing); ok {
						return []string{place}
					}
					return nil
				},
				Evolve: func(_ string, s *counter, _ *struct{}, e events.Event) { s.evolve(e) },
				Sense: func(s *counter, _ *struct{}, sig service.Signal, _ time.Time) {
					if d, ok := sig.Data.(service.Standing); ok {
						*s.standing.Get() = d.Apps
					}
				},
				Decide: func(s *counter, _ *struct{}, _ time.Time) service.Says { return s.decide(place) },
			})}
		},
	}
}

func (s *counter) evolve(e events.Event) {
	switch d := e.Data.(type) {
	case events.EndpointRegistered:
		if d.Address == "panic" {
			panic("an endpoint nobody can fold")
		}
		s.Wanted[d.App]++
	case events.RoutingApplied:
		s.Said[d.App] = d.Generation
	}
}

func (s *counter) decide(place string) (say service.Says) {
	for _, app := range service.Sorted(s.Wanted) {
		if n := s.Wanted[app]; n != s.Said[app] && !slices.Contains(*s.standing.Get(), app) {
			say.Because(service.Cause{}, "%s has %d", app, n).
				Fact(events.RoutingApplied{OfRouting: events.OfRouting{App: app, Gateway: place, Generation: n}})
		}
	}
	return say
}

// said are the reasons of what one of them said, letters with their names.
func (l *post) said(place string) (all []string) {
	ctx, cancel := context.WithCancel(context.Background())
	_ = l.Bus.Read(ctx, events.Position{}, nil, service.Reader{
		Deliver: func(m service.Message) error {
			e, err := events.Parse(m.Subject, m.Header, m.Body)
			words := e.Reason
			if e.Kind.Entity == "letter" {
				words = e.Kind.Happened + ": " + words
			}
			if err == nil && e.Kind.Owner == "gateway" && e.Place == place {
				all = append(all, words)
			}
			return nil
		},
		CaughtUp: cancel,
	})
	return all
}

func TestADropHoldsForAllOfAService(t *testing.T) {
	nothing := func() {}
	drop := func(who, at string) events.Payload {
		return events.WishDropRequested{OfLetterWish: letterOf(who, at)}
	}
	t.Run("bus-15 who joins later does not stand still over what was dropped, another service does", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := newPost(t, registered("web"), 2)
			l.elsewhere(t, registered("web"), registered("web"), registered("web"))
			l.life(counting("gw1-a"), nil, func() { l.ask(drop("gateway-gw1-a", "1:2")) })
			if got := l.said("gw1-a"); len(got) != 3 || got[2] != "web has 2" {
				t.Fatalf("who was asked said %q", got)
			}
			live := l.life(counting("gw1-b"), nil, nothing)
			if got := l.said("gw1-b"); !slices.Equal(got, []string{"web has 2"}) {
				t.Errorf("who joins later says %q", got)
			}
			if again := l.life(counting("gw1-b"), nil, nothing); !bytes.Equal(again, live) {
				t.Errorf("replayed it is\n%s\nlive\n%s", again, live)
			}
			l.life(pausing(), nil, nothing)
			if got := l.names("deployer"); !slices.Contains(got, "letter.parked deployer/1:2") {
				t.Errorf("another service says %v", got)
			}
			l.life(counting("gw1-b"), live, func() { l.ask(drop("gateway-gw1-b", "1:2")) })
			if got := l.said("gw1-b"); got[len(got)-1] != "refused: already dropped for gateway-gw1-a" {
				t.Errorf("asked for the same it says %q", got)
			}
		})
	})
	t.Run("bus-15 who stood still already goes on, and says why", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := newPost(t, registered("web"), 2)
			l.elsewhere(t, registered("web"), registered("web"), registered("web"))
			parked := l.life(counting("gw2-a"), nil, nothing)
			l.life(counting("gw1-a"), nil, func() { l.ask(drop("gateway-gw1-a", "1:2")) })
			live := l.life(counting("gw2-a"), parked, nothing)
			got := l.said("gw2-a")
			slices.Sort(got[1:])
			if want := []string{"parked: unreadable", "dropped: dropped for gateway-gw1-a: person:alice asked", "web has 2"}; !slices.EqualFunc(got, want, strings.HasPrefix) {
				t.Errorf("it says %q, want %q", got, want)
			}
			for name, from := range map[string][]byte{"the first event": nil, "the snapshot while it stood still": parked, "the last snapshot": live} {
				if again := l.life(counting("gw2-a"), from, nothing); !bytes.Equal(again, live) {
					t.Errorf("folded from %s it is\n%s\nlive\n%s", name, again, live)
				}
			}
		})
	})
	t.Run("bus-15 a second letter behind the first is not dropped with it, and who stands still over both goes on over both", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := newPost(t, registered("web"), 1)
			spoil := l.spoiled[eventOf(registered("web"), 1).StreamSubject()]
			l.spoiled[eventOf(registered("web"), 1).StreamSubject()] = func(m service.Message) service.Message {
				if m.Pos.Seq == 3 {
					m.Body = []byte("{")
				}
				return spoil(m)
			}
			l.elsewhere(t, registered("web"), registered("web"), registered("web"), registered("web"))
			parked := l.life(counting("gw2-a"), nil, nothing)
			l.life(counting("gw1-a"), nil, func() { l.ask(drop("gateway-gw1-a", "1:1")) })
			behind := l.life(counting("gw2-a"), parked, nothing)
			if got := l.said("gw2-a"); len(got) != 3 || !strings.HasPrefix(got[1], "parked: ") {
				t.Fatalf("the second was never dropped, it says %q", got)
			}
			l.life(counting("gw1-a"), nil, func() { l.ask(drop("gateway-gw1-a", "1:3")) })
			l.life(counting("gw2-a"), behind, nothing)
			if got := l.said("gw2-a"); !slices.Contains(got, "web has 2") {
				t.Errorf("it says %q", got)
			}
		})
	})
	t.Run("bus-15 who reads only its own corner of the log hears of it, too", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			corner := func(place string) service.Service {
				svc := counting(place)
				svc.Filters = []string{"slipway.event.*.registry.>", events.Filter("", "gateway", place, "", "")}
				return svc
			}
			l := newPost(t, registered("web"), 2)
			l.elsewhere(t, registered("web"), registered("web"), registered("web"))
			parked := l.life(corner("gw2-a"), nil, nothing)
			l.life(corner("gw1-a"), nil, func() { l.ask(drop("gateway-gw1-a", "1:2")) })
			live := l.life(corner("gw1-b"), nil, nothing)
			got := l.said("gw1-b")
			if want := []string{"dropped: dropped for gateway-gw1-a", "web has 2"}; !slices.EqualFunc(got, want, strings.HasPrefix) {
				t.Errorf("who joins later says %q, want %q", got, want)
			}
			if again := l.life(corner("gw1-b"), nil, nothing); !bytes.Equal(again, live) {
				t.Errorf("replayed it is\n%s\nlive\n%s", again, live)
			}
			l.life(corner("gw2-a"), parked, nothing)
			if got := l.said("gw2-a"); !slices.Contains(got, "web has 2") {
				t.Errorf("who stood still says %q", got)
			}
		})
	})
	t.Run("bus-15 what another service dropped says nothing of this one: who stands still stands, who joins later does, too", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			hearing := func(place string) service.Service { // of what the other one drops, too
				svc, dropped := counting(place), events.K[events.LetterDropped]()
				dropped.Owner = "deployer"
				svc.Hears = append(svc.Hears, dropped)
				return svc
			}
			l := newPost(t, registered("web"), 2)
			l.elsewhere(t, registered("web"), registered("web"), registered("web"))
			parked := l.life(hearing("gw1-a"), nil, nothing)
			l.life(pausing(), nil, func() { l.ask(drop("deployer", "1:2")) })
			if got := l.names("deployer"); !slices.Contains(got, "letter.dropped deployer/1:2") {
				t.Fatalf("the other service says %v", got)
			}
			l.life(hearing("gw1-a"), parked, nothing)
			l.life(hearing("gw1-b"), nil, nothing)
			for _, place := range []string{"gw1-a", "gw1-b"} {
				if got := l.said(place); len(got) != 1 || !strings.HasPrefix(got[0], "parked: ") {
					t.Errorf("%s says %q", place, got)
				}
			}
		})
	})
	t.Run("bus-15 what one could read after all says nothing of the others", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := newPost(t, registered("web"), 2)
			l.elsewhere(t, registered("web"), registered("web"))
			parked := l.life(counting("gw1-a"), nil, nothing)
			l.mended.Store(true)
			l.life(counting("gw1-a"), parked, func() {
				l.ask(events.WishRequeueRequested{OfLetterWish: letterOf("gateway-gw1-a", "1:2")})
			})
			l.mended.Store(false)
			l.life(counting("gw2-a"), nil, nothing)
			if got := l.said("gw2-a"); len(got) != 1 || !strings.HasPrefix(got[0], "parked: ") {
				t.Errorf("who cannot read it says %q", got)
			}
		})
	})
}

func TestOneAppStandsStillApart(t *testing.T) {
	bad := registered("web")
	bad.Address = "panic"
	gap := func(log *sim.Log) {
		e := eventOf(registered("web"), tailOf(log, registered("web"))+2)
		if _, err := log.Append(e.Guard(), log.Tail(e.Guard()), []events.Event{e}, sim.Start); err != nil {
			t.Fatal(err)
		}
	}
	for name, poison := range map[string]func(*sim.Log){
		"panic": func(log *sim.Log) { elsewhere(t, log, bad) },
		"gap":   gap,
	} {
		t.Run("of a key that holds many apps, one about which there was a "+name, func(t *testing.T) {
			r := newRig(t, counting("gw1-a"), sim.NewLog(), 0)
			elsewhere(t, r.log, registered("web"), registered("api"))
			poison(r.log)
			elsewhere(t, r.log, registered("web"), registered("api"))
			r.ready().settle()
			if got := facts(r.log, "gateway"); !slices.Contains(got, "routing.applied gw1-a/2") || slices.Contains(got, "routing.applied gw1-a/1") {
				t.Errorf("said %v: two of api are all there is to say", got)
			}
			r.restart(r.snapshot()).settle()
			if got := facts(r.log, "gateway"); len(got) != 2 {
				t.Errorf("after a restart: said %v", got)
			}
		})
	}
}
