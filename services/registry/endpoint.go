package registry

import (
	"fmt"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// States of an endpoint, as last said.
const (
	registered  = "registered"
	refused     = "refused"
	available   = "available"
	unavailable = "unavailable"
	draining    = "draining"
	drained     = "drained"
)

// Causes of an endpoint's unavailability.
const (
	silent  = "silent"
	unready = "unready"
	gone    = "gone"
)

// weight of an instance: all alike.
const weight = 100

// Endpoint is an instance with an address, or what somebody offers from outside: what
// its node or its integrator said of it, and what the registry has said.
type Endpoint struct {
	Node    string            `json:"node"`
	Release int               `json:"release"`
	Address string            `json:"address"`
	Ports   map[string]string `json:"ports,omitempty"`

	Ready     bool `json:"ready,omitempty"`     // its node's last word
	ReadyBoot int  `json:"readyBoot,omitempty"` // in which boot of the node that was said
	Dead      bool `json:"dead,omitempty"`      // no process of it is known to live
	Ended     bool `json:"ended,omitempty"`     // nor is it to start again by itself
	Withdrawn bool `json:"withdrawn,omitempty"` // its app wants it no more
	Withdrawal

	Outside   bool             `json:"outside,omitempty"` // offered; it has no node
	Next      *events.Endpoint `json:"next,omitempty"`    // what comes of it once it has left
	Suspect   bool             `json:"suspect,omitempty"` // listed as such
	SuspectAt time.Time        `json:"suspectAt,omitzero"`

	Verdicts map[string]Verdict `json:"verdicts,omitempty"` // by gateway, of one that is probed

	State      string          `json:"state,omitempty"`   // as last said
	SaidAt     time.Time       `json:"saidAt,omitzero"`   // when
	Said       events.Endpoint `json:"record"`            // as last said
	Reached    bool            `json:"reached,omitempty"` // gateways had it in their tables
	DrainingAt events.Position `json:"drainingAt,omitzero"`
	Drained    map[string]int  `json:"drained"` // by gateway: what it cut
	Cut        map[string]int  `json:"cut"`     // by gateway, before its drained
	Last       service.Cause   `json:"last"`
}

func newEndpoint() *Endpoint { return &Endpoint{Drained: map[string]int{}, Cut: map[string]int{}} }

// leaving tells that it is to get nothing new, for good.
func (x *Endpoint) leaving() bool { return x.Withdrawn || x.Ended || x.Next != nil }

// fit tells that its node's word lets it serve, were the node heard. After its agent
// began anew, an endpoint that was available is believed for one TTL: the agent looks
// at its instances and says of each what it is, so its restart costs no request.
func (x *Endpoint) fit(f *Fleet, cfg Config, now time.Time) bool {
	if x.probed() {
		return !x.leaving() && x.proven(f, cfg, now)
	}
	if x.Outside {
		return !x.leaving()
	}
	n := f.Nodes[x.Node]
	if n == nil || !x.Ready || x.Dead || x.leaving() {
		return false
	}
	return x.ReadyBoot == n.Boot || x.State == available && now.Before(n.JoinedAt.Add(cfg.TTL))
}

// silent tells that its node's lease lapsed, or that its own is not heard.
func (x *Endpoint) silent(f *Fleet, cfg Config, now time.Time) bool {
	if x.probed() {
		return false // what a probe finds is readiness
	}
	if x.Outside {
		return x.unheard(f, cfg, now)
	}
	n := f.Nodes[x.Node]
	return n != nil && n.Lapsed
}

// cause tells why it may not be routed to.
func (x *Endpoint) cause(f *Fleet, now time.Time) (cause, why string, by service.Cause) {
	n := f.Nodes[x.Node]
	switch {
	case x.probed():
		return unready, x.unprovenWords(f), x.Last
	case x.Outside:
		return silent, x.unheardWords(f, now), x.Last
	case n == nil:
		return gone, fmt.Sprintf("node %s left", x.Node), x.Last
	case x.Dead:
		return gone, "its process ended", x.Last
	case !x.Ready:
		return unready, "its checks fail", x.Last
	case x.ReadyBoot != n.Boot:
		return gone, fmt.Sprintf("ready in boot %d, node %s is in boot %d", x.ReadyBoot, x.Node, n.Boot), n.Last
	}
	return silent, fmt.Sprintf("node %s silent for %d ms", x.Node, n.SilentMs), n.Last
}

// record is what an endpoint fact restates, for a state.
func (x *Endpoint) record(app, id, state string, f *Fleet, now time.Time) events.Endpoint {
	r := events.Endpoint{
		App: app, Endpoint: id, Release: x.Release, Node: x.Node, Address: x.Address, Ports: x.Ports,
		Protocol: "http", Weight: weight, Since: x.Said.Since,
	}
	if n := f.Nodes[x.Node]; n != nil {
		r.Zone = n.Zone
	}
	if x.Outside {
		r = x.Said
	}
	r.Conditions = events.EndpointConditions{
		Ready:       state == available,
		Serving:     !x.Dead && (state == available || state == unavailable || state == draining),
		Terminating: state == draining || state == drained,
	}
	if r.Conditions != x.Said.Conditions || r.Since.IsZero() {
		r.Since = now.UTC()
	}
	return r
}

// line is its line in the live list, for a record and a state that are said.
func (x *Endpoint) line(r events.Endpoint, state string, suspect bool) events.PoolEndpoint {
	l := events.PoolEndpoint{
		Endpoint: r.Endpoint, Release: r.Release, Node: r.Node, Address: r.Address, Ports: r.Ports,
		Protocol: r.Protocol, Weight: r.Weight, Zone: r.Zone, Liveness: r.Liveness, ProbePath: r.ProbePath,
		Ready: r.Conditions.Ready, Serving: r.Conditions.Serving && !x.Dead, Terminating: r.Conditions.Terminating,
		Suspect: suspect,
	}
	if state == draining {
		l.DrainMs = x.DrainMs
	}
	return l
}

func (x *Endpoint) cuts() (n int) {
	for _, c := range x.Drained {
		n += c
	}
	return n
}

func (x *Endpoint) readyWords(f *Fleet, cfg Config, now time.Time) string {
	if x.probed() {
		return x.provenWords(f, cfg, now)
	}
	if x.Outside {
		return "its lease is heard"
	}
	return fmt.Sprintf("ready, node %s alive", x.Node)
}
