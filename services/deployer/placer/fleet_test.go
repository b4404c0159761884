package placer

import (
	"fmt"
	"testing"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/sim"
)

// fleet is the placer's state by itself: facts go in, and what it decides comes back
// as facts, until it has nothing to say.
type fleet struct {
	t interface {
		Helper()
		Fatalf(string, ...any)
	}
	*Cluster
}

func newFleet(t interface {
	Helper()
	Fatalf(string, ...any)
}) fleet {
	return fleet{t, NewCluster()}
}

// hear folds a payload as its owner would have said it.
func (f fleet) hear(p events.Payload) {
	f.evolve(events.Event{Kind: events.KindOf(p), App: p.About().App, Data: p})
}

func (f fleet) join(name, zone string, cpuMilli, memoryBytes int64) {
	f.hear(events.NodeJoined{OfNode: events.OfNode{Node: name}, Incarnation: 1, NodeDescription: events.NodeDescription{
		Zone: zone, Arch: "amd64", Os: "linux", Drivers: []string{"process"}, CPUMilli: cpuMilli, MemoryBytes: memoryBytes,
	}})
}

// instance is the id of an app's first attempt at a replica of release 1.
func instance(app string, ordinal int) string { return fmt.Sprintf("%s-1-a%d", app, ordinal) }

// ask is a request of an app, for 100m and 128Mi unless an edit says otherwise.
func ask(app string, ordinal int, edits ...func(*events.AssignmentRequested)) events.AssignmentRequested {
	q := events.AssignmentRequested{
		OfInstance: events.OfInstance{App: app, Instance: instance(app, ordinal)}, Release: 1, Role: events.RoleService,
		Driver: "process", Resources: events.Resources{CPUMilli: 100, MemoryBytes: 128 << 20},
		Placement: events.Placement{Strategy: events.PlacementSpread, Spread: []string{"node"}},
	}
	for _, e := range edits {
		e(&q)
	}
	return q
}

func memory(bytes int64) func(*events.AssignmentRequested) {
	return func(q *events.AssignmentRequested) { q.Resources.MemoryBytes = bytes }
}

func placedBy(strategy string, spread ...string) func(*events.AssignmentRequested) {
	return func(q *events.AssignmentRequested) { q.Placement.Strategy, q.Placement.Spread = strategy, spread }
}

func needs(claims ...events.VolumeClaim) func(*events.AssignmentRequested) {
	return func(q *events.AssignmentRequested) { q.Volumes = claims }
}

// settle lets the placer decide until it says nothing, and tells what it said.
func (f fleet) settle() (said []events.Payload) {
	f.t.Helper()
	for {
		say := f.decide(&Ear{}, events.LeaseTTL, sim.Start)
		if say.Empty() {
			return said
		}
		for _, fact := range say.Facts {
			f.hear(fact.Data)
			said = append(said, fact.Data)
		}
		if err := check(f.Cluster, nil); err != nil {
			f.t.Fatalf("%v", err)
		}
		if len(said) > 1_000_000 {
			f.t.Fatalf("no end of decisions")
		}
	}
}

// place asks, and tells where it was placed; "" and what the nodes lack if nowhere.
func (f fleet) place(q events.AssignmentRequested) (node, lacks string) {
	f.t.Helper()
	f.hear(q)
	f.settle()
	got := f.Requests[q.Instance]
	return got.Node, got.Lacks
}

// count is how many instances of an app each node has; zero where it has none.
func (f fleet) count(app string) map[string]int {
	n := map[string]int{}
	for _, name := range service.Sorted(f.Nodes) {
		n[name] = useOf(f.Uses, name).Apps[app].Count
	}
	return n
}

// BenchmarkPlacement counts placements a second in a fleet of 5,000 nodes, said in
// decisions of up to 400; the bar is 3,750/s.
func BenchmarkPlacement(b *testing.B) {
	for _, of := range []struct {
		name     string
		replicas int
		strategy string
	}{{"spread of 10 replicas", 10, events.PlacementSpread}, {"binpack of 10 replicas", 10, events.PlacementBinpack}, {"spread of 1 replica", 1, events.PlacementSpread}} {
		b.Run(of.name, func(b *testing.B) {
			f := newFleet(b)
			for n := range 5000 {
				f.join(fmt.Sprintf("n%04d", n), fmt.Sprintf("z%d", n%3), 64_000, 256<<30)
			}
			placed := 0
			for b.Loop() {
				for range 400 / of.replicas {
					for ordinal := range of.replicas {
						f.hear(ask(fmt.Sprintf("app%d", placed), ordinal+1, placedBy(of.strategy, "zone", "node")))
					}
					placed += of.replicas
				}
				for _, fact := range f.decide(&Ear{}, events.LeaseTTL, sim.Start).Facts {
					f.hear(fact.Data)
				}
				if len(f.Open) > 0 {
					b.Fatalf("%d are not placed", len(f.Open))
				}
			}
			b.ReportMetric(float64(placed)/b.Elapsed().Seconds(), "placements/s")
		})
	}
}
