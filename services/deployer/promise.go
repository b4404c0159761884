package deployer

import (
	"fmt"

	"slipway.dev/events"
)

// check is what the deployer promises of an app at every position of the log.
func check(a *App, f *Fleet) error {
	if port := f.Mesh.Apps[a.Name]; port != 0 && f.Mesh.Ports[port] != (Claim{App: a.Name}) {
		return fmt.Errorf("app %s: mesh port %d is %s's too", a.Name, port, f.Mesh.Ports[port].App)
	}
	for _, promise := range []func(*App) error{oneLive, retiredIsEmpty, bounded, sharesWhole, uniqueReplicas} {
		if err := promise(a); err != nil {
			return fmt.Errorf("app %s: %w", a.Name, err)
		}
	}
	return nil
}

// oneLive: at most one release of an app is on its way (P11).
func oneLive(a *App) error {
	n := 0
	for _, r := range a.Releases {
		switch r.Phase {
		case planned, preparing, progress, paused, returning, promoted:
			n++
		}
	}
	if n > 1 {
		return fmt.Errorf("%d live releases, 1 allowed", n)
	}
	return nil
}

// retiredIsEmpty: of a retired app whose way in is gone nothing new is wanted (P2).
func retiredIsEmpty(a *App) error {
	if !a.Retired || a.Accepted == nil {
		return nil
	}
	for _, i := range a.all() {
		if wanted(i) && i.State == "requested" && i.Since.After(a.RetiredAt) {
			return fmt.Errorf("retired, yet %s was requested", i.ID)
		}
	}
	return nil
}

// bounded: instances of a rolling release never exceed target + surge (P1, P4).
func bounded(a *App) error {
	r := a.Releases[a.Live]
	if r == nil || a.Accepted == nil || r.Strategy != events.Rolling || r.Phase != progress || a.Accepted.Document.PerNode {
		return nil
	}
	d := a.Accepted.Document
	mine := len(a.of(r.Number).keep(wanted))
	old := len(a.of(r.From).keep(func(i *Inst) bool { return i.Leaves != causeDrain && i.Leaves != causeSpare })) // what moved, or was to, may still be stopping
	if mine > max(d.Replicas, r.Target) {
		return fmt.Errorf("%d instances of release %d placed, %d wanted", mine, r.Number, d.Replicas)
	}
	target := max(d.Replicas, r.Target)
	if most := target + max(d.Deploy.Surge(target), 1); mine > 0 && mine+old > most && old < target {
		return fmt.Errorf("%d new and %d old instances exist, %d allowed", mine, old, most)
	}
	return nil
}

// sharesWhole: the shares of a route are all of its requests, on two releases at most.
func sharesWhole(a *App) error {
	sum := 0
	for _, s := range a.Route.Said.Shares {
		sum += s.ShareBp
	}
	if n := len(a.Route.Said.Shares); n > 2 || n > 0 && sum != fullBp {
		return fmt.Errorf("route %d shares %d basis points over %d releases", a.Route.Generation, sum, n)
	}
	return nil
}

// uniqueReplicas: no two wanted instances stand for one replica of a release.
func uniqueReplicas(a *App) error {
	seen := map[[2]int]string{}
	for _, i := range a.all() {
		if i.Role != events.RoleService || !wanted(i) || a.standsBy(i) {
			continue
		}
		k := [2]int{i.Release, i.Ordinal}
		if other, twice := seen[k]; twice {
			return fmt.Errorf("%s and %s stand for one replica", other, i.ID)
		}
		seen[k] = i.ID
	}
	return nil
}
