package view

import (
	"cmp"
	"maps"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/deployer/placer"
)

// Amount is a capacity, or what is used of it.
type Amount struct {
	CPUMilli    int64 `json:"cpuMilli"`
	MemoryBytes int64 `json:"memoryBytes"`
}

// Node is one item of NodeList.
type Node struct {
	ID         string            `json:"id"`
	State      string            `json:"state"`
	Reason     string            `json:"reason,omitempty"`
	Drivers    []string          `json:"drivers"`
	Labels     map[string]string `json:"labels"`
	Instances  int               `json:"instances"`
	Capacity   Amount            `json:"capacity"`
	Used       Amount            `json:"used"`
	LeaseUntil Time              `json:"leaseUntil"`
	JoinedAt   Time              `json:"joinedAt"`
	Version    string            `json:"version"`
}

// Name is the node's.
func (n Node) Name() string { return n.ID }

// machine is what the log tells of a node beside the deployer's state.
type machine struct {
	described events.NodeDescription
	joined    time.Time
	heard     time.Time // of the last word about its life
	silent    string    // why it is suspect; "" if it is heard
	gone      string    // why nobody waits for it; "" if somebody does
	emptied   emptying
}

// emptying is what is done about a node's instances.
type emptying struct {
	cordoned, draining, drained, lost bool
	why                               string
	blocked                           map[string]string // instance -> why it cannot leave
}

// state is the state of a node as people see it, and why.
func (m *machine) state() (state, why string) {
	x := m.emptied
	switch {
	case m.gone != "":
		return "gone", m.gone
	case x.lost:
		return "lost", x.words()
	case m.silent != "":
		return "suspect", m.silent
	case x.draining:
		return "draining", x.words()
	case x.drained:
		return "drained", x.why
	case x.cordoned:
		return "cordoned", x.why
	}
	return "ready", ""
}

// words are why it is emptied, and what stays.
func (x emptying) words() string {
	words := x.why
	for _, id := range service.Sorted(x.blocked) {
		words += "; " + id + ": " + x.blocked[id]
	}
	return words
}

// entrance is what the log tells of a gateway.
type entrance struct {
	addresses []string
	secure    []string // where it serves by TLS
	node      string
	live      bool
}

func entranceOf(d events.GatewayJoined) *entrance {
	g := &entrance{addresses: d.Addresses, node: d.Node, live: true}
	if d.TLS != nil {
		g.secure = d.TLS.Addresses
	}
	return g
}

func (l *Log) foldFleet(e events.Event) {
	switch d := e.Data.(type) {
	case events.NodeJoined:
		n := &machine{described: d.NodeDescription, joined: e.At(), heard: e.At()}
		if old := l.nodes[d.Node]; old != nil {
			n.emptied = old.emptied
		}
		l.nodes[d.Node] = n
	case events.NodeChanged:
		if n := l.nodes[d.Node]; n != nil {
			n.described = d.NodeDescription
		}
	case events.NodeLeft:
		if n := l.nodes[d.Node]; n != nil {
			n.gone = cmp.Or(e.Reason, "it left")
		}
	case events.LeaseGranted:
		l.lease(d.Lease, "", e)
	case events.LeaseResumed:
		l.lease(d.Lease, "", e)
	case events.LeaseLapsed:
		l.lease(d.Lease, cmp.Or(e.Reason, "silent"), e)
	case events.GatewayJoined:
		l.gateways[d.Gateway] = entranceOf(d)
	case events.GatewayLeft:
		if g := l.gateways[d.Gateway]; g != nil {
			g.live = false
		}
	default:
		if n := l.nodes[e.Place]; n != nil && e.Kind.Entity == "evacuation" {
			n.evacuate(e)
		}
	}
}

func (l *Log) lease(lease events.Lease, silent string, e events.Event) {
	if n := l.nodes[lease.Name]; lease.Kind == "node" && n != nil {
		n.heard, n.silent = e.At(), silent
		if silent == "" { // also one that was given up
			n.gone = ""
		}
	}
	if g := l.gateways[lease.Name]; lease.Kind == "gateway" && g != nil {
		g.live = silent == ""
	}
}

// evacuate folds what is said of emptying a node.
func (m *machine) evacuate(e events.Event) {
	x := &m.emptied
	switch d := e.Data.(type) {
	case events.EvacuationCordoned:
		x.cordoned, x.why = true, e.Reason
	case events.EvacuationUncordoned:
		*x = emptying{}
	case events.EvacuationStarted:
		drain := d.Cause == events.EvacuationDrain
		*x = emptying{cordoned: x.cordoned || drain, draining: drain, lost: !drain, why: e.Reason}
	case events.EvacuationBlocked:
		x.blocked = maps.Clone(x.blocked)
		if x.blocked == nil {
			x.blocked = map[string]string{}
		}
		x.blocked[d.Instance] = d.Lacks
	case events.EvacuationFinished:
		*x = emptying{cordoned: x.cordoned, drained: d.Cause == events.EvacuationDrain, why: e.Reason}
		if d.Cause == events.EvacuationRemoval {
			m.gone, *x = cmp.Or(e.Reason, "removed"), emptying{}
		}
	case events.EvacuationCancelled:
		*x = emptying{cordoned: d.Cordoned, why: e.Reason}
	}
}

// Moves are what a drain of a node would do with its instances now.
func (l *Log) Moves(node string) []placer.Move { return l.cluster().Moves(node) }

// Nodes are all nodes the log tells of; leases are when each was last heard, ttl how
// long a lease lasts.
func (l *Log) Nodes(leases map[string]time.Time, ttl time.Duration) (list []Node) {
	cluster, running := l.cluster(), map[string]int{}
	for _, i := range l.Instances("", false) {
		running[i.Node]++
	}
	for _, name := range service.Sorted(l.nodes) {
		m := l.nodes[name]
		heard := m.heard
		if t, ok := leases[name]; ok {
			heard = t
		}
		state, why := m.state()
		n := Node{
			ID: name, State: state, Reason: why, Drivers: m.described.Drivers, Labels: m.described.Labels,
			Capacity:   Amount{m.described.CPUMilli, m.described.MemoryBytes},
			LeaseUntil: Time{heard.Add(ttl)}, JoinedAt: Time{m.joined}, Version: m.described.Version,
		}
		if n.Labels == nil {
			n.Labels = map[string]string{}
		}
		if u := cluster.Uses[name]; u != nil {
			n.Used = Amount{u.Reserved.CPUMilli, u.Reserved.MemoryBytes}
		}
		n.Instances = running[name]
		list = append(list, n)
	}
	return list
}
