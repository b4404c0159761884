package gateway

import (
	"fmt"

	"slipway.dev/pkg/service"
)

// check is what the gateway promises of what it has said.
func (g *Gateway) check() error {
	if g.Left && !g.Drained {
		return fmt.Errorf("%s left in incarnation %d without having drained", g.Name, g.Incarnation)
	}
	for _, name := range service.Sorted(g.Apps) {
		if err := g.Apps[name].check(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	for _, host := range service.Sorted(g.Certificates) {
		if err := g.Certificates[host].check(); err != nil {
			return fmt.Errorf("certificate of %s: %w", host, err)
		}
	}
	return nil
}

func (c *Certificate) check() error {
	switch {
	case c.Obtaining && c.Account.Thumbprint == "":
		return fmt.Errorf("ordered by %s without an account", c.By)
	case c.Sealed != "" && !c.NotAfter.After(c.NotBefore):
		return fmt.Errorf("%s is good from %s to %s", c.Serial, c.NotBefore, c.NotAfter)
	case c.Expired && c.Sealed == "":
		return fmt.Errorf("expired, and none was there")
	}
	return nil
}

func (a *App) check() error {
	switch {
	case a.Back != "":
		return fmt.Errorf("%s", a.Back)
	case a.Said.Generation > a.Generation || a.Said.Pool > a.Pool:
		return fmt.Errorf("applied route %d pool %d, heard of route %d pool %d", a.Said.Generation, a.Said.Pool, a.Generation, a.Pool)
	}
	for _, id := range service.Sorted(a.Drains) {
		if d := a.Drains[id]; d.Drained && !d.Closed {
			return fmt.Errorf("%s drained before it was closed", id)
		}
	}
	for release, c := range a.Counted {
		if c.Requests < 0 || c.Failures < 0 || c.Failures > c.Requests {
			return fmt.Errorf("release %d: %d failures of %d requests", release, c.Failures, c.Requests)
		}
	}
	return nil
}
