package view

import (
	"slices"
	"strings"

	"slipway.dev/events"
	"slipway.dev/services/deployer"
)

// configOf is how the deployer of this cluster reads an app. With what default domain it
// was started is no fact of its own, so the app's route tells: with another one an app
// would seem to wait for a shift to a host that nobody means to give it.
func configOf(cfg deployer.Config, a *deployer.App) deployer.Config {
	if a == nil || a.Accepted == nil {
		return cfg
	}
	for _, r := range a.Route.Said.Rules {
		if domain, is := strings.CutPrefix(r.Host, a.Name+"."); is && !ownHost(a.Accepted.Document, r.Host) {
			cfg.DefaultDomain = domain
		}
	}
	return cfg
}

// ownHost tells whether an app file gives the host itself.
func ownHost(d events.Document, host string) bool {
	if strings.EqualFold(d.Deploy.BlueGreen.PreviewHost, host) {
		return true
	}
	for _, p := range d.Ports {
		if slices.ContainsFunc(p.Hosts, func(h string) bool { return strings.EqualFold(h, host) }) {
			return true
		}
	}
	return false
}
