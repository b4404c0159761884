package deployer

import (
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/sim"
)

// rig is the deployer over a log, with a world that does what it is told: nodes start
// what is placed, a registry lists and settles, unless a test says otherwise.
type rig struct {
	t     *testing.T
	w     *sim.World
	h     *sim.Host
	ord   map[string]uint64
	bad   map[int]bool // releases whose instances never get ready
	crash map[int]bool // releases whose instances fail at once
	slow  map[int]bool // releases whose readiness a test grants
	pool  int
	ready map[string]bool
	route map[string]int // newest generation said, which the deployer may not have heard yet
	noGw  bool
	hold  bool   // what is fetched says nothing more
	fails string // command of a hook that fails
	mute  string // command of a hook that says nothing of itself
	facts []string
	peak  map[string]int // most instances existing and fewest serving, since watch
}

func newRig(t *testing.T, nodes ...string) *rig {
	return newRigIn(t, sim.New(1, sim.Faults{}), Config{DefaultDomain: "localhost"}, nodes...)
}

func newRigIn(t *testing.T, w *sim.World, cfg Config, nodes ...string) *rig {
	r := &rig{
		t: t, w: w, ord: map[string]uint64{}, bad: map[int]bool{}, crash: map[int]bool{},
		slow: map[int]bool{}, ready: map[string]bool{}, route: map[string]int{},
	}
	if len(nodes) == 0 {
		nodes = []string{"n1"}
	}
	r.w.Observe(func(e events.Event) error { r.react(e); return nil })
	r.say(events.GatewayJoined{OfGateway: events.OfGateway{Gateway: "gw1-a", Incarnation: 1}, Node: "n1"})
	for _, n := range nodes {
		r.join(n, events.NodeDescription{})
	}
	r.h = r.w.Add("deployer", func() service.Service { return Service(cfg) }, nil)
	return r
}

func (r *rig) join(n string, d events.NodeDescription) {
	d.Address, d.Arch, d.Os, d.Drivers = "127.0.0.1", "amd64", "linux", []string{"process"}
	if d.CPUMilli == 0 {
		d.CPUMilli, d.MemoryBytes = 64_000, 64<<30
	}
	r.say(events.NodeJoined{OfNode: events.OfNode{Node: n}, Incarnation: 1, NodeDescription: d})
	r.say(events.LeaseGranted{Lease: events.Lease{OfHolder: events.OfHolder{Holder: "node-" + n}, Kind: "node", Name: n, Incarnation: 1}})
}

// say states a fact of another owner.
func (r *rig) say(p events.Payload) {
	r.t.Helper()
	about := p.About()
	guard := events.Guard(events.KindOf(p).Owner, about.App, about.Place)
	r.ord[guard]++
	r.w.Say(r.t.Fatalf, guard, sim.Fact(p, r.ord[guard], r.w.Now()))
}

// react is the world doing what it is told.
func (r *rig) react(e events.Event) {
	if e.Kind.Owner == "deployer" || e.Kind.Owner == "placer" {
		r.facts = append(r.facts, e.Kind.Name()+" "+e.Subject)
	}
	later := func(f func()) { r.w.After(10*time.Millisecond, f) }
	switch d := e.Data.(type) {
	case events.PlacementPlaced:
		later(func() { r.run(d) })
	case events.AssignmentCleared:
		later(func() { r.start(d.OfInstance, releaseNumber(d.Instance)) })
	case events.AssignmentWithdrawn:
		if d.Node != "" {
			later(func() { r.unlist(d.App, d.Instance) })
			r.w.After(50*time.Millisecond, func() { r.stop(d.OfInstance) })
		}
	case events.RouteDeclared:
		r.route[d.App] = d.Generation
		later(func() { r.settle(d.App) })
	case events.RouteShifted:
		r.route[d.App] = d.Generation
		later(func() { r.settle(d.App) })
	}
}

