package ratio

import (
	"context"
	"fmt"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/service"
	"slipway.dev/services/deployer/placer"
)

const (
	fleetNodes = 200
	requests   = 10 * events.MaxAppendEvents // asked for in one turn, each 400 of one app
)

// BenchmarkPlacements: one placer on the bus, from the first request stored to the
// last placement stored.
func BenchmarkPlacements(b *testing.B) {
	each(b, func(b *testing.B, always bool) {
		s := open(b, always)
		asker := s.bus("deployer-asking")
		joined(s)
		s.drive(placer.Service(events.LeaseTTL), s.bus("deployer"))
		placed := s.placements()
		var took series
		for turn := 0; b.Loop(); turn++ {
			began := time.Now()
			for app := range requests / events.MaxAppendEvents {
				s.ask(asker, fmt.Sprintf("app-%d-%d", turn, app))
			}
			for range requests {
				s.await(placed)
			}
			took = append(took, time.Since(began))
			s.touch()
		}
		b.ReportMetric(requests*1e6/took.at(50), "placements/s")
		took.report(b, "ours")
		s.report()
	})
}

// joined lets a fleet join.
func joined(s *store) {
	b := s.bus("nodes")
	for i := range fleetNodes {
		n := fmt.Sprintf("n%03d", i)
		e := said(events.NodeJoined{OfNode: events.OfNode{Node: n}, Incarnation: 1, NodeDescription: events.NodeDescription{
			Address: "127.0.0.1", Arch: "amd64", Os: "linux", Drivers: []string{"process"}, CPUMilli: 64_000, MemoryBytes: 256 << 30,
		}}, 1)
		_, err := b.Append(limit(s.b), e.Guard(), 0, []events.Event{e})
		must(s.b, err)
	}
}

// ask requests one batch of instances of an app.
func (s *store) ask(b *bus.Bus, app string) {
	es := make([]events.Event, events.MaxAppendEvents)
	for i := range es {
		es[i] = said(events.AssignmentRequested{
			OfInstance: events.OfInstance{App: app, Instance: fmt.Sprintf("%s-1-a%d", app, i+1)}, Release: 1, Role: events.RoleService,
			Driver: "process", Resources: events.Resources{CPUMilli: 100, MemoryBytes: 128 << 20},
			Placement: events.Placement{Strategy: events.PlacementSpread, Spread: []string{"node"}},
		}, uint64(i+1))
	}
	_, err := b.Append(s.b.Context(), es[0].Guard(), 0, es)
	must(s.b, err)
}

func (s *store) await(placed <-chan struct{}) {
	select {
	case <-placed:
	case <-time.After(bound):
		s.b.Fatal("no placement")
	}
}

// placements tells of each placement as it is stored.
func (s *store) placements() <-chan struct{} {
	placed, done := make(chan struct{}, requests), make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	b := s.bus("watcher")
	s.b.Cleanup(func() { cancel(); <-done })
	go func() {
		defer close(done)
		_ = b.Read(ctx, events.Position{}, []string{events.Filter("", "placer", "", "placement", "placed")}, service.Reader{
			Deliver: func(service.Message) error { placed <- struct{}{}; return nil },
		})
	}()
	return placed
}
