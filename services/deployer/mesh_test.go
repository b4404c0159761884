package deployer

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/sim"
	"slipway.dev/services/deployer/placer"
)

// meshRig is a rig whose deployer has a twin and gives mesh ports from a range.
func meshRig(t *testing.T, seed uint64, in PortRange) (*rig, map[string][]events.Route) {
	cfg := Config{DefaultDomain: "localhost", MeshPorts: in}
	r := newRigIn(t, sim.New(seed, sim.Faults{Latency: 20 * time.Millisecond}), cfg)
	said := map[string][]events.Route{}
	r.w.Observe(func(e events.Event) error {
		switch d := e.Data.(type) {
		case events.RouteDeclared:
			said[d.App] = append(said[d.App], d.Route)
		case events.RouteShifted:
			said[d.App] = append(said[d.App], d.Route)
		}
		return nil
	})
	r.w.Add("twin", func() service.Service { return Service(cfg) }, nil)
	return r, said
}

func named(name string) func(*events.Document) {
	return func(d *events.Document) { d.Name, d.Command = name, []string{"/bin/" + name} }
}

func using(apps ...string) func(*events.Document) {
	return func(d *events.Document) { d.Uses = apps }
}

func (r *rig) serves(name string) bool {
	a := r.app(name)
	return a != nil && a.Stable != 0 && a.Live == 0
}

func TestMeshPorts(t *testing.T) {
	t.Run("an app with an http port has a mesh port for life, one without has none", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1"))
		port := r.app("web").Route.Said.MeshPort
		if port < MeshPorts.First || port > MeshPorts.Last {
			t.Fatalf("mesh port %d", port)
		}
		r.deploy(doc("2", replicas(2)))
		if got := r.app("web").Route.Said.MeshPort; got != port {
			t.Errorf("mesh port %d after a deploy, was %d", got, port)
		}
		r.declare(doc("1", named("raw"), func(d *events.Document) { d.Ports = nil }))
		r.until("it serves", func() bool { return r.serves("raw") })
		if got := r.app("raw").Route.Said.MeshPort; got != 0 {
			t.Errorf("an app without a port has mesh port %d", got)
		}
	})
	t.Run("an app without a host is routed for others alone, to the port that speaks HTTP", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1", func(d *events.Document) {
			d.Ports = map[string]events.DeclaredPort{
				"db":   {SpecPort: events.SpecPort{Protocol: events.ProtocolTCP}},
				"grpc": {SpecPort: events.SpecPort{Protocol: events.ProtocolH2C}, NoHost: true},
			}
		}))
		said := r.app("web").Route.Said
		if len(said.Rules) != 0 || said.MeshPort == 0 || said.Mesh == nil || *said.Mesh != (events.MeshTarget{Port: "grpc", Protocol: "h2c"}) {
			t.Errorf("route %+v", said)
		}
	})
	t.Run("of two apps declared at once by twins each ends with its own port, said before its first share", func(t *testing.T) {
		in, again := PortRange{17000, 17009}, 0
		for seed := range uint64(10) {
			again += bothServe(t, seed, in)
		}
		if again == 0 {
			t.Error("the two never picked the same port: the test proves nothing")
		}
	})
	t.Run("with every port given away the next app has none and says so", func(t *testing.T) {
		r, _ := meshRig(t, 1, PortRange{17000, 17000})
		r.deploy(doc("1"))
		r.declare(doc("1", named("api")))
		r.until("it serves all the same", func() bool { return r.serves("api") })
		waits := r.h.Core().Machines()[0].Decide("api", r.w.Now()).Waiting
		if got := r.app("api").Route.Said.MeshPort; got != 0 || len(waits) == 0 {
			t.Errorf("mesh port %d, waits for %v", got, waits)
		}
	})
}

// An app that comes back has the port it had, the range's first and its last too, as
// long as the range has it.
func TestAMeshPortIsFoundAgain(t *testing.T) {
	now := sim.Start
	for _, had := range []int{17000, 17004, 17009} {
		m := Mesh{}
		m.claim("web", had, now)
		m.claim("web", 0, now)
		for _, in := range []PortRange{{17000, 17009}, {had, had}, {had - 5, had}, {had, had + 5}} {
			if got := m.pick("web", in, now); got != had {
				t.Errorf("had %d, of %v it gets %d", had, in, got)
			}
		}
		for _, in := range []PortRange{{had - 5, had - 1}, {had + 1, had + 5}} {
			if got := m.pick("web", in, now); got < in.First || got > in.Last {
				t.Errorf("had %d, of %v it gets %d", had, in, got)
			}
		}
	}
}

