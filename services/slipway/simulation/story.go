package simulation

import (
	"fmt"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/sim"
	"slipway.dev/services/deployer"
)

// step lets one thing happen: a person wishes, or something breaks.
func (p *platform) step(quiet bool) {
	r := p.w.Rand()
	app := appNames[r.IntN(len(appNames))]
	of := events.OfApp{App: app}
	n := 23
	if quiet {
		n = 9
	}
	switch r.IntN(n) {
	case 0, 1, 2, 3:
		p.declare(app, p.random)
	case 4:
		p.w.Wish("person:sim", events.WishRollbackRequested{OfApp: of})
	case 5:
		p.w.Wish("person:sim", events.WishAbortRequested{OfApp: of})
	case 6:
		p.w.Wish("person:sim", events.WishHaltRequested{OfApp: of})
		p.w.After(5*time.Second, func() { p.w.Wish("person:sim", events.WishHaltLifted{OfApp: of}) })
	case 7:
		p.w.Wish("person:sim", events.WishPromotionRequested{OfApp: of})
	case 8:
		p.odd(of)
	case 9, 10, 11:
		p.crash(p.services)
	case 12, 13:
		p.crash(p.agents)
	case 14:
		p.crash(p.gates)
	case 15, 16:
		p.cut(p.gates)
	case 17:
		p.cut(p.agents)
	case 18, 19, 20:
		p.emptying()
	default:
		p.kill()
	}
}

// odd is what happens rarely: holds, retirement, another try.
func (p *platform) odd(of events.OfApp) {
	switch p.w.Rand().IntN(4) {
	case 0:
		p.w.Wish("person:sim", events.WishHoldRequested{OfApp: of, Kind: "pause"})
		p.w.After(3*time.Second, func() { p.w.Wish("person:sim", events.WishHoldLifted{OfApp: of}) })
	case 1:
		if _, known := p.declared[of.App]; known {
			p.retired[of.App] = true
			p.w.Wish("person:sim", events.WishAppRetired{OfApp: of})
		}
	default:
		p.w.Wish("person:sim", events.WishRetryRequested{OfApp: of})
	}
}

func (p *platform) crash(hosts []*sim.Host) {
	hosts[p.w.Rand().IntN(len(hosts))].Crash(time.Duration(p.w.Rand().IntN(6000)) * time.Millisecond)
}

func (p *platform) cut(hosts []*sim.Host) {
	hosts[p.w.Rand().IntN(len(hosts))].CutOff(time.Duration(p.w.Rand().IntN(20000)) * time.Millisecond)
}

// kill ends a random process as kill -9 does.
func (p *platform) kill() {
	i := p.w.Rand().IntN(len(p.machines))
	m := p.machines[i]
	for _, id := range service.Sorted(m.procs) {
		if m.procs[id].running && p.w.Rand().IntN(2) == 0 {
			m.die(p.agents[i], m.procs[id], -1, "KILL")
			return
		}
	}
}

func (p *platform) nextVersion(kind string) string {
	p.version++
	return fmt.Sprintf("%s%d", kind, p.version)
}

func (p *platform) declare(app string, edit func(*events.Document)) {
	d := document(app)
	edit(&d)
	d.Name = app
	p.declared[app], p.retired[app] = d, false
	p.w.Wish("person:sim", events.WishAppDeclared{OfApp: events.OfApp{App: app}, Document: d})
}

// random makes a declaration of any kind: most work, some never get ready, some exit.
func (p *platform) random(d *events.Document) {
	r := p.w.Rand()
	d.Version = p.nextVersion([]string{"good", "good", "good", "bad", "crash"}[r.IntN(5)])
	d.Replicas = 1 + r.IntN(4)
	d.Deploy.Strategy = []string{events.Rolling, events.Rolling, events.BlueGreen, events.Recreate, events.Canary}[r.IntN(5)]
	d.Deploy.Steps = nil
	if d.Deploy.Strategy == events.Canary {
		d.Deploy.Steps, d.Deploy.ShrinkStable = p.steps(), r.IntN(3) == 0
	}
	d.Deploy.Rolling.Surge.Count = r.IntN(3)
	d.Deploy.Rolling.Unavailable.Count = r.IntN(2)
	if d.Deploy.Rolling.Surge.Count+d.Deploy.Rolling.Unavailable.Count == 0 {
		d.Deploy.Rolling.Surge.Count = 1
	}
	if r.IntN(4) == 0 {
		d.Deploy.BlueGreen.Promote = events.PromoteManual
	}
	if r.IntN(5) == 0 { // a worker: nothing routes to it
		d.Ports = nil
	}
	if r.IntN(6) == 0 {
		d.Hooks.PreDeploy = &events.Hook{Command: []string{"/bin/migrate"}, TimeoutMs: 60_000}
	}
	d.Deploy.Keep.Warm = r.IntN(3)
	p.rare(d)
	p.checks(d)
}

