package proxy

import (
	"fmt"
	"strings"
	"time"

	"slipway.dev/pkg/balance"
	"slipway.dev/pkg/breaker"
	"slipway.dev/pkg/split"
)

const portMax = 65_535

// maxRules bounds the rules of one route: a table of 1,000 routes is built in
// milliseconds.
const maxRules = 256

// Route says which requests are an app's and which releases answer them.
type Route struct {
	App        string  `json:"app"`
	Generation uint64  `json:"generation"`
	Rules      []Rule  `json:"rules"`
	Shares     []Share `json:"shares"` // sum 10000; at most two above 0: the first is stable, the second canary
	Limits     Limits  `json:"limits"`
	Balance    string  `json:"balance,omitempty"` // a name of pkg/balance; "" is least-request
	Key        Key     `json:"key,omitzero"`      // of balance hash
	Sticky     Sticky  `json:"sticky,omitzero"`   // of the split
	Retry      Retry   `json:"retry,omitzero"`
	ErrorPage  string  `json:"errorPage,omitempty"` // HTML in place of the gateway's own
	Access     Access  `json:"access,omitzero"`

	Breaker Breaker `json:"breaker,omitzero"`
	Mesh    Mesh    `json:"mesh,omitzero"` // the way in for other apps

	EndpointHost      bool `json:"endpointHost,omitempty"`      // send the endpoint's address as Host instead of the client's
	AllowEncodedSlash bool `json:"allowEncodedSlash,omitempty"` // accept %2F in paths

	Hold *Hold `json:"hold,omitempty"` // traffic waits or is stopped; nil is flowing
}

// Rule matches a host and a path prefix.
type Rule struct {
	Host    string `json:"host"`              // exact, "*.example.com" (one label), or "" for every other host
	Path    string `json:"path"`              // prefix on segment borders of the decoded path; begins with a slash
	Strip   bool   `json:"strip,omitempty"`   // take the prefix off before forwarding
	TLS     bool   `json:"tls,omitempty"`     // by TLS alone: plain requests are sent there
	Release uint64 `json:"release,omitempty"` // a preview: this release alone answers
	Port    string `json:"port,omitempty"`    // a named port of the endpoints; "" is their address

	Protocol string `json:"protocol,omitempty"` // spoken to it; "" is the endpoint's own
	Listen   int    `json:"listen,omitempty"`   // of protocol tcp: the gateway's port; host and path are empty then
}

// Share is the part of the requests that one release answers.
type Share struct {
	Release uint64 `json:"release"`
	ShareBp int    `json:"shareBp"` // basis points
}

// Retry widens what is tried again.
type Retry struct {
	Status   []int `json:"status,omitempty"`   // answers tried again where the method allows it
	BudgetBp int   `json:"budgetBp,omitempty"` // share of the requests in flight; 0 is 2000
}

// Breaker is when an endpoint is left alone; zero fields have the defaults of
// pkg/breaker.
type Breaker struct {
	Count500 bool          `json:"count500,omitempty"` // a plain 500 is a failure too
	Failures int           `json:"failures,omitempty"` // in a row
	Open     time.Duration `json:"open,omitempty"`     // the first time
}

func (b Breaker) policy() breaker.Policy { return breaker.Policy{Failures: b.Failures, Open: b.Open} }

// The kinds of Hold.
const (
	HoldPause = "pause" // requests wait
	HoldStop  = "stop"  // requests are answered 503 at once
)

// Hold keeps new requests of an app from its endpoints.
type Hold struct {
	Kind    string        `json:"kind"`
	MaxWait time.Duration `json:"maxWait,omitempty"` // longest wait of one request; 0 is 30 s
	MaxHeld int           `json:"maxHeld,omitempty"` // most requests waiting at once; 0 is 1000
	Message string        `json:"message,omitempty"` // shown while stopped
}

// Refused is why a table was not applied.
type Refused struct{ Reason string }

func (r *Refused) Error() string { return "apply refused: " + r.Reason }

func refusedf(format string, args ...any) error {
	return &Refused{Reason: fmt.Sprintf(format, args...)}
}

// check returns a *Refused naming the first thing wrong with the route.
func (r *Route) check() error {
	if r.App == "" {
		return refusedf("route names no app")
	}
	if len(r.Rules) > maxRules { // none: it is for other apps alone
		return refusedf("route of %s has %d rules, allowed are %d", r.App, len(r.Rules), maxRules)
	}
	for _, rule := range r.Rules {
		if err := rule.check(); err != nil {
			return err
		}
	}
	if r.Hold != nil && r.Hold.Kind != HoldPause && r.Hold.Kind != HoldStop {
		return refusedf("hold kind %q is neither pause nor stop", r.Hold.Kind)
	}
	if _, err := balance.New(r.Balance, &balance.Ledger{}, nil); err != nil {
		return refusedf("%v", err)
	}
	return r.checkShares()
}

func (r *Route) checkShares() error {
	sum, live := 0, 0
	for _, s := range r.Shares {
		if s.ShareBp < 0 {
			return refusedf("share of release %d is %d bp", s.Release, s.ShareBp)
		}
		if s.ShareBp > 0 {
			live++
		}
		sum += s.ShareBp
	}
	if sum != split.Whole {
		return refusedf("shares sum to %d bp, not %d", sum, split.Whole)
	}
	if live > 2 {
		return refusedf("%d releases have a share, allowed are two", live)
	}
	return nil
}

func (r *Rule) check() error {
	if r.Protocol == ProtocolTCP {
		if r.Listen < 1 || r.Listen > portMax || r.Host != "" || r.Path != "" {
			return refusedf("a TCP route has a port from 1 to %d and neither host nor path, not %d %q %q", portMax, r.Listen, r.Host, r.Path)
		}
		return nil
	}
	if !strings.HasPrefix(r.Path, "/") {
		return refusedf("path %q does not begin with a slash", r.Path)
	}
	if rest, wild := strings.CutPrefix(r.Host, "*."); strings.Contains(r.Host, "*") && (!wild || rest == "" || strings.Contains(rest, "*")) {
		return refusedf("host %q: a wildcard is *. and a domain", r.Host)
	}
	return nil
}

// live returns the shares above 0: stable, then canary.
func (r *Route) live() []Share {
	var live []Share
	for _, s := range r.Shares {
		if s.ShareBp > 0 {
			live = append(live, s)
		}
	}
	return live
}

// shareOf returns the basis points of a release; a preview host counts as one.
func (r *Route) shareOf(release uint64) int {
	for _, s := range r.Shares {
		if s.Release == release && s.ShareBp > 0 {
			return s.ShareBp
		}
	}
	for _, rule := range r.Rules {
		if rule.Release != 0 && rule.Release == release {
			return 1
		}
	}
	return 0
}
