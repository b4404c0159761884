package simulation

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/deployer"
	"slipway.dev/services/registry"
)

// bus-19: two copies of every service live through hours of deployments, dead
// processes and restarted agents, and each time one of two copies crashes. The
// platform ends as it does with one copy of each, and no id stands there twice.
func TestHoursWithTwins(t *testing.T) {
	const seed = 19
	hours := 2
	if os.Getenv("SLIPWAY_SOAK") != "" {
		hours = 10
	}
	alone, twins := newPlatform(seed, Options{Quiet: true, Copies: 1}), newPlatform(seed, Options{Quiet: true, Copies: 2})
	var both sync.WaitGroup
	for _, p := range []*platform{alone, twins} {
		both.Go(func() { p.live(seed, time.Duration(hours)*time.Hour) })
	}
	both.Wait()
	if err := cmp.Or(alone.w.Err, twins.w.Err); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d facts by one copy, %d by two", alone.w.Log.Len(), twins.w.Log.Len())
	if alone.w.Log.Len() < 1000 {
		t.Errorf("only %d facts: hardly anything happened", alone.w.Log.Len())
	}
	ids := map[string]bool{}
	for seq := uint64(1); seq <= twins.w.Log.Len(); seq++ {
		if id := twins.w.Log.At(seq).ID; ids[id] {
			t.Errorf("id %s stands there twice", id)
		} else {
			ids[id] = true
		}
	}
	want := alone.ending(alone.services[0].Core(), alone.services[1].Core())
	t.Log(want)
	for i := 0; i < len(twins.services); i += 2 {
		if got := twins.ending(twins.services[i].Core(), twins.services[i+1].Core()); got != want {
			t.Errorf("%s ends otherwise:\n%s", twins.services[i].Name, got)
		}
	}
}

// spells are how many things happen in a story; between two there is time to settle.
const spells = 60

// live plays a story of some length to its end.
func (p *platform) live(seed uint64, length time.Duration) {
	story := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // a simulation
	for i := range spells {
		p.spell(story, i)
		p.w.Run(length / spells)
	}
	p.heal()
	if !p.w.RunUntil(time.Hour, p.converged) {
		p.w.Fail("not converged: %s", p.why)
	}
	p.w.Run(time.Minute)
	p.replay()
}

// spell lets one thing happen, the same in every world of the story; and in a world of
// twins one copy of two may crash.
func (p *platform) spell(story *rand.Rand, i int) {
	app := appNames[i%len(appNames)]
	of := events.OfApp{App: app}
	kind, size, what := []string{"good", "good", "bad", "crash"}[story.IntN(4)], 1+story.IntN(3), story.IntN(8)
	switch what {
	case 0, 1, 2, 3:
		p.declare(app, func(d *events.Document) {
			d.Version, d.Replicas, d.Health.Ready.IntervalMs = p.nextVersion(kind), size, 10_000 // seldom: hours are long
		})
	case 4:
		p.w.Wish("person:sim", events.WishRollbackRequested{OfApp: of})
	case 5:
		for j, m := range p.machines {
			for _, id := range service.Sorted(m.procs) {
				m.die(p.agents[j], m.procs[id], -1, "KILL")
			}
		}
	case 6:
		p.agents[0].Crash(2 * time.Second)
	case 7:
		p.gates[0].Crash(2 * time.Second)
	}
	if len(p.services) > 2 {
		h := p.services[p.w.Rand().IntN(len(p.services))]
		p.w.After(time.Duration(p.w.Rand().IntN(2000))*time.Millisecond, func() { h.Crash(5 * time.Second) })
	}
}

// ending is what the platform came to, as a copy of the deployer and of the registry
// know it and as the nodes do; when and under which sequence is left out.
func (p *platform) ending(deploys, lists *service.Core) string {
	var out strings.Builder
	for _, app := range appNames {
		a, _ := service.StateOf[deployer.App, deployer.Fleet](deploys.Machines()[0], app)
		pool, _ := service.StateOf[registry.Pool, registry.Fleet](lists.Machines()[0], app)
		fmt.Fprintf(&out, "%s: %d declared, release %d of %d serves, %d is on its way, route %v\n", app, a.Declared, a.Stable, a.Last, a.Live, a.Route.Said.Shares)
		for _, n := range service.Sorted(a.Releases) {
			r := a.Releases[n]
			fmt.Fprintf(&out, "  release %d of declaration %d, %s: %s %s\n", n, r.Declaration, r.Spec.Version, r.Phase, r.Aborted)
		}
		of := map[string]int{}
		for _, i := range a.Instances {
			of[fmt.Sprintf("instance of release %d: %s", i.Release, i.State)]++
		}
		for _, e := range pool.Listed {
			of[fmt.Sprintf("endpoint of release %d listed", e.Release)]++
		}
		for _, m := range p.machines {
			for _, id := range service.Sorted(m.procs) {
				if x := m.procs[id]; x.running && strings.HasPrefix(id, app+"-") {
					of["process of "+x.version]++
				}
			}
		}
		for _, what := range service.Sorted(of) {
			fmt.Fprintf(&out, "  %d × %s\n", of[what], what)
		}
	}
	return out.String()
}
