package placer

import (
	"cmp"
	"slices"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// decide answers who wishes something of a node, empties nodes, and places: in this
// order, for a placement rests on what was said of nodes before.
func (c *Cluster) decide(x *Ear, ttl time.Duration, now time.Time) (say service.Says) {
	if say = c.answer(x, ttl, now); !say.Empty() {
		return say
	}
	if say = c.evacuate(x, ttl, now); !say.Empty() {
		return say
	}
	say.Add(c.place())
	return say
}

// place places what is open, cancels what was withdrawn before it had a place, and
// tells once why something has none.
func (c *Cluster) place() (say service.Says) {
	if len(c.Open) == 0 {
		return say
	}
	b, m := newBoard(c), moves{c, map[string]map[string]bool{}}
	for _, id := range c.line() {
		if len(say.Facts) == events.MaxAppendEvents {
			return say
		}
		q := c.Requests[id]
		of := events.OfInstance{App: q.App, Instance: id}
		if q.Withdrawn {
			say.Because(q.Cause, "withdrawn before it was placed").Fact(events.PlacementCancelled{OfInstance: of})
			continue
		}
		if from := m.full(q); from != "" {
			say.Waits(id, "placement", "%d apps move away from %s at a time", movesPerNode, from)
			continue
		}
		node, lacks := b.place(q)
		switch {
		case node != "":
			of.Node = node
			m.add(q)
			say.Because(q.Cause, "%s on %d nodes", q.Placement.Strategy, len(c.Nodes)).Fact(events.PlacementPlaced{
				OfInstance: of, Release: q.Release, SpecHash: q.SpecHash, Role: q.Role,
				Resources: q.Resources, HostPorts: q.HostPorts, Volumes: q.Volumes, Hold: q.Hold, Hook: q.Hook,
			})
		case lacks != q.Lacks:
			say.Because(q.Cause, "%s", lacks).Fact(events.PlacementBlocked{OfInstance: of, Lacks: lacks})
		default:
			who, what := waitsFor(lacks)
			say.Waits(id, who, "%s", what)
		}
	}
	return say
}

// line are the open instances in the order they are placed: the largest first, for what
// is packed in that order needs at most 11/9 of the fewest nodes possible, and a bit.
func (c *Cluster) line() []string {
	ids := service.Sorted(c.Open)
	slices.SortStableFunc(ids, func(a, b string) int {
		return cmp.Compare(c.Requests[b].Resources.MemoryBytes, c.Requests[a].Resources.MemoryBytes)
	})
	return ids
}
