package deployer

import (
	"slices"
	"strings"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// shut folds what a gateway says of a route: no words are that it serves it.
func (r *Route) shut(gateway, why string, e events.Event) {
	if why == "" {
		delete(r.Shut, gateway)
		return
	}
	if r.Shut == nil {
		r.Shut = map[string]Shut{}
	}
	r.Shut[gateway] = Shut{Why: why, Cause: service.CauseOf(e)}
}

// shut is why live gateways do not serve the route as it is said, and what the first
// of them rests on; no words: all do.
func (v view) shut() (words string, cause service.Cause) {
	var all []string
	for _, name := range slices.Backward(service.Sorted(v.Route.Shut)) {
		if _, lives := v.fleet.Gateways[name]; lives {
			all, cause = append(all, name+": "+v.Route.Shut[name].Why), v.Route.Shut[name].Cause
		}
	}
	slices.Reverse(all)
	return strings.Join(all, "; "), cause
}

// Shut is why live gateways do not serve the app's route as it is said, and what the
// first of them rests on; no words: all do.
func (r Reading) Shut() (words string, cause service.Cause) { return r.v.shut() }