func (r *rig) run(d events.PlacementPlaced) {
	if r.hold {
		return
	}
	r.say(events.InstanceFetched{OfInstance: d.OfInstance})
	if d.Role == events.RoleHook {
		r.hook(d)
		return
	}
	if !d.Hold {
		r.start(d.OfInstance, d.Release)
	}
}

func (r *rig) hook(d events.PlacementPlaced) {
	r.say(events.InstanceStarting{OfInstance: d.OfInstance, Try: 1, Boot: 1})
	switch {
	case d.Hook != nil && d.Hook.Command[0] == r.mute:
		return
	case r.crash[d.Release], d.Hook != nil && d.Hook.Command[0] == r.fails:
		r.say(events.InstanceFailed{OfInstance: d.OfInstance, Code: 1})
		return
	}
	r.say(events.InstanceCompleted{OfInstance: d.OfInstance})
}

func (r *rig) start(of events.OfInstance, release int) {
	a := r.app(of.App)
	if a == nil { // the deployer is down: the rig asks it, so the world waits
		r.w.After(100*time.Millisecond, func() { r.start(of, release) })
		return
	}
	if a.Instances[of.Instance] == nil {
		return
	}
	r.say(events.InstanceStarted{OfInstance: of, Release: release, Try: 1, Boot: 1, Address: "127.0.0.1:1"})
	switch {
	case r.crash[release]:
		r.say(events.InstanceExited{OfInstance: of, Code: 3, Tail: []string{"panic: no"}})
		r.say(events.InstanceFailed{OfInstance: of, Code: 3, Tail: []string{"panic: no"}})
	case !r.bad[release] && !r.slow[release]:
		r.makeReady(of)
	}
}

func (r *rig) makeReady(of events.OfInstance) {
	r.say(events.InstanceReady{OfInstance: of, Boot: 1})
	r.ready[of.Instance] = true
	r.list(of.App)
}

func (r *rig) unlist(app, id string) {
	if r.ready[id] {
		delete(r.ready, id)
		r.list(app)
	}
}

func (r *rig) list(app string) {
	r.pool++
	var l []events.PoolEndpoint
	for _, id := range service.Sorted(r.ready) {
		l = append(l, events.PoolEndpoint{Endpoint: id, Ready: true, Address: "127.0.0.1:1"})
	}
	r.say(events.PoolChanged{OfGeneration: events.OfGeneration{App: app, Generation: r.pool}, Endpoints: l})
	r.w.After(5*time.Millisecond, func() { r.settle(app) })
}

func (r *rig) settle(app string) {
	a := r.app(app)
	if a == nil {
		r.w.After(100*time.Millisecond, func() { r.settle(app) })
		return
	}
	generation := max(a.Route.Generation, r.route[app])
	if r.noGw || a.Route.Settled == generation && a.Route.Pool == r.pool {
		return
	}
	r.say(events.SettlementReached{OfGeneration: events.OfGeneration{App: app, Generation: generation}, Pool: r.pool, Gateways: []string{"gw1-a"}})
}

func (r *rig) stop(of events.OfInstance) {
	a := r.app(of.App)
	if a == nil {
		r.w.After(100*time.Millisecond, func() { r.stop(of) })
		return
	}
	if a.Instances[of.Instance] != nil {
		r.say(events.InstanceStopping{OfInstance: of, Drained: true})
		r.say(events.InstanceStopped{OfInstance: of})
	}
}

// lose ends an instance without anybody wanting it to.
func (r *rig) lose(id string) {
	i := r.app("web").Instances[id]
	r.unlist("web", id)
	r.say(events.InstanceFailed{OfInstance: events.OfInstance{App: "web", Node: i.Node, Instance: id}, Code: 137})
}

func (r *rig) app(name string) *App {
	if r.h == nil || r.h.Core() == nil {
		return nil
	}
	a, _ := service.StateOf[App, Fleet](r.h.Core().Machines()[0], name)
	return a
}

func (r *rig) wish(p events.Payload) { r.w.Wish("person:alice", p) }

