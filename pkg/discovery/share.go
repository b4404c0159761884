package discovery

import (
	"fmt"

	"slipway.dev/events"
)

// Unshared is the share of an endpoint where no route tells one.
const Unshared = -1

// Endpoint is one of a list, with what its release is to have of the app's requests.
type Endpoint struct {
	events.PoolEndpoint
	ShareBp int `json:"shareBp"` // basis points, for the release as a whole; Unshared where no route tells it
}

// way is the last route of an app.
type way struct {
	app        string
	generation int
	at         events.Position
	shares     []events.RouteShare // the first is of the stable release
}

// share is what a release is to have. Endpoints from outside are of the stable one.
func (w way) share(release int) int {
	if len(w.shares) == 0 {
		return Unshared
	}
	for i, s := range w.shares {
		if s.Release == release || release == 0 && i == 0 {
			return s.ShareBp
		}
	}
	return 0
}

// with is a pool with the shares of a route.
func (l List) with(w way) List {
	all := make([]Endpoint, len(l.Endpoints))
	for i, e := range l.Endpoints {
		all[i] = Endpoint{PoolEndpoint: e.PoolEndpoint, ShareBp: w.share(e.Release)}
	}
	l.Route, l.Endpoints = w.generation, all
	return l
}

// routed are the facts that tell shares, each the whole route.
var routed = []events.Kind{events.K[events.RouteDeclared](), events.K[events.RouteShifted](), events.K[events.RouteRemoved]()}

// waySubject is where all about the route of an app is said; of "" that of every app.
func waySubject(app string) string { return events.Filter(app, "deployer", "", "route", "") }

// readWay makes a route of a message of the log; ok is false for one that tells no shares.
func readWay(subject string, header map[string][]string, body []byte, at events.Position) (w way, ok bool, err error) {
	e, err := events.Parse(subject, header, body)
	if err == nil {
		err = e.Decode()
	}
	if err != nil {
		return way{}, false, fmt.Errorf("read %s at %s: %w", subject, at, err)
	}
	switch d := e.Data.(type) {
	case events.RouteDeclared:
		return way{d.App, d.Generation, at, d.Shares}, true, nil
	case events.RouteShifted:
		return way{d.App, d.Generation, at, d.Shares}, true, nil
	case events.RouteRemoved:
		return way{app: d.App, generation: d.Generation, at: at}, true, nil
	}
	return way{}, false, nil
}
