package gateway

import (
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"slipway.dev/pkg/service"
)

// Obtains is the act of having a host's certificate ordered.
type Obtains struct {
	Host, Order, Directory string
	Account                Account
}

// Served is a certificate to be served.
type Served struct{ Host, Serial, Sealed string }

// Certificates is the act of serving these, and no other that was obtained.
type Certificates struct{ All []Served }

// Challenges is the act of answering the authority for these hosts, by the account's
// thumbprint.
type Challenges struct{ Thumbprints map[string]string }

// OpenAccount is the act of making the key of an account at an authority.
type OpenAccount struct{ Directory string }

// Opens says that an account's key lies sealed in the object store.
type Opens struct {
	Directory string
	Account   Account
}

// Ordered says what came of an order; without a reason a certificate lies sealed in
// the object store.
type Ordered struct {
	Host, Order         string
	Serial, Sealed      string
	NotBefore, NotAfter time.Time
	Reason              string // why there is none
}

// Installed says that a certificate is served, or that it cannot be for now.
type Installed struct{ Sealed string }

// Covered says which names certificates from files are for, wildcards as such.
type Covered struct{ Names []string }

// certificates is what the driver has sensed of them since this start.
type certificates struct {
	covered   map[string]bool
	installed map[string]bool // by digest
	ordered   map[string]Ordered
	opens     map[string]Account // by directory
}

// senseCertificates hears the driver.
func (h *heard) senseCertificates(data any) {
	x := &h.certificates
	switch d := data.(type) {
	case Covered:
		x.covered = map[string]bool{}
		for _, name := range d.Names {
			x.covered[name] = true
		}
	case Opens:
		x.opens = with(x.opens, d.Directory, d.Account)
	case Ordered:
		x.ordered = with(x.ordered, d.Host, d)
	case Installed:
		x.installed = with(x.installed, d.Sealed, true)
	}
}

func with[V any](m map[string]V, key string, v V) map[string]V {
	if m == nil {
		m = map[string]V{}
	}
	m[key] = v
	return m
}

// certificateActs tells what the hands must be doing about certificates. What is
// served and answered is one act each, named by its content, so that a change is one
// step and the end of a run takes nothing away.
func (g *Gateway) certificateActs(cfg Config) (acts []service.Act) {
	answers := Challenges{Thumbprints: map[string]string{}}
	hosts := g.certified()
	if len(hosts)+len(g.Certificates) == 0 {
		return nil // nor has there been anything
	}
	for _, host := range service.Sorted(hosts) {
		c := g.Certificates[host]
		if c == nil || !c.Obtaining {
			continue
		}
		answers.Thumbprints[host] = c.Account.Thumbprint
		if g.mine(cfg, c) && !g.Draining && g.heard.Get().opened {
			acts = append(acts, service.Act{
				ID:   fmt.Sprintf("obtain/%s/%s/%d", host, c.Order, g.Incarnation),
				Data: Obtains{Host: host, Order: c.Order, Directory: c.Directory, Account: c.Account}, Long: true,
			})
		}
	}
	acts = append(acts, service.Act{ID: "challenges/" + content(answers), Data: answers, Long: true})
	if cfg.TLS == nil {
		return acts
	}
	if cfg.TLS.Directory != "" && len(hosts) > 0 && g.account(cfg) == (Account{}) && slices.Contains(g.candidates(), g.Name) {
		acts = append(acts, service.Act{
			ID: fmt.Sprintf("account/%s/%d", cfg.TLS.Directory, g.Incarnation), Data: OpenAccount{cfg.TLS.Directory}, Long: true,
		})
	}
	served := g.served(cfg)
	return append(acts, service.Act{ID: "certificates/" + content(served), Data: served, Long: true})
}

// served are the certificates that this gateway can open, of the hosts it serves.
func (g *Gateway) served(cfg Config) (list Certificates) {
	hosts := g.certified()
	for _, host := range service.Sorted(hosts) {
		if c := g.Certificates[host]; c != nil && c.Sealed != "" && c.Store == cfg.TLS.Store {
			list.All = append(list.All, Served{Host: host, Serial: c.Serial, Sealed: c.Sealed})
		}
	}
	return list
}

// certificatesReady tells whether every certificate is served, or has been tried:
// before that a listener would refuse who was served before the start.
func (g *Gateway) certificatesReady(cfg Config) bool {
	if cfg.TLS == nil {
		return true
	}
	for _, s := range g.served(cfg).All {
		if !g.heard.Get().certificates.installed[s.Sealed] {
			return false
		}
	}
	return true
}

// content names an act by what is in it; maps print sorted.
func content(v any) string {
	h := fnv.New64a()
	fmt.Fprintf(h, "%+v", v)
	return fmt.Sprintf("%016x", h.Sum64())
}
