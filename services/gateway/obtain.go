package gateway

import (
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// Bounds of ordering: an authority counts failed orders by host and hour, and all
// orders by account.
const (
	ordersMax = 4 // one gateway's at once
	retryMin  = time.Minute
	retryMax  = 6 * time.Hour
)

// decideCertificates says what is missing of the certificates: an order by whom it
// falls to, what came of it, and what is past its end.
func (g *Gateway) decideCertificates(cfg Config, now time.Time) (say service.Says) {
	if cfg.TLS == nil || g.Draining {
		return say
	}
	hosts, candidates := g.certified(), g.candidates()
	standing := g.standing()
	for _, host := range service.Sorted(hosts) {
		c := g.Certificates[host]
		if c == nil {
			c = &Certificate{Host: host, Last: g.Apps[hosts[host]].Last}
		}
		of := events.OfCertificate{App: hosts[host], Gateway: g.Name, Host: host}
		if g.saysExpired(c, now) {
			say.Because(c.Last, "ended %s ago, served on", now.Sub(c.NotAfter).Round(time.Second)).
				Fact(events.CertificateExpired{OfCertificate: of, Serial: c.Serial, NotAfter: c.NotAfter})
		}
		switch wait := g.orders(cfg, c, candidates, standing, now); {
		case g.mine(cfg, c):
			g.sayOrdered(c, of, now, &say)
		case wait == "":
			standing++
			g.sayOrdering(cfg, c, of, now, &say)
		case wait != nothing:
			say.Waits(host, "certificate", "%s", wait)
		}
	}
	return say
}

const nothing = "nothing"

// orders tells what an order by this gateway waits for: "" is nothing, it is to be
// made; nothing is that none is needed, or not by this gateway.
func (g *Gateway) orders(cfg Config, c *Certificate, candidates []string, standing int, now time.Time) string {
	by := chosen(c.Host, candidates)
	switch {
	case g.isCovered(c.Host) || !g.needs(c, now):
		return nothing
	case strings.HasPrefix(c.Host, "*"):
		return "a wildcard's certificate comes from a file"
	case len(candidates) == 0:
		return "no live gateway has an ACME directory"
	case g.stands(c): // another's: one of its own is mine
		return c.By + " obtains it"
	case by != g.Name:
		return "it falls to " + by
	case now.Before(c.RetryAt):
		return fmt.Sprintf("failed %d times in a row, next try at %s", c.Failures, c.RetryAt.UTC().Format(time.DateTime))
	case !g.heard.Get().opened:
		return "its listeners are not open yet"
	case standing >= ordersMax:
		return "other orders come first"
	case g.account(cfg) == Account{}:
		return "an account's key is made"
	}
	return ""
}

// mine tells whether the order that stands is this gateway's, as it is now.
func (g *Gateway) mine(cfg Config, c *Certificate) bool {
	return cfg.TLS != nil && c.Obtaining && c.By == g.Name && c.Directory == cfg.TLS.Directory
}

// stands tells whether an order is made by a gateway that lives.
func (g *Gateway) stands(c *Certificate) bool {
	p := g.Peers[c.By]
	return c.Obtaining && p != nil && p.Live && p.TLS != nil && p.TLS.Directory == c.Directory
}

// needs tells whether a host has no certificate that a live gateway could serve, or
// one to be renewed.
func (g *Gateway) needs(c *Certificate, now time.Time) bool {
	return c.Sealed == "" || !g.opens(c.Store) || !now.Before(c.renewAt())
}

// opens tells whether a live gateway has that store key.
func (g *Gateway) opens(store string) bool {
	for _, p := range g.Peers {
		if p.Live && p.TLS != nil && p.TLS.Store == store {
			return true
		}
	}
	return false
}

// candidates are the live gateways that can order: those with the store key of an
// account in use before all others, or who lost it could never be served again.
func (g *Gateway) candidates() (all []string) {
	var known []string
	for _, name := range service.Sorted(g.Peers) {
		p := g.Peers[name]
		if !p.Live || p.TLS == nil || p.TLS.Directory == "" {
			continue
		}
		all = append(all, name)
		if g.Accounts[accountOf(p.TLS)] != (Account{}) {
			known = append(known, name)
		}
	}
	if len(known) > 0 {
		return known
	}
	return all
}

// chosen is the name that ranks highest for a host (rendezvous hashing): everybody
// picks the same, and a gateway that goes moves its own hosts alone.
func chosen(host string, names []string) (best string) {
	var top uint64
	for _, name := range names {
		if rank := rank(host, name); best == "" || rank > top {
			best, top = name, rank
		}
	}
	return best
}

func rank(host, name string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(host + " " + name))
	x := h.Sum64() // FNV alone ranks names that differ in the last byte alike
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}

