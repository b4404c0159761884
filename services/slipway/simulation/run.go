package simulation

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/sim"
	"slipway.dev/services/deployer"
	"slipway.dev/services/gateway"
	"slipway.dev/services/node"
	"slipway.dev/services/registry"
)

// Options bend a simulation; the zero Options is the whole platform as it is.
type Options struct {
	// Deployer, Registry and Node plant a fault in a service; nil leaves it whole.
	Deployer, Registry, Node func(func() service.Service) func() service.Service
	Quiet                    bool // no faults, no crashes
	Judged                   bool // releases that are judged by what is measured of them, and the time for it
	Steps                    int  // things that happen before faults end; 0: 25
	Copies                   int  // of registry and deployer; 0: one or two, as the seed wants
}

// Run plays one seed: random wishes and faults, then healing and convergence.
func Run(seed uint64, opt Options) (*sim.World, error) {
	p := newPlatform(seed, opt)
	if opt.Steps == 0 {
		opt.Steps = 25
	}
	for range opt.Steps {
		if p.w.Err != nil {
			return p.w, p.w.Err
		}
		if opt.Judged {
			p.judgedStep()
		} else {
			p.step(opt.Quiet)
		}
		p.w.Run(time.Duration(p.w.Rand().IntN(4000)) * time.Millisecond)
		p.named()
	}
	p.heal()
	if p.w.Err == nil && !p.w.RunUntil(40*time.Minute, p.converged) && p.w.Err == nil {
		p.w.Fail("not converged 40 minutes after the last fault: %s", p.why)
	}
	p.replay()
	return p.w, p.w.Err
}

// platform is the whole of Slipway in one world.
type platform struct {
	w        *sim.World
	check    *checker
	fares    *fares
	machines []*machine
	edges    []*edge
	agents   []*sim.Host
	services []*sim.Host
	gates    []*sim.Host
	version  int
	declared map[string]events.Document
	retired  map[string]bool
	approved map[[2]string]bool // releases a person has let go on
	retried  map[string]int     // by app: how often a person has asked for what found no room
	why      string
}

var appNames = []string{"web", "api"}

func newPlatform(seed uint64, opt Options) *platform {
	faults := sim.Mild
	if opt.Quiet {
		faults = sim.Faults{Latency: 2 * time.Millisecond}
	}
	p := &platform{w: sim.New(seed, faults), check: newChecker(), declared: map[string]events.Document{}, retired: map[string]bool{}, approved: map[[2]string]bool{}, retried: map[string]int{}}
	p.fares = newFares(p.w)
	p.w.Observe(p.check.hear)
	p.w.Observe(newVerdicts(p.fares).hear)
	deploy := planted(opt.Deployer, func() service.Service { return deployer.Service(deployer.Config{DefaultDomain: "localhost"}) })
	list := planted(opt.Registry, func() service.Service { return registry.Service(registry.Config{}) })
	copies := 1 + p.w.Rand().IntN(2) // a twin of each, for half of the seeds
	for i := range cmp.Or(opt.Copies, copies) {
		p.services = append(p.services, p.w.Add(fmt.Sprintf("deployer-%d", i+1), deploy, nil), p.w.Add(fmt.Sprintf("registry-%d", i+1), list, nil))
	}
	for i := range 1 + p.w.Rand().IntN(3) {
		p.addNode(fmt.Sprintf("n%d", i+1), opt.Node)
	}
	for i := range 1 + p.w.Rand().IntN(2) {
		p.addGateway(fmt.Sprintf("gw%d-a", i+1))
	}
	p.w.Run(2 * time.Second)
	return p
}

func planted(fault func(func() service.Service) func() service.Service, whole func() service.Service) func() service.Service {
	if fault == nil {
		return whole
	}
	return fault(whole)
}

func (p *platform) addNode(name string, fault func(func() service.Service) func() service.Service) {
	m := newMachine(p.w, name, p.stopping)
	p.machines = append(p.machines, m)
	p.agents = append(p.agents, p.w.Add("node-"+name, planted(fault, func() service.Service {
		return node.Service(node.Config{Name: name, Address: "127.0.0.1", CPUMilli: 8000, MemoryBytes: 8 << 30}, nil)
	}), m))
}

func (p *platform) addGateway(name string) {
	g := newEdge(p.w, name, p.alive)
	p.edges = append(p.edges, g)
	p.gates = append(p.gates, p.w.Add("gateway-"+name, func() service.Service {
		return gateway.Service(gateway.Config{Name: name}, nil)
	}, g))
}

// stopping holds the promise that costs requests when broken: nothing is ended on
// purpose while a gateway may send to it.
func (p *platform) stopping(app, id string) {
	for _, g := range p.edges {
		if why, uses := g.uses(app, id); uses && slices.Contains(p.check.voices[id], g.name) {
			p.w.Fail("%s is stopped while %s", id, why)
		}
	}
}

func (p *platform) alive(id string) bool {
	for _, m := range p.machines {
		if m.running(id) {
			return true
		}
	}
	return false
}

// heal ends all faults and lets every app have a version that works.
func (p *platform) heal() {
	p.w.Heal()
	p.fares.healthy = true
	p.reopen()
	for _, app := range appNames {
		if d, known := p.declared[app]; known && !p.retired[app] {
			p.declare(app, func(x *events.Document) { *x = d; x.Version = p.nextVersion("good"); sane(x) })
			p.w.Wish("person:sim", events.WishHaltLifted{OfApp: events.OfApp{App: app}})
		}
	}
	p.w.Run(time.Second)
	for _, app := range appNames {
		p.w.Wish("person:sim", events.WishHoldLifted{OfApp: events.OfApp{App: app}})
	}
}

// named: every live release has a moment at which it goes on by itself, or a named
// waiter (delivery-P8).
func (p *platform) named() {
	core := p.services[0].Core()
	if core == nil || !core.Ready() || p.w.Err != nil {
		return
	}
	m := core.Machines()[0]
	for _, app := range appNames {
		a, _ := service.StateOf[deployer.App, deployer.Fleet](m, app)
		if a == nil || a.Live == 0 {
			continue
		}
		if say := m.Decide(app, p.w.Now()); say.Empty() && len(say.Waiting) == 0 && m.Due(app, p.w.Now()).IsZero() {
			p.w.Fail("release %d of %s is %s, waits for nothing and is never due", a.Live, app, a.Releases[a.Live].Phase)
		}
	}
}

// replay: the fold of the log from the first event is the state of every service that
// lived through it, byte for byte (delivery-P9, bus-20).
func (p *platform) replay() {
	for _, h := range slices.Concat(p.services, p.agents, p.gates) {
		if p.w.Err != nil || h.Core() == nil {
			return
		}
		again := service.NewCore(h.Service())
		for seq := uint64(1); seq <= h.Core().Position().Seq; seq++ {
			if e := p.w.Log.At(seq); h.Reads(e) {
				again.Hear(e)
			} else {
				again.Skip(e.Pos)
			}
		}
		lived, err1 := h.Core().Export("sim")
		folded, err2 := again.Export("sim")
		if err1 != nil || err2 != nil || string(lived) != string(folded) {
			p.w.Fail("%s: the fold of the log is not its state (%v, %v):\n%s\n%s", h.Name, err1, err2, lived, folded)
		}
	}
}
