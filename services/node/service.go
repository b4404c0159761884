package node

import (
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/drill"
	"slipway.dev/pkg/service"
)

const (
	owner       = "node"
	foldVersion = 4
)

// Config is where a node is and what it is called.
type Config struct {
	Name        string            // of the node; "_" is no name
	Address     string            // host at which its instances are reached
	Zone        string            // failure domain
	Labels      map[string]string // an operator's words
	CPUMilli    int64             // capacity; 0: what the machine has
	MemoryBytes int64             // capacity; 0: what the machine has
	TakeAlong   bool              // a clean stop of the agent stops its workloads too
	Drills      bool              // it fails on purpose when it is asked to
	Alone       bool              // its process holds nothing else, so that it may be killed by a drill
}

// Service declares the agent of one node. Its hands are those of package hands, or simulated ones.
func Service(c Config, d service.Driver) service.Service {
	return service.Service{
		Name: owner, Place: c.Name, Version: foldVersion,
		Hears: []events.Kind{
			events.K[events.PlacementPlaced](), events.K[events.PlacementEvacuated](),
			events.K[events.AssignmentCleared](), events.K[events.AssignmentWithdrawn](),
			events.K[events.EndpointDrained](), events.K[events.AppRetired](),
			events.K[events.ReleasePlanned](), events.K[events.ReleaseUnchanged](), events.K[events.ReleasePromoted](),
			events.K[events.ReleaseDemoted](), events.K[events.ReleaseCooled](),
		},
		Says: append([]events.Kind{
			events.K[events.NodeJoined](), events.K[events.NodeChanged](), events.K[events.NodeLeft](),
			events.K[events.InstanceFetching](), events.K[events.InstanceFetched](), events.K[events.InstanceFetchFailed](),
			events.K[events.InstanceStarting](), events.K[events.InstanceStarted](), events.K[events.InstanceReady](),
			events.K[events.InstanceUnready](), events.K[events.InstanceExited](), events.K[events.InstanceBackingOff](),
			events.K[events.InstanceFailed](), events.K[events.InstanceCompleted](), events.K[events.InstanceStopping](),
			events.K[events.InstanceStopped](), events.K[events.InstanceAdopted](),
			events.K[events.DriftFound](), events.K[events.DriftRepaired](), events.K[events.DriftAccepted](), events.K[events.DriftRepairFailed](),
		}, drill.Says(owner)...),
		Wishes:  []string{drill.Wishes(participant(c.Name))},
		Filters: filters(c.Name),
		New:     func() []service.Machine { return []service.Machine{service.Of(decider(c))} },
		Driver:  d,
	}
}

// filters name this node's own corner of the log, and the few facts of apps that concern every node. None overlaps another.
func filters(name string) []string {
	return []string{
		events.Filter("", "placer", name, "", ""),
		events.Filter("", "deployer", name, "", ""),
		events.Filter("", owner, name, "", ""),
		"slipway.event.*.registry._.endpoint.drained",
		"slipway.event.*.deployer._.release.planned",
		"slipway.event.*.deployer._.release.unchanged",
		"slipway.event.*.deployer._.release.promoted",
		"slipway.event.*.deployer._.release.demoted",
		"slipway.event.*.deployer._.release.cooled",
		"slipway.event.*.deployer._.app.retired",
	}
}

func decider(c Config) service.Decider[State, struct{}] {
	return service.Decider[State, struct{}]{
		Owner: owner,
		New:   newState,
		Guard: func(key string) string { return events.Guard(owner, "", key) },
		Keys:  func(e events.Event) []string { return keys(c.Name, e) },
		Touches: func(sig service.Signal) []string {
			if !hears(sig.Data) {
				return nil
			}
			return []string{c.Name}
		},
		Evolve: func(_ string, s *State, _ *struct{}, e events.Event) { s.evolve(e) },
		Sense: func(s *State, _ *struct{}, sig service.Signal, _ time.Time) {
			s.Drills.Sense(sig)
			if sig.Wish == nil {
				s.sense(sig.Data)
			}
		},
		Decide: func(s *State, _ *struct{}, now time.Time) service.Says { return c.decide(s, now) },
		Acts:   func(s *State, _ *struct{}) []service.Act { return c.acts(s) },
		Due:    func(s *State, _ *struct{}, now time.Time) time.Time { return c.due(s, now) },
		Check:  func(s *State, _ *struct{}) error { return Check(s) },
		Joined: func(s *State) bool { return s.joined() },
	}
}

// keys: the node has one key. What names another node is not heard, whoever delivers it.
func keys(name string, e events.Event) []string {
	if drill.Asks(e, participant(name)) {
		return []string{name}
	}
	switch e.Kind.Owner {
	case owner, "placer":
		if e.Place != name {
			return nil
		}
	case "deployer":
		if e.Place != "" && e.Place != name {
			return nil
		}
	case "registry":
	default:
		return nil
	}
	return []string{name}
}
