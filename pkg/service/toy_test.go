package service_test

import (
	"fmt"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// pauser pauses one release of an app for each endpoint that was registered for it.
type pauser struct {
	App    string
	Wanted int             // endpoints registered
	Said   int             // releases paused
	Twice  bool            // one was paused twice
	Gone   bool            // the app was retired
	Asked  service.Inbox   // wishes to retire
	Cause  service.Cause   // of the last endpoint
	Acts   map[string]bool // long acts wanted: one per release paused
}

func pauserOf(decided func(app string)) service.Machine {
	return service.Of(service.Decider[pauser, struct{}]{
		Owner:  "deployer",
		New:    func(app string) *pauser { return &pauser{App: app, Acts: map[string]bool{}} },
		Guard:  func(app string) string { return events.Guard("deployer", app, "") },
		Keys:   func(e events.Event) []string { return appOf(e) },
		Evolve: func(_ string, s *pauser, _ *struct{}, e events.Event) { s.evolve(e) },
		Sense: func(s *pauser, _ *struct{}, sig service.Signal, _ time.Time) {
			if sig.Wish != nil {
				s.Asked.Hear(*sig.Wish)
			}
		},
		Decide: func(s *pauser, _ *struct{}, now time.Time) service.Says {
			decided(s.App)
			return s.decide(now)
		},
		Acts: func(s *pauser, _ *struct{}) (acts []service.Act) {
			for _, id := range service.Sorted(s.Acts) {
				acts = append(acts, service.Act{ID: id, Long: true})
			}
			return acts
		},
		Check: func(s *pauser, _ *struct{}) error {
			if s.Twice || s.Said > s.Wanted {
				return fmt.Errorf("%d paused, %d wanted", s.Said, s.Wanted)
			}
			return nil
		},
		Gone: func(s *pauser) bool { return s.Gone },
	})
}

func appOf(e events.Event) []string {
	if e.App == "" {
		return nil
	}
	return []string{e.App}
}

func (s *pauser) evolve(e events.Event) {
	s.Asked.Fold(e)
	switch d := e.Data.(type) {
	case events.EndpointRegistered:
		if d.Address == "panic" {
			panic("an endpoint nobody can fold")
		}
		s.Wanted++
		s.Cause = service.CauseOf(e)
	case events.ReleasePaused:
		s.Twice = s.Twice || d.Release <= s.Said
		s.Said = max(s.Said, d.Release)
		s.Acts[fmt.Sprintf("hold/%s-%d", s.App, d.Release)] = true
	case events.AppRetired:
		s.Gone = true
	}
}

func (s *pauser) decide(now time.Time) (say service.Says) {
	if wish, _, open := s.Asked.Oldest(now); open {
		say.Because(service.CauseOf(wish), "%s asked", wish.Actor).Fact(events.RouteResumed{OfRoute: events.OfRoute{App: s.App}})
		return say
	}
	if s.App == "bad" && s.Wanted > 0 {
		panic("nobody can decide about it")
	}
	for r := s.Said + 1; r <= s.Wanted; r++ {
		say.Because(s.Cause, "%d of %d", r, s.Wanted).Fact(paused(s.App, r))
	}
	return say
}

func paused(app string, release int) events.ReleasePaused {
	return events.ReleasePaused{OfRelease: events.OfRelease{App: app, Release: release}, Cause: "manual"}
}

func registered(app string) events.EndpointRegistered {
	return events.EndpointRegistered{Endpoint: events.Endpoint{App: app, Endpoint: app + "-1-a1", Address: "127.0.0.1:1"}}
}

// pausing is the service of the pauser.
func pausing() service.Service { return pausingWith(func(string) {}) }

func pausingWith(decided func(app string)) service.Service {
	return service.Service{
		Name: "deployer", Version: 1,
		Hears:  []events.Kind{events.K[events.EndpointRegistered]()},
		Says:   []events.Kind{events.K[events.ReleasePaused](), events.K[events.AppRetired](), events.K[events.RouteResumed]()},
		Wishes: []string{"slipway.wish.>"},
		New:    func() []service.Machine { return []service.Machine{pauserOf(decided)} },
	}
}

// agent runs what is placed on node n1.
type agent struct {
	Nonces map[string]bool // of the boots that joined
	Nonce  string          // of the last one
	Boot   int
	Things map[string]*thing // by instance

	me service.Soft[string] // nonce of this boot
}

type thing struct {
	Of       events.OfInstance
	Going    bool // withdrawn
	Starting bool
	Stopped  bool
}

// boot is what an agent's driver tells first.
type boot struct{ nonce string }

func agentOf() service.Machine {
	return service.Of(service.Decider[agent, struct{}]{
		Owner: "node",
		New:   func(string) *agent { return &agent{Nonces: map[string]bool{}, Things: map[string]*thing{}} },
		Guard: func(string) string { return events.Guard("node", "", "n1") },
		Keys: func(e events.Event) []string {
			if e.Place != "n1" {
				return nil
			}
			return []string{"n1"}
		},
		Touches: func(s service.Signal) []string {
			if _, ok := s.Data.(boot); ok {
				return []string{"n1"}
			}
			return nil
		},
		Evolve: func(_ string, s *agent, _ *struct{}, e events.Event) { s.evolve(e) },
		Sense: func(s *agent, _ *struct{}, sig service.Signal, _ time.Time) {
			if b, ok := sig.Data.(boot); ok {
				*s.me.Get() = b.nonce
			}
		},
		Decide: func(s *agent, _ *struct{}, _ time.Time) service.Says { return s.decide() },
		Acts:   func(s *agent, _ *struct{}) []service.Act { return s.acts() },
		Joined: func(s *agent) bool { return s.Nonce != "" && s.Nonce == *s.me.Get() },
	})
}

func (s *agent) evolve(e events.Event) {
	switch d := e.Data.(type) {
	case events.NodeJoined:
		s.Nonces[d.Nonce], s.Nonce, s.Boot = true, d.Nonce, d.Incarnation
	case events.PlacementPlaced:
		s.Things[d.Instance] = &thing{Of: d.OfInstance}
	case events.AssignmentWithdrawn:
		s.Things[d.Instance].Going = true
	case events.InstanceStarting:
		s.Things[d.Instance].Starting = true
	case events.InstanceStopped:
		s.Things[d.Instance].Stopped = true
	}
}

func (s *agent) decide() (say service.Says) {
	if me := *s.me.Get(); me != "" && !s.Nonces[me] {
		say.Because(service.Cause{}, "started").Fact(events.NodeJoined{
			OfNode: events.OfNode{Node: "n1"}, Incarnation: s.Boot + 1, Nonce: me,
			NodeDescription: events.NodeDescription{Address: "127.0.0.1", Arch: "amd64", Os: "linux", Drivers: []string{"process"}},
		})
	}
	for _, id := range service.Sorted(s.Things) {
		switch i := s.Things[id]; {
		case i.Stopped:
		case i.Going:
			say.Because(service.Cause{}, "withdrawn").Fact(events.InstanceStopped{OfInstance: i.Of})
		case !i.Starting:
			say.Because(service.Cause{}, "placed").Fact(events.InstanceStarting{OfInstance: i.Of, Try: 1, Boot: s.Boot})
		}
	}
	return say
}

func (s *agent) acts() (acts []service.Act) {
	for _, id := range service.Sorted(s.Things) {
		if i := s.Things[id]; i.Starting && !i.Stopped {
			acts = append(acts, service.Act{ID: "start/" + id})
		}
	}
	return acts
}

func agency() service.Service {
	return service.Service{
		Name: "node", Place: "n1", Version: 1,
		Hears: []events.Kind{events.K[events.PlacementPlaced](), events.K[events.AssignmentWithdrawn]()},
		Says:  []events.Kind{events.K[events.NodeJoined](), events.K[events.InstanceStarting](), events.K[events.InstanceStopped]()},
		New:   func() []service.Machine { return []service.Machine{agentOf()} },
	}
}

func instance(id string) events.OfInstance {
	return events.OfInstance{App: "web", Node: "n1", Instance: id}
}
