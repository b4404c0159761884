package ratio

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/service"
	"slipway.dev/services/deployer"
	"slipway.dev/services/gateway"
	"slipway.dev/services/node"
	"slipway.dev/services/registry"
)

const (
	nodes    = 3
	gateways = 2
)

// platform is every service in this process, each with a connection of its own, and
// a reader beside them.
type platform struct {
	*store
	person *bus.Bus
	seen   chan events.Event // routes applied and releases promoted, declarations
	wishes int
}

func openPlatform(b *testing.B, always bool) *platform {
	p := &platform{store: open(b, always), seen: make(chan events.Event, 1<<16)}
	p.person = p.bus("cli")
	p.watch()
	p.drive(deployer.Service(deployer.Config{DefaultDomain: "localhost"}), p.bus("deployer"))
	p.drive(registry.Service(registry.Config{}), p.bus("registry"))
	for i := range nodes {
		name := nodeName(i)
		c := p.bus("node-" + name)
		p.drive(node.Service(node.Config{Name: name, Address: "127.0.0.1"}, nodeHands(c, name)), c)
	}
	for i := range gateways {
		name := fmt.Sprintf("gw%d-a", i+1)
		c := p.bus("gateway-" + name)
		p.drive(gateway.Service(gateway.Config{Name: name}, gatewayHands(c, name)), c)
	}
	for joined := 0; joined < nodes+gateways; {
		if _, granted := p.next().Data.(events.LeaseGranted); granted {
			joined++
		}
	}
	return p
}

func nodeName(i int) string { return fmt.Sprintf("n%d", i+1) }

// watch hands on what the measurements look at.
func (p *platform) watch() {
	ctx, cancel := context.WithCancel(context.Background())
	done, b := make(chan struct{}), p.bus("watcher")
	p.b.Cleanup(func() { cancel(); <-done })
	go func() {
		defer close(done)
		_ = b.Read(ctx, events.Position{}, []string{"slipway.event.>"}, service.Reader{Deliver: func(m service.Message) error {
			kind, _, _, err := events.ParseSubject(m.Subject)
			if err != nil {
				return err
			}
			switch kind {
			case events.K[events.AppDeclared](), events.K[events.RoutingApplied](), events.K[events.ReleasePromoted](), events.K[events.LeaseGranted]():
			default:
				return nil
			}
			e, err := events.Parse(m.Subject, m.Header, m.Body)
			if err == nil {
				err = e.Decode()
			}
			e.Stored = m.Stored
			p.seen <- e
			return err
		}})
	}()
}

func (p *platform) next() events.Event {
	select {
	case e := <-p.seen:
		return e
	case <-time.After(bound):
		p.b.Fatal("nothing happens")
		return events.Event{}
	}
}

// declare wishes an app of so many instances.
func (p *platform) declare(n int, app string, replicas int) error {
	w := events.WishAppDeclared{OfApp: events.OfApp{App: app}, Document: document(app, replicas)}
	_, err := p.person.Wish(p.b.Context(), events.NewWish("person:measure", w, time.Now(), wishID(n)))
	return err
}

func document(app string, replicas int) events.Document {
	return events.Document{
		Name: app, Version: "v1", Driver: "process", Command: []string{"/bin/" + app}, Replicas: replicas, Balance: "least-request",
		Ports:     map[string]events.DeclaredPort{"http": {SpecPort: events.SpecPort{Protocol: "http"}, Path: "/"}},
		Resources: events.Resources{CPUMilli: 100, MemoryBytes: 128 << 20},
		Health: events.Health{
			Ready:     events.HealthCheck{Kind: "tcp", Port: "http", IntervalMs: 1000, TimeoutMs: 200, Rise: 1, Fall: 3},
			StartupMs: 60_000,
		},
		Stop:      events.StopPolicy{DrainMs: 1000, Signal: "TERM", GraceMs: 1000},
		Restart:   events.RestartPolicy{When: "always", BackoffMinMs: 200, BackoffMaxMs: 2000, GiveUpFailures: 2, GiveUpWithinMs: 60_000},
		Placement: events.Placement{Strategy: "spread", Spread: []string{"node"}},
		Drift:     "repair",
		Deploy: events.DeployPolicy{
			Strategy: events.Rolling, Rolling: events.RollingPolicy{Surge: events.Portion{Count: 1}},
			BlueGreen: events.BlueGreenPolicy{Promote: events.PromoteAuto}, DeadlineMs: 120_000, RevertMs: 60_000,
			OnFailure: events.OnFailureRollback, Keep: events.KeepPolicy{Window: 3, History: 6},
		},
	}
}

// applied waits until every gateway has said an app's route and pool. It tells how
// long it took from app.declared to the last routing.applied of the route that gives
// the release its share, and to the last that has its instance in the pool as well:
// when only the pool has changed a gateway serves it at once and says so up to
// gateway.AppliedEvery later.
func (p *platform) applied(app string) (route, pool time.Duration) {
	var declared, shared, filled time.Time
	routes, pools := map[string]bool{}, map[string]bool{}
	for len(pools) < gateways {
		e := p.next()
		if e.App != app {
			continue
		}
		switch d := e.Data.(type) {
		case events.AppDeclared:
			declared = e.Stored
		case events.RoutingApplied:
			if d.Generation > 1 && !routes[d.Gateway] { // the first one has no release yet
				routes[d.Gateway], shared = true, e.Stored
			}
			if d.Pool > 0 && !pools[d.Gateway] {
				pools[d.Gateway], filled = true, e.Stored
			}
		}
	}
	return shared.Sub(declared), filled.Sub(declared)
}

