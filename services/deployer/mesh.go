package deployer

import (
	"maps"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// meshRest is how long a port that an app has let go is given to no other: who still
// calls it must not reach a stranger.
const meshRest = 24 * time.Hour

// An app that is used may be declared in the same breath as the one that uses it. So
// long, and looking so often, is waited for its way in before it is called unknown.
const (
	meshGrace = 5 * time.Second
	meshLook  = 100 * time.Millisecond
)

// PortRange is a range of ports, both ends included.
type PortRange struct{ First, Last int }

// MeshPorts are the ports at which apps reach one another unless Config says otherwise:
// below those a node allots, and below the ephemeral ones of Linux.
var MeshPorts = PortRange{17000, 18999}

// Mesh is which app is reached at which port, on every node alike.
type Mesh struct {
	Apps  map[string]int `json:"apps,omitempty"`  // the port of each app that has one
	Ports map[int]Claim  `json:"ports,omitempty"` // by port, those at rest too
}

// Claim is whose a port is, or was.
type Claim struct {
	App  string    `json:"app"`
	Free time.Time `json:"free,omitzero"` // when another app may have it; zero: the app has it
}

// claim folds that an app says a port is its own; 0 lets go of the one it has. Of two
// that claim one port the first in the log has it.
func (m *Mesh) claim(app string, port int, now time.Time) {
	have := m.Apps[app]
	if have == port {
		return
	}
	if m.Apps == nil { // of a snapshot too, while no app has one
		m.Apps = map[string]int{}
	}
	if m.Ports == nil {
		m.Ports = map[int]Claim{}
	}
	if have != 0 {
		m.Ports[have] = Claim{App: app, Free: now.Add(meshRest)}
		delete(m.Apps, app)
	}
	if port != 0 && m.free(port, app, now) {
		m.Apps[app], m.Ports[port] = port, Claim{App: app}
	}
}

// free tells whether an app may have a port.
func (m *Mesh) free(port int, app string, now time.Time) bool {
	c, known := m.Ports[port]
	return !known || c.App == app || !c.Free.IsZero() && !now.Before(c.Free)
}

// pick chooses the port of an app that has none: the one it had, else the first that
// is free from its hash on; 0 if none is.
func (m *Mesh) pick(app string, in PortRange, now time.Time) int {
	for _, port := range service.Sorted(m.Ports) {
		if m.Ports[port].App == app && in.First <= port && port <= in.Last {
			return port
		}
	}
	n := in.Last - in.First + 1
	for k := range n {
		if port := in.First + (int(hash32(app)%uint32(n))+k)%n; m.free(port, app, now) {
			return port
		}
	}
	return 0
}

// meshPort is where other apps reach the app a document declares; 0: nowhere.
func (v view) meshPort(d events.Document) int {
	if d.MeshPort() == "" {
		return 0
	}
	if port := v.fleet.Mesh.Apps[v.Name]; port != 0 {
		return port // for life
	}
	in := v.cfg.MeshPorts
	if in == (PortRange{}) {
		in = MeshPorts
	}
	return v.fleet.Mesh.pick(v.Name, in, v.now)
}

// portWords is why the port is said again before anything is behind it.
func (v view) portWords() string {
	if said := v.Route.Said.MeshPort; said != 0 {
		return "mesh port " + itoa(said) + " was another app's first"
	}
	return "a mesh port is free"
}

// meshTarget is what of the app they reach; nil: what PORT names, by HTTP/1.1.
func meshTarget(d events.Document) *events.MeshTarget {
	name := d.MeshPort()
	t := events.MeshTarget{Protocol: spoken(d.Ports[name])}
	if name != d.Spec().MainPort() {
		t.Port = name
	}
	if t == (events.MeshTarget{}) {
		return nil
	}
	return &t
}

// unknown are the apps a document uses that nobody can call: not declared, or without
// a port that speaks HTTP.
func (v view) unknown(d events.Document) (apps []string) {
	for _, app := range d.Uses {
		if v.fleet.Mesh.Apps[app] == 0 {
			apps = append(apps, app)
		}
	}
	return apps
}

func (v view) unknownRefused(d events.Document) (reasons []events.Refusal) {
	for _, app := range v.unknown(d) {
		reasons = append(reasons, events.Refusal{
			Code: "unknown", Field: "uses", Text: "there is no app " + app + " with an http port to call: declare it first",
		})
	}
	return reasons
}

// awaitUsed waits a moment for apps that are used and not known yet. Its own way in an
// app has before that: two may use one another.
func (v view) awaitUsed(p *Declaration) (say service.Says, wait bool) {
	unknown := v.unknown(p.Document)
	if len(unknown) == 0 || !v.now.Before(p.At.Add(meshGrace)) {
		return say, false
	}
	if d := p.Document; v.Accepted == nil && d.HasHTTP() && len(v.fleet.taken(v.Name, v.rules(d, 0))) == 0 {
		want := v.wayOf(d, nil)
		if v.Route.Generation == 0 || v.Route.Removed || v.Route.Said.MeshPort != want.MeshPort {
			say.Because(p.Cause, "others may use it while it waits for %s", unknown[0]).Fact(events.RouteDeclared{OfRoute: v.nextRoute(), Route: want})
			return say, true
		}
	}
	say.Waits(v.Name, waitsGateway, "the way in of %s, which it uses", unknown[0])
	return say, true
}

// unclaim takes the way in from an app of which no release came.
func (v view) unclaim() (say service.Says) {
	if v.Accepted == nil && v.Pending == nil && v.Route.Generation > 0 && !v.Route.Removed {
		say.Because(v.Route.Cause, "no release came of it").Fact(events.RouteRemoved{OfRoute: v.nextRoute()})
	}
	return say
}

// awaited are the moments at which to look whether an app that is used is known.
func (a *App) awaited() (moments []time.Time) {
	if a.Pending == nil || len(a.Pending.Document.Uses) == 0 {
		return nil
	}
	for wait := meshLook; wait <= meshGrace; wait += meshLook {
		moments = append(moments, a.Pending.At.Add(wait))
	}
	return moments
}

// meshed is a spec with the ports of the apps it uses. An app that is gone keeps the
// port it had: a release that is returned to is what it was.
func (v view) meshed(spec events.Spec) events.Spec {
	if len(spec.Uses) == 0 {
		return spec
	}
	spec.MeshPorts = maps.Clone(spec.MeshPorts)
	if spec.MeshPorts == nil {
		spec.MeshPorts = map[string]int{}
	}
	for _, app := range spec.Uses {
		if port := v.fleet.Mesh.Apps[app]; port != 0 {
			spec.MeshPorts[app] = port
		}
	}
	return spec
}
