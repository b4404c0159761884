package placer

import (
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// Owner is who speaks.
const Owner = "placer"

// Service declares the placer by itself. It runs within the deployer, whose name, snapshots
// and fold version cover it. A lease of a node lasts ttl.
func Service(ttl time.Duration) service.Service {
	return service.Service{
		Name: Owner, Hears: hears(), Says: says(),
		Wishes: []string{"slipway.wish._.*.cordon.*", "slipway.wish._.*.drain.*", "slipway.wish._.*.removal.*"},
		Leases: []string{"slipway.lease.node.*"},
		New:    func() []service.Machine { return []service.Machine{service.Of(decider(ttl))} },
	}
}

// decider has one key, the cluster. What it hears of nodes by itself touches a key of its
// own, so that a renewal is no reason to decide.
func decider(ttl time.Duration) service.Decider[Cluster, Ear] {
	return service.Decider[Cluster, Ear]{
		Owner:   Owner,
		New:     func(string) *Cluster { return NewCluster() },
		Guard:   func(string) string { return events.Guard(Owner, "", "") },
		Keys:    keys,
		Touches: touches,
		Evolve:  func(_ string, c *Cluster, _ *Ear, e events.Event) { c.evolve(e) },
		Sense:   func(c *Cluster, x *Ear, sig service.Signal, now time.Time) { c.sense(x, sig, now) },
		Decide:  func(c *Cluster, x *Ear, now time.Time) service.Says { return c.decide(x, ttl, now) },
		Due:     func(c *Cluster, x *Ear, after time.Time) time.Time { return c.due(x, ttl, after) },
		Check:   check,
	}
}

func keys(e events.Event) []string {
	switch e.Kind.Entity {
	case "node", "gateway", "lease", "assignment", "placement", "evacuation", "cordon", "drain", "removal":
		return []string{Key}
	case "instance":
		if _, stopping := e.Data.(events.InstanceStopping); stopping || ends(e.Data) {
			return []string{Key}
		}
	}
	return nil
}

func hears() []events.Kind {
	return []events.Kind{
		events.K[events.AssignmentRequested](), events.K[events.AssignmentCleared](), events.K[events.AssignmentWithdrawn](),
		events.K[events.NodeJoined](), events.K[events.NodeChanged](), events.K[events.NodeLeft](),
		events.K[events.InstanceStopping](), events.K[events.InstanceStopped](), events.K[events.InstanceFailed](), events.K[events.InstanceCompleted](),
		events.K[events.LeaseGranted](), events.K[events.LeaseLapsed](), events.K[events.LeaseResumed](), events.K[events.LeaseReleased](),
		events.K[events.GatewayJoined](), events.K[events.GatewayLeft](),
	}
}

func says() []events.Kind {
	return []events.Kind{
		events.K[events.PlacementPlaced](), events.K[events.PlacementBlocked](), events.K[events.PlacementCancelled](), events.K[events.PlacementEvacuated](),
		events.K[events.EvacuationCordoned](), events.K[events.EvacuationUncordoned](), events.K[events.EvacuationStarted](), events.K[events.EvacuationEmptied](),
		events.K[events.EvacuationBlocked](), events.K[events.EvacuationFinished](), events.K[events.EvacuationCancelled](), events.K[events.EvacuationRefused](),
	}
}