// BenchmarkDeclareOne: one app on a platform at rest, from app.declared stored to
// the last gateway's routing.applied stored; in hops of the plain client.
func BenchmarkDeclareOne(b *testing.B) {
	each(b, func(b *testing.B, always bool) {
		p, other := openPlatform(b, always), open(b, always)
		raw, ctx := newRawHop(other, other.plain(other.within())), limit(b)
		var turn pair
		var filled series
		for i := 0; b.Loop(); i++ {
			app := fmt.Sprintf("app-%d", i)
			must(b, p.declare(i, app, 1))
			route, pool := p.applied(app)
			turn.ours, filled = append(turn.ours, route), append(filled, pool)
			for range hops {
				raw.hop(ctx, &turn.raw)
			}
			p.touch()
		}
		turn.report(p.store)
		b.ReportMetric(turn.ours.at(50)/1000, "ours-p50-ms")
		b.ReportMetric(filled.at(50)/1000, "pool-said-p50-ms")
	})
}

// BenchmarkDeclareMany: apps of three instances, all wished at once, until the last
// is promoted.
func BenchmarkDeclareMany(b *testing.B) {
	for _, c := range []struct {
		name   string
		apps   int
		always bool
	}{{"1000x3/nosync", 1000, false}, {"300x3/always", 300, true}} {
		b.Run(c.name, func(b *testing.B) {
			p := openPlatform(b, c.always)
			var took series
			var stored float64
			for round := 0; b.Loop(); round++ {
				before := p.last()
				took.time(func() { p.declareAll(round, c.apps) })
				stored += float64(p.last() - before)
				p.touch()
			}
			b.ReportMetric(took.at(50)/1e6, "ours-p50-s")
			b.ReportMetric(stored/b.Elapsed().Seconds(), "events/s")
			b.ReportMetric(float64(len(took)), "ours-n")
			p.report()
			if !c.always {
				p.remembered(c.apps * 3 * len(took))
			}
		})
	}
}

func (p *platform) last() uint64 {
	head, err := p.person.Head(p.b.Context())
	must(p.b, err)
	return head.Seq
}

// declareAll wishes with eight hands and waits for every promotion.
func (p *platform) declareAll(round, apps int) {
	var all sync.WaitGroup
	failed := make(chan error, writers)
	for w := range writers {
		all.Go(func() {
			for i := w; i < apps; i += writers {
				if err := p.declare(round*apps+i, fmt.Sprintf("app-%d-%d", round, i), 3); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	for promoted := 0; promoted < apps; {
		select {
		case err := <-failed:
			p.b.Fatal(err)
		default:
		}
		if _, is := p.next().Data.(events.ReleasePromoted); is {
			promoted++
		}
	}
	all.Wait()
}

// remembered folds the log as each service does and tells what it keeps in memory
// for an instance; of the nodes all together. Nothing else runs meanwhile.
func (p *platform) remembered(instances int) {
	log := p.all()
	p.rest()
	p.server.Shutdown()
	for _, of := range []struct {
		name     string
		services []service.Service
	}{
		{"deployer", []service.Service{deployer.Service(deployer.Config{})}},
		{"registry", []service.Service{registry.Service(registry.Config{})}},
		{"gateway", []service.Service{gateway.Service(gateway.Config{Name: "gw1-a"}, nil)}},
		{"node", p.agents()},
	} {
		p.fold(of.services[0], log) // what is made once, by the first decoding of a type
		var kept []*service.Core
		before := heap()
		for _, svc := range of.services {
			kept = append(kept, p.fold(svc, log))
		}
		bytes := heap() - before
		runtime.KeepAlive(kept)
		p.b.ReportMetric(float64(bytes)/float64(instances), of.name+"-B/instance")
	}
	runtime.KeepAlive(log)
}

func (p *platform) agents() (all []service.Service) {
	for i := range nodes {
		all = append(all, node.Service(node.Config{Name: nodeName(i)}, nil))
	}
	return all
}

// all is the log as it stands.
func (p *platform) all() (log []service.Message) {
	ctx, cancel := context.WithCancel(limit(p.b))
	defer cancel()
	err := p.person.Read(ctx, events.Position{}, []string{"slipway.event.>"}, service.Reader{
		Deliver:  func(m service.Message) error { log = append(log, m); return nil },
		CaughtUp: cancel,
	})
	if len(log) == 0 {
		p.b.Fatalf("read the log: %v", err)
	}
	return log
}

// fold hears a log as a service's loop does: what nobody there hears is dropped by
// its subject.
func (p *platform) fold(svc service.Service, log []service.Message) *service.Core {
	core := service.NewCore(svc)
	for _, m := range log {
		kind, _, place, err := events.ParseSubject(m.Subject)
		must(p.b, err)
		if !core.HearsOwner(kind.Owner) || svc.Filters != nil && place != "" && place != svc.Place {
			core.Skip(m.Pos)
			continue
		}
		e, err := events.Parse(m.Subject, m.Header, m.Body)
		if err == nil && core.Hears(kind) {
			err = e.Decode()
		}
		must(p.b, err)
		e.Pos, e.Stored = m.Pos, m.Stored
		core.Hear(e)
	}
	return core
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
