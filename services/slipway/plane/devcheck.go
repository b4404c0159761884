package plane

import (
	"strings"

	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/natscontext"
)

// check refuses what cannot be done, before anything is touched.
func (c *DevConfig) check() error {
	if c.Expose {
		return fault.New("SLW-U002", "--expose needs identities and TLS, which this version does not have")
	}
	if c.Data == "" {
		return fault.New("SLW-U002", "--data is empty")
	}
	for _, a := range []struct {
		flag, at  string
		inner, no bool // for this machine only; may be off
	}{
		{"listen", c.Listen, false, false},
		{"nats", c.NATS, true, false},
		{"ui", c.UI, true, true},
		{"metrics", c.Metrics, true, true},
		{"alerting", c.Alerting, true, true},
		{"discovery", c.Discovery, true, true},
	} {
		if a.no && (a.at == Off || a.at == "") {
			continue
		}
		parse := split
		if a.inner {
			parse = inner
		}
		if _, _, err := parse(a.flag, a.at); err != nil {
			return err
		}
	}
	if err := c.TLS.check(); err != nil {
		return err
	}
	c.Context = natscontext.Full(c.Context)
	c.Domain = strings.Trim(c.Domain, ".")
	var err error
	if c.trusted, err = trusted(c.Trusted); err != nil {
		return err
	}
	c.mesh, err = meshPorts(c.MeshPorts)
	return err
}
