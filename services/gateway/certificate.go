package gateway

import (
	"strings"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// Peer is a gateway, this one too, as a possible obtainer of certificates.
type Peer struct {
	Incarnation int                `json:"incarnation"` // of its last joined; 0: it is draining
	Live        bool               `json:"live"`        // joined, neither draining nor left nor lapsed
	TLS         *events.GatewayTLS `json:"tls,omitempty"`
}

// Account is an authority's account and the gateways' store key that opens its key.
type Account struct {
	Digest     string `json:"digest"` // of the sealed key in the object store
	Thumbprint string `json:"thumbprint"`
}

// Certificate is the certificate of one host, whoever of the gateways obtained it.
type Certificate struct {
	Host string `json:"host"`
	App  string `json:"app"`
	By   string `json:"by"` // the gateway that orders, or ordered last

	Order     string    `json:"order"`               // id of the fact that began the last one
	Obtaining bool      `json:"obtaining,omitempty"` // the order stands
	Directory string    `json:"directory"`           // of that order
	Account   Account   `json:"account"`             // of that order
	Failures  int       `json:"failures,omitempty"`  // in a row
	RetryAt   time.Time `json:"retryAt,omitzero"`    // no order before

	Serial    string    `json:"serial,omitempty"`
	NotBefore time.Time `json:"notBefore,omitzero"`
	NotAfter  time.Time `json:"notAfter,omitzero"`
	Sealed    string    `json:"sealed,omitempty"` // digest of chain and key; empty: none yet
	Store     string    `json:"store,omitempty"`  // fingerprint of the store key that opens it
	Expired   bool      `json:"expired,omitempty"`

	Last service.Cause `json:"last"`
}

// certify folds what any gateway says of itself and of certificates.
func (g *Gateway) certify(e events.Event) {
	switch d := e.Data.(type) {
	case events.GatewayJoined:
		*g.peer(d.Gateway) = Peer{Incarnation: d.Incarnation, Live: true, TLS: d.TLS}
	case events.GatewayDraining:
		p := g.peer(d.Gateway)
		p.Incarnation, p.Live = 0, false
	case events.GatewayLeft:
		delete(g.Peers, d.Gateway)
	case events.LeaseGranted:
		g.peerLives(d.Lease, true)
	case events.LeaseResumed:
		g.peerLives(d.Lease, true)
	case events.LeaseLapsed:
		g.peerLives(d.Lease, false)
	case events.CertificateObtaining:
		g.ordering(d, e)
	case events.CertificateObtained:
		g.obtained(d, e)
	case events.CertificateFailed:
		if c := g.certificate(d.Host); c.By == d.Gateway {
			c.Obtaining, c.RetryAt, c.Last = false, d.RetryAt, service.CauseOf(e)
			c.Failures++
		}
	case events.CertificateExpired:
		if c := g.certificate(d.Host); c.Serial == d.Serial {
			c.Expired = true
		}
	}
}

func (g *Gateway) peer(name string) *Peer {
	if g.Peers == nil {
		g.Peers = map[string]*Peer{}
	}
	p, ok := g.Peers[name]
	if !ok {
		p = &Peer{}
		g.Peers[name] = p
	}
	return p
}

func (g *Gateway) peerLives(l events.Lease, live bool) {
	if p, ok := g.Peers[l.Name]; ok && l.Kind == Owner && l.Incarnation == p.Incarnation {
		p.Live = live
	}
}

func (g *Gateway) certificate(host string) *Certificate {
	if g.Certificates == nil {
		g.Certificates = map[string]*Certificate{}
	}
	c, ok := g.Certificates[host]
	if !ok {
		c = &Certificate{Host: host}
		g.Certificates[host] = c
	}
	return c
}

// ordering folds an order that begins. The first account of an authority in the log
// stands for all who can open its key.
func (g *Gateway) ordering(d events.CertificateObtaining, e events.Event) {
	c := g.certificate(d.Host)
	c.App, c.By, c.Directory, c.Obtaining, c.Last = d.App, d.Gateway, d.Directory, true, service.CauseOf(e)
	c.Account = Account{Digest: d.Account, Thumbprint: d.Thumbprint}
	c.Order = e.ID
	if g.Accounts == nil {
		g.Accounts = map[string]Account{}
	}
	if of := accountOf(g.peer(d.Gateway).TLS); g.Accounts[of] == (Account{}) {
		g.Accounts[of] = c.Account
	}
}

// obtained folds a certificate. One that comes from a gateway whose order had been
// taken over is as good as any.
func (g *Gateway) obtained(d events.CertificateObtained, e events.Event) {
	c := g.certificate(d.Host)
	c.App, c.By, c.Last = d.App, d.Gateway, service.CauseOf(e)
	c.Obtaining, c.Failures, c.RetryAt, c.Expired = false, 0, time.Time{}, false
	c.Serial, c.NotBefore, c.NotAfter, c.Sealed = d.Serial, d.NotBefore, d.NotAfter, d.Sealed
	if c.NotBefore.IsZero() {
		c.NotBefore = e.Time
	}
	if t := g.peer(d.Gateway).TLS; t != nil {
		c.Store = t.Store
	}
}

// accountOf names the account of a gateway: an authority's, and of a store key.
func accountOf(t *events.GatewayTLS) string {
	if t == nil {
		return ""
	}
	return t.Directory + " " + t.Store
}

// forgetCertificates forgets what is over and for no host that is asked for.
func (g *Gateway) forgetCertificates(now time.Time) {
	if len(g.Certificates) == 0 {
		return
	}
	wanted := g.certified()
	for host, c := range g.Certificates {
		if wanted[host] == "" && now.After(c.NotAfter) {
			delete(g.Certificates, host)
		}
	}
}

// certified are the hosts that are to have a certificate, with the app that owns them.
// They are looked for again when a route has changed.
func (g *Gateway) certified() map[string]string {
	known := g.hosts.Get()
	if *known == nil {
		*known = g.certifiedOf()
	}
	return *known
}

func (g *Gateway) certifiedOf() map[string]string {
	hosts := map[string]string{}
	for _, name := range service.Sorted(g.Apps) {
		a := g.Apps[name]
		if !a.Routed || a.Clash != "" {
			continue
		}
		for _, r := range a.Route.Rules {
			host := strings.ToLower(strings.TrimSuffix(r.Host, "."))
			if r.TLS == events.TLSAuto && host != "" && hosts[host] == "" {
				hosts[host] = name
			}
		}
	}
	return hosts
}

// renewAt is when two thirds of the certificate's life are over.
func (c *Certificate) renewAt() time.Time {
	return c.NotBefore.Add(c.NotAfter.Sub(c.NotBefore) * 2 / 3)
}
