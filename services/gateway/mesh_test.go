package gateway

import (
	"testing"

	"slipway.dev/events"
)

// dataplane 11: of two apps with one mesh port the earlier in the log keeps it, the
// other has none until it says another; what is let go is had again.
func TestAMeshPortIsTheFirstAppsInTheLog(t *testing.T) {
	g := newGateway("gw1-a")
	generation := 0
	declare := func(app string, port int) {
		generation++
		g.evolve(events.Event{Data: events.RouteDeclared{
			OfRoute: events.OfRoute{App: app, Generation: generation}, Route: events.Route{MeshPort: port},
		}})
	}
	serves := func(app string, want int) {
		t.Helper()
		if got := g.Apps[app].desired(&appHeard{}).Route.MeshPort; got != want {
			t.Errorf("%s is served at mesh port %d, want %d", app, got, want)
		}
	}
	declare("web", 17000)
	declare("api", 17000)
	serves("web", 17000)
	serves("api", 0)
	declare("api", 17001)
	serves("api", 17001)
	declare("web", 17000) // said again, as every shift does
	serves("web", 17000)
	g.evolve(events.Event{Data: events.RouteRemoved{OfRoute: events.OfRoute{App: "web", Generation: 9}}})
	serves("web", 0)
	declare("late", 17000)
	serves("late", 17000)
}