// account is the one to order by: the first in the log, else the one just made.
func (g *Gateway) account(cfg Config) Account {
	if a := g.Accounts[accountOf(cfg.TLS)]; a != (Account{}) {
		return a
	}
	return g.heard.Get().certificates.opens[cfg.TLS.Directory]
}

// isCovered tells whether a file of this gateway has a certificate for a host.
func (g *Gateway) isCovered(host string) bool {
	covered := g.heard.Get().certificates.covered
	_, rest, _ := strings.Cut(host, ".")
	return covered[host] || covered["*."+rest]
}

// standing is how many orders of this gateway stand.
func (g *Gateway) standing() (n int) {
	for _, c := range g.Certificates {
		if c.Obtaining && c.By == g.Name {
			n++
		}
	}
	return n
}

func (g *Gateway) sayOrdering(cfg Config, c *Certificate, of events.OfCertificate, now time.Time, say *service.Says) {
	why := say.Because(c.Last, "no certificate yet")
	if c.Sealed != "" {
		why = say.Because(c.Last, "two thirds of its life are over, %s left", c.NotAfter.Sub(now).Round(time.Second))
	}
	if c.Obtaining {
		why = say.Because(c.Last, "the order of %s stands and nobody makes it", c.By)
	}
	a := g.account(cfg)
	why.Fact(events.CertificateObtaining{OfCertificate: of, Directory: cfg.TLS.Directory, Account: a.Digest, Thumbprint: a.Thumbprint})
}

// sayOrdered says what came of an order, if anything has.
func (g *Gateway) sayOrdered(c *Certificate, of events.OfCertificate, now time.Time, say *service.Says) {
	switch r := g.heard.Get().certificates.ordered[c.Host]; {
	case r.Order != c.Order:
		say.Waits(c.Host, "certificate", "ordered of %s", c.Directory)
	case r.Reason == "":
		say.Because(c.Last, "serial %s, good until %s", r.Serial, r.NotAfter.UTC().Format(time.DateTime)).Fact(events.CertificateObtained{
			OfCertificate: of, Serial: r.Serial, NotBefore: r.NotBefore, NotAfter: r.NotAfter, Sealed: r.Sealed,
		})
	default:
		say.Because(c.Last, "%s", r.Reason).Fact(events.CertificateFailed{OfCertificate: of, RetryAt: now.Add(backoff(c))})
	}
}

// backoff doubles with each failure; up to a tenth more, by host, keeps hosts apart.
func backoff(c *Certificate) time.Duration {
	d := min(retryMin<<min(c.Failures, 10), retryMax)
	return d + time.Duration(rank(c.Host, "")%1000)*d/10_000
}

// saysExpired tells whether this gateway is to say that a certificate is past its end.
func (g *Gateway) saysExpired(c *Certificate, now time.Time) bool {
	if c.Sealed == "" || c.Expired || now.Before(c.NotAfter) {
		return false
	}
	var live []string
	for _, name := range service.Sorted(g.Peers) {
		if p := g.Peers[name]; p.Live && p.TLS != nil {
			live = append(live, name)
		}
	}
	return chosen(c.Host, live) == g.Name
}

// certificateDue is the next moment at which a certificate is to be renewed, ordered
// again, or has ended.
func (g *Gateway) certificateDue(now time.Time) (first time.Time) {
	for host := range g.certified() {
		if c := g.Certificates[host]; c != nil {
			first = service.First(now, first, c.RetryAt, c.renewAt(), c.NotAfter)
		}
	}
	return first
}