// steps are a canary's: some wait for a time, few for a person.
func (p *platform) steps() (all []events.DeployStep) {
	r := p.w.Rand()
	for bp := 0; len(all) < 1+r.IntN(3); {
		bp = min(bp+1+r.IntN(4000), 10_000)
		s := events.DeployStep{WeightBp: bp, Replicas: r.IntN(3)}
		switch r.IntN(5) {
		case 0:
			s.Approve = true
		case 1, 2:
			s.PauseMs = 1000 * r.Int64N(10)
		case 3:
			s.Run = &events.StepRun{Command: []string{"/bin/smoke"}, Undo: [][]string{nil, {"/bin/unsmoke"}}[r.IntN(2)], TimeoutMs: 60_000}
		}
		all = append(all, s)
	}
	return all
}

// rare is what few app files have.
func (p *platform) rare(d *events.Document) {
	r := p.w.Rand()
	http, routed := d.Ports["http"]
	switch n := r.IntN(24); {
	case n == 0:
		d.Replicas = 0
	case n == 1:
		d.PerNode = true
	case n == 2:
		d.Placement.MaxPerNode = 1
	case n == 3:
		d.Placement.Strategy = events.PlacementBinpack
	case n == 4:
		d.Deploy.OnFailure = events.OnFailurePause
	case n == 5:
		d.Deploy.BlueGreen = events.BlueGreenPolicy{Promote: events.PromoteAfter, PromoteAfterMs: 5000}
	case n == 6:
		d.Deploy.BlueGreen = events.BlueGreenPolicy{Promote: events.PromoteAuto, PreviewHost: "next." + d.Name + ".localhost", PreviewReplicas: 1}
	case n == 7:
		d.Resources.MemoryBytes = 3 << 30 // two fit on a node, and no third
	case n == 8 && routed:
		http.HostPort = 8080
	case n == 9 && routed:
		http.Hosts = []string{"shared.localhost"} // both apps want it
	case n == 10 && routed:
		http.NoHost = true
	case n == 11:
		d.Deploy.Rolling.Order = events.OrderStopFirst
	case n == 12 && d.Deploy.Strategy != events.BlueGreen:
		d.Replicas = 1
		d.Volumes = map[string]events.SpecVolume{"data": {Path: "data", SizeBytes: 1 << 20, Access: events.VolumeSingle}}
	}
	if routed {
		d.Ports = map[string]events.DeclaredPort{"http": http}
	}
}

// sane takes out of a declaration what may have no place in this world.
func sane(d *events.Document) {
	plain := document(d.Name)
	d.Placement, d.Resources, d.PerNode, d.Deploy.OnFailure = plain.Placement, plain.Resources, false, plain.Deploy.OnFailure
	d.Replicas, d.Volumes = max(d.Replicas, 1), nil
	if _, routed := d.Ports["http"]; routed {
		d.Ports = plain.Ports
	}
}