// bothServe declares two apps that pick the same port; it tells how often one of them
// had to pick again.
func bothServe(t *testing.T, seed uint64, in PortRange) (again int) {
	t.Helper()
	r, said := meshRig(t, seed, in)
	apps := []string{"web", rival("web", in)}
	for _, app := range apps {
		r.declare(doc("1", named(app)))
	}
	r.until("both serve", func() bool { return r.serves(apps[0]) && r.serves(apps[1]) })
	ports := fleetOf(r).Mesh.Apps
	if ports[apps[0]] == ports[apps[1]] || len(ports) != 2 {
		t.Errorf("seed %d: %v", seed, ports)
	}
	for _, app := range apps {
		for _, route := range said[app] {
			if len(route.Shares) > 0 && route.MeshPort != ports[app] {
				t.Errorf("seed %d: %s has a share at mesh port %d, its own is %d", seed, app, route.MeshPort, ports[app])
			}
		}
	}
	return r.count("route.declared") - len(apps)
}

// rival is an app that picks the same port as another one.
func rival(app string, in PortRange) string {
	for n := 0; ; n++ {
		name := fmt.Sprintf("app%d", n)
		if m := (Mesh{}); m.pick(name, in, sim.Start) == m.pick(app, in, sim.Start) {
			return name
		}
	}
}

func TestUses(t *testing.T) {
	planned := func(r *rig, app string) map[string]int {
		a := r.app(app)
		return a.Releases[a.Last].Spec.MeshPorts
	}
	t.Run("a release holds the mesh port of each app it uses", func(t *testing.T) {
		r := newRig(t)
		r.declare(doc("1", named("api")))
		r.until("api serves", func() bool { return r.serves("api") })
		r.deploy(doc("1", using("api")))
		want := map[string]int{"api": r.app("api").Route.Said.MeshPort}
		if got := planned(r, "web"); !maps.Equal(got, want) {
			t.Errorf("planned with %v, want %v", got, want)
		}
	})
	t.Run("an unknown app is refused by name, and nothing else happens", func(t *testing.T) {
		r := newRig(t)
		r.deploy(doc("1"))
		r.declare(doc("2", using("nobody")))
		r.until("refused", func() bool { return r.count("release.refused web/2") == 1 })
		r.pass(time.Minute)
		if a := r.app("web"); a.Stable != 1 || r.count("release.planned") != 1 || r.count("route.removed") != 0 || a.Releases[2].Why != "unknown: there is no app nobody with an http port to call: declare it first" {
			t.Errorf("stable %d, planned %d times: %q", a.Stable, r.count("release.planned"), a.Releases[2].Why)
		}
	})
	t.Run("apps that use one another may be declared in the same breath", func(t *testing.T) {
		r, _ := meshRig(t, 1, MeshPorts)
		r.declare(doc("1", named("web"), using("api")))
		r.declare(doc("1", named("api"), using("web", "api")))
		r.until("both serve", func() bool { return r.serves("web") && r.serves("api") })
		web, api := r.app("web").Route.Said.MeshPort, r.app("api").Route.Said.MeshPort
		if got := planned(r, "api"); !maps.Equal(got, map[string]int{"web": web, "api": api}) {
			t.Errorf("api is planned with %v, web has %d and api %d", got, web, api)
		}
	})
	t.Run("of an app that is refused no way in stays", func(t *testing.T) {
		r := newRig(t)
		r.declare(doc("1", using("nobody")))
		r.until("refused", func() bool { return r.count("release.refused web/1") == 1 })
		r.until("its way in is gone", func() bool { return r.count("route.removed") == r.count("route.declared") })
		r.pass(time.Minute)
		if len(fleetOf(r).Hosts) != 0 || len(fleetOf(r).Mesh.Apps) != 0 {
			t.Errorf("it has %v and %v", fleetOf(r).Hosts, fleetOf(r).Mesh.Apps)
		}
	})
	t.Run("a rollback is told where the apps are now", func(t *testing.T) {
		r := newRig(t)
		r.declare(doc("1", named("api")))
		r.until("api serves", func() bool { return r.serves("api") })
		r.deploy(doc("1", using("api")))
		r.deploy(doc("2"))
		r.wish(events.WishRollbackRequested{OfApp: events.OfApp{App: "web"}})
		r.until("rolled back", func() bool { a := r.app("web"); return a.Last == 3 && a.Live == 0 })
		if got := planned(r, "web"); got["api"] != r.app("api").Route.Said.MeshPort {
			t.Errorf("planned with %v", got)
		}
	})
}

