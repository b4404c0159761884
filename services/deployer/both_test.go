package deployer

import (
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/sim"
)

// The app decider and the placer together.
func TestInstancesArePlaced(t *testing.T) {
	t.Run("delivery-N12 one per node and too few nodes: blocked with counts, placed when a node joins", func(t *testing.T) {
		r := newRig(t, "n1", "n2")
		r.declare(doc("1", replicas(3), func(d *events.Document) { d.Placement.MaxPerNode = 1 }))
		r.until("blocked", func() bool { return r.count("placement.blocked") == 1 })
		r.pass(time.Minute)
		blocked := r.app("web").of(1).keep(func(i *Inst) bool { return i.State == "blocked" })
		if len(blocked) != 1 || blocked[0].Lacks != "0 of 2 nodes fit: 2 at maxPerNode" || r.count("placement.blocked") != 1 {
			t.Fatalf("blocked: %+v, said %d times", blocked, r.count("placement.blocked"))
		}
		r.join("n3", events.NodeDescription{})
		r.until("placed", func() bool { return r.count("placement.placed n3/"+blocked[0].ID) == 1 })
	})
}

func TestTwoDeployersPlaceEachInstanceOnce(t *testing.T) {
	r := newRig(t, "n1", "n2", "n3")
	r.w.Add("deployer-twin", func() service.Service { return Service(Config{DefaultDomain: "localhost"}) }, nil)
	placed := map[string]int{}
	r.w.Observe(func(e events.Event) error {
		if d, ok := e.Data.(events.PlacementPlaced); ok {
			placed[d.Instance]++
		}
		return nil
	})
	r.w.Faults = sim.Mild
	r.deploy(doc("1", replicas(12)))
	r.deploy(doc("2", replicas(12)))
	for id, n := range placed {
		if n != 1 {
			t.Errorf("%s was placed %d times", id, n)
		}
	}
	if len(placed) < 24 {
		t.Errorf("%d instances placed, want 24", len(placed))
	}
}