func document(app string) events.Document {
	return events.Document{
		Name: app, Driver: "process", Command: []string{"/bin/" + app}, Replicas: 1, Balance: "least-request",
		Ports:     map[string]events.DeclaredPort{"http": {SpecPort: events.SpecPort{Protocol: "http"}, Path: "/"}},
		Resources: events.Resources{CPUMilli: 100, MemoryBytes: 128 << 20},
		Health: events.Health{
			Ready:     events.HealthCheck{Kind: "tcp", Port: "http", IntervalMs: 300, TimeoutMs: 200, Rise: 1, Fall: 3},
			StartupMs: 5000, MinReadyMs: 500,
		},
		Stop:      events.StopPolicy{DrainMs: 1000, Signal: "TERM", GraceMs: 1000},
		Restart:   events.RestartPolicy{When: "always", BackoffMinMs: 200, BackoffMaxMs: 2000, GiveUpFailures: 2, GiveUpWithinMs: 60_000},
		Placement: events.Placement{Strategy: "spread", Spread: []string{"node"}},
		Drift:     "repair",
		Deploy: events.DeployPolicy{
			Strategy: events.Rolling, BlueGreen: events.BlueGreenPolicy{Promote: events.PromoteAuto},
			DeadlineMs: 30_000, RevertMs: 60_000, OnFailure: events.OnFailureRollback,
			Keep: events.KeepPolicy{Warm: 1, WarmForMs: 20_000, Window: 3, History: 6},
		},
	}
}

// converged tells whether every app is as its last declaration says: its version
// serves at its size, nothing else runs, and no key has anything to say.
func (p *platform) converged() bool {
	core := p.services[0].Core()
	for _, app := range appNames {
		a, f := service.StateOf[deployer.App, deployer.Fleet](core.Machines()[0], app)
		if a == nil {
			continue
		}
		if why := p.off(app, a, f); why != "" {
			p.why = app + ": " + why
			return false
		}
	}
	if p.why = p.emptied(); p.why != "" {
		return false
	}
	return p.exact()
}

// retriesMax is how often a person asks again for a release that found no room beside
// what another app was leaving.
const retriesMax = 3

func (p *platform) retry(app string, a *deployer.App) {
	if last := a.Releases[a.Last]; last == nil || last.Aborted == "" || p.retried[app] >= retriesMax {
		return
	}
	p.retried[app]++
	p.w.Wish("person:sim", events.WishRetryRequested{OfApp: events.OfApp{App: app}})
}

// off tells how an app is not as it was declared.
func (p *platform) off(app string, a *deployer.App, _ *deployer.Fleet) string {
	d, known := p.declared[app]
	switch {
	case !known:
		return ""
	case p.retired[app]:
		if n := len(a.Instances); n > 0 || !a.Retired {
			return fmt.Sprintf("retired, %d instances stay", n)
		}
		return ""
	case a.Live != 0 || a.Pending != nil || a.Inbox.Open() > 0:
		if a.Live != 0 {
			r := a.Releases[a.Live]
			if k := [2]string{app, fmt.Sprint(a.Live, "/", r.StepDone)}; r.Phase == "paused" && !p.approved[k] {
				p.approved[k] = true
				p.w.Wish("person:sim", events.WishPromotionRequested{OfApp: events.OfApp{App: app}})
			}
			return fmt.Sprintf("release %d is %s, waits for %v", a.Live, r.Phase, p.services[0].Core().Waits(0, app))
		}
		return "a declaration waits"
	}
	stable := a.Releases[a.Stable]
	if stable == nil || stable.Revision != d.Revision() {
		p.retry(app, a)
		return fmt.Sprintf("release %d serves, not version %s", a.Stable, d.Version)
	}
	ready := 0
	for _, i := range a.Instances {
		if i.Release != a.Stable {
			return fmt.Sprintf("%s (%s, withdrawn %v) of release %d is still there", i.ID, i.State, i.Withdrawn, i.Release)
		}
		if i.State == "ready" {
			ready++
		}
	}
	if ready != d.Replicas || len(a.Instances) != d.Replicas {
		return fmt.Sprintf("%d of %d instances ready, %d wanted, waits for %v", ready, len(a.Instances), d.Replicas, p.services[0].Core().Waits(0, app))
	}
	return ""
}

// exact tells whether the processes are the instances and the tables are the pools.
func (p *platform) exact() bool {
	want := map[string]bool{}
	core := p.services[0].Core()
	for _, app := range appNames {
		if a, _ := service.StateOf[deployer.App, deployer.Fleet](core.Machines()[0], app); a != nil {
			for id := range a.Instances {
				want[id] = true
			}
		}
	}
	for _, m := range p.machines {
		for _, id := range service.Sorted(m.procs) {
			if m.procs[id].running && !want[id] {
				p.why = id + " runs and nobody wants it"
				return false
			}
		}
	}
	for id := range want {
		if !p.alive(id) {
			p.why = id + " is wanted and does not run"
			return false
		}
	}
	return true
}
