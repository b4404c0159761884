package simulation

import (
	"fmt"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/deployer/placer"
)

// emptying lets something happen to a node: it is lost with all that it runs, or a
// person wants something of it.
func (p *platform) emptying() {
	r := p.w.Rand()
	i := r.IntN(len(p.machines))
	of := events.OfEvacuation{Node: p.machines[i].name}
	switch r.IntN(6) {
	case 0, 1:
		p.lose(i, time.Duration(r.IntN(40_000))*time.Millisecond)
	case 2:
		p.w.Wish("person:sim", events.WishCordonRequested{OfEvacuation: of})
	case 3, 4:
		p.w.Wish("person:sim", events.WishDrainRequested{OfEvacuation: of, Drain: events.Drain{
			DeadlineMs: int64(1000 * (1 + r.IntN(120))), Force: r.IntN(6) == 0, IgnorePerNode: r.IntN(4) == 0,
			KeepCordoned: r.IntN(2) == 0, AllowGap: r.IntN(4) == 0,
		}})
	default:
		p.odder(of)
	}
}

// odder is what people seldom do.
func (p *platform) odder(of events.OfEvacuation) {
	switch p.w.Rand().IntN(3) {
	case 0:
		p.w.Wish("person:sim", events.WishRemovalRequested{OfEvacuation: of})
	case 1:
		p.w.Wish("person:sim", events.WishDrainCancelled{OfEvacuation: of})
	default:
		p.w.Wish("person:sim", events.WishCordonLifted{OfEvacuation: of})
	}
}

// lose ends a node's agent and all that it runs; it comes back later.
func (p *platform) lose(i int, down time.Duration) {
	for _, id := range service.Sorted(p.machines[i].procs) {
		p.machines[i].die(p.agents[i], p.machines[i].procs[id], -1, "KILL")
	}
	p.agents[i].Crash(down)
}

// reopen takes back what people wanted of nodes.
func (p *platform) reopen() {
	for _, m := range p.machines {
		of := events.OfEvacuation{Node: m.name}
		p.w.Wish("person:sim", events.WishDrainCancelled{OfEvacuation: of})
		p.w.Wish("person:sim", events.WishCordonLifted{OfEvacuation: of})
	}
}

// emptied tells what is still to happen to a node; "" once all are as they should be.
func (p *platform) emptied() string {
	c, _ := service.StateOf[placer.Cluster, placer.Ear](p.services[0].Core().Machines()[1], placer.Key)
	if c == nil {
		return ""
	}
	for _, name := range service.Sorted(c.Nodes) {
		if n := c.Nodes[name]; !n.Alive || n.Cordoned || n.Evacuation != nil || n.Removed {
			return fmt.Sprintf("node %s: alive %v, cordoned %v, evacuated %v, removed %v", name, n.Alive, n.Cordoned, n.Evacuation != nil, n.Removed)
		}
	}
	return ""
}