// doc is a small app; edits change it.
func doc(version string, edits ...func(*events.Document)) events.Document {
	d := events.Document{
		Name: "web", Version: version, Driver: "process", Command: []string{"/bin/web"}, Replicas: 1,
		Ports:     map[string]events.DeclaredPort{"http": {SpecPort: events.SpecPort{Protocol: "http"}, Path: "/"}},
		Resources: events.Resources{CPUMilli: 100, MemoryBytes: 128 << 20},
		Stop:      events.StopPolicy{DrainMs: 1000, Signal: "TERM", GraceMs: 1000},
		Placement: events.Placement{Strategy: "spread", Spread: []string{"node"}},
		Deploy: events.DeployPolicy{
			Strategy: events.Rolling, Rolling: events.RollingPolicy{Surge: events.Portion{Count: 1}},
			BlueGreen:  events.BlueGreenPolicy{Promote: events.PromoteAuto},
			DeadlineMs: 600_000, RevertMs: 300_000, OnFailure: events.OnFailureRollback,
			Keep: events.KeepPolicy{Warm: 1, WarmForMs: 600_000, Window: 3, History: 10},
		},
	}
	for _, e := range edits {
		e(&d)
	}
	return d
}

func replicas(n int) func(*events.Document) { return func(d *events.Document) { d.Replicas = n } }
func rollingBy(surge, unavailable int) func(*events.Document) {
	return func(d *events.Document) {
		d.Deploy.Rolling = events.RollingPolicy{Surge: events.Portion{Count: surge}, Unavailable: events.Portion{Count: unavailable}}
	}
}
func strategy(s string) func(*events.Document) {
	return func(d *events.Document) { d.Deploy.Strategy = s }
}

func (r *rig) declare(d events.Document) {
	r.wish(events.WishAppDeclared{OfApp: events.OfApp{App: d.Name}, Document: d})
}

// deploy declares and waits for the release to end.
func (r *rig) deploy(d events.Document) {
	r.t.Helper()
	r.declare(d)
	r.until("the release ends", func() bool {
		a := r.app("web")
		return a != nil && a.Declared > 0 && a.Pending == nil && a.Live == 0 && a.Inbox.Open() == 0 && a.Accepted != nil && a.Accepted.Hash == d.Hash()
	})
}

func (r *rig) until(what string, f func() bool) {
	r.t.Helper()
	if !r.w.RunUntil(20*time.Minute, f) {
		r.t.Fatalf("never: %s\nerror: %v\nwaits: %v\nfacts:\n%s", what, r.w.Err, r.waits(), strings.Join(r.facts, "\n"))
	}
	r.w.Run(0) // what was just said is heard by all
}

func (r *rig) pass(d time.Duration) {
	r.t.Helper()
	r.w.Run(d)
	if r.w.Err != nil {
		r.t.Fatalf("%v\nfacts:\n%s", r.w.Err, strings.Join(r.facts, "\n"))
	}
}

func (r *rig) waits() []service.Waiter {
	return r.h.Core().Machines()[0].Decide("web", r.w.Now()).Waiting
}

// count counts facts by prefix.
func (r *rig) count(prefix string) (n int) {
	for _, f := range r.facts {
		if strings.HasPrefix(f, prefix) {
			n++
		}
	}
	return n
}

// order fails unless the facts occur in this order.
func (r *rig) order(facts ...string) {
	r.t.Helper()
	at := 0
	for _, f := range r.facts {
		if at < len(facts) && strings.HasPrefix(f, facts[at]) {
			at++
		}
	}
	if at < len(facts) {
		r.t.Fatalf("no %q after %v in\n%s", facts[at], facts[:at], strings.Join(r.facts, "\n"))
	}
}

func (r *rig) serving() (n int) { return len(r.ready) }

func releaseNumber(id string) int {
	parts := strings.Split(id, "-")
	n := 0
	for _, c := range parts[len(parts)-2] {
		n = n*10 + int(c-'0')
	}
	return n
}