func TestAnAppThatUsesOthersNeedsAGateway(t *testing.T) {
	r := newRig(t, "n2", "n3") // the gateway is on neither
	r.declare(doc("1", named("api")))
	r.until("api serves", func() bool { return r.serves("api") })
	r.declare(doc("1", using("api")))
	r.until("blocked", func() bool { return r.count("placement.blocked") == 1 })
	if i := r.app("web").Instances["web-1-a1"]; i == nil || i.Lacks != "0 of 2 nodes fit: 2 without a gateway" {
		t.Fatalf("%+v", i)
	}
	waits := r.h.Core().Machines()[1].Decide(placer.Key, r.w.Now()).Waiting
	if len(waits) != 1 || waits[0].For != waitsGateway {
		t.Errorf("waits %+v", waits)
	}
	gateway := events.OfGateway{Gateway: "gw2-a", Incarnation: 1}
	lease := events.Lease{OfHolder: events.OfHolder{Holder: "gateway-gw2-a"}, Kind: "gateway", Name: "gw2-a", Incarnation: 1}
	r.say(events.GatewayJoined{OfGateway: gateway, Node: "n3"})
	r.until("placed beside the gateway", func() bool { return r.count("placement.placed n3/web-1-a1") == 1 })
	r.until("it serves", func() bool { return r.serves("web") })

	r.say(events.LeaseGranted{Lease: lease})
	r.say(events.LeaseLapsed{Lease: lease})
	r.declare(doc("2", using("api")))
	r.until("the next one waits while the gateway is silent", func() bool {
		i := r.app("web").Instances["web-2-a1"]
		return i != nil && i.Lacks != ""
	})
	r.say(events.LeaseResumed{Lease: lease})
	r.until("it serves again", func() bool { return r.app("web").Stable == 2 })
}

// Whatever apps come and go, in whatever order twins say it: a port is one app's, an
// app has one port, and none is another's within a day of being let go.
func TestMeshPortsAreOneAppsAtATime(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		in := PortRange{17000, 17000 + rapid.IntRange(0, 5).Draw(rt, "more")}
		m, now, left := Mesh{}, sim.Start, map[int]Claim{}
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			app := fmt.Sprintf("app%d", rapid.IntRange(1, 8).Draw(rt, "app"))
			now = now.Add(time.Duration(rapid.IntRange(0, 10).Draw(rt, "hours")) * time.Hour)
			if rapid.Bool().Draw(rt, "snapshot") {
				m = kept(rt, m)
			}
			had := m.Apps[app]
			port := m.pick(app, in, now)
			switch rapid.IntRange(0, 3).Draw(rt, "what") {
			case 0:
				port = 0 // it goes
			case 1:
				port = rapid.IntRange(in.First, in.Last).Draw(rt, "port") // picked from an older picture
			}
			before := maps.Clone(m.Apps)
			m.claim(app, port, now)
			if had != 0 && m.Apps[app] != had {
				left[had] = Claim{app, now.Add(meshRest)}
			}
			got := m.Apps[app]
			if was, rests := left[got]; got != 0 && rests && was.App != app && now.Before(was.Free) {
				rt.Fatalf("%s has %d, which %s let go less than a day ago", app, got, was.App)
			}
			ports := slices.Sorted(maps.Values(m.Apps))
			if len(slices.Compact(ports)) != len(m.Apps) {
				rt.Fatalf("a port is given twice: %v", m.Apps)
			}
			for other, its := range before {
				if other != app && m.Apps[other] != its {
					rt.Fatalf("%s lost %d to %s", other, its, app)
				}
			}
		}
	})
}

// kept is what a snapshot makes of it.
func kept(t *rapid.T, m Mesh) (again Mesh) {
	body, err := json.Marshal(m)
	if err == nil {
		err = json.Unmarshal(body, &again)
	}
	if err != nil {
		t.Fatal(err)
	}
	return again
}

func TestAnAppThatComesBackHasItsPort(t *testing.T) {
	m := Mesh{}
	port := m.pick("web", MeshPorts, sim.Start)
	m.claim("web", port, sim.Start)
	m.claim("web", 0, sim.Start)
	if got := m.pick("web", MeshPorts, sim.Start.Add(time.Hour)); got != port {
		t.Errorf("it has %d, had %d", got, port)
	}
	only := PortRange{port, port}
	if got := m.pick("other", only, sim.Start.Add(meshRest-1)); got != 0 {
		t.Errorf("another was given %d within a day", got)
	}
	if got := m.pick("other", only, sim.Start.Add(meshRest)); got != port {
		t.Errorf("after a day another is given %d, want %d", got, port)
	}
}
