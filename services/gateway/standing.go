package gateway

import "slipway.dev/pkg/service"

// standStill notes of which apps something could not be read. They are served by what
// could be, and nothing is said of them: what was missed may change all of it.
func (g *Gateway) standStill(d service.Standing) {
	apps := make(map[string]bool, len(d.Apps))
	for _, app := range d.Apps {
		apps[app] = true
	}
	*g.stand.Get() = apps
}

// still tells whether an app stands still here.
func (g *Gateway) still(app string) bool { return (*g.stand.Get())[app] }
