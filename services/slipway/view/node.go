package view

import (
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
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
	state     string // ready, suspect, lost, gone
	why       string
	heard     time.Time // of the last word about its life
}

// entrance is what the log tells of a gateway.
type entrance struct {
	addresses []string
	live      bool
}

func (l *Log) foldFleet(e events.Event) {
	switch d := e.Data.(type) {
	case events.NodeJoined:
		l.nodes[d.Node] = &machine{described: d.NodeDescription, joined: at(e), heard: at(e), state: "ready"}
	case events.NodeChanged:
		if n := l.nodes[d.Node]; n != nil {
			n.described = d.NodeDescription
		}
	case events.NodeLeft:
		l.nodeIs(d.Node, "gone", e)
	case events.EvacuationStarted:
		l.nodeIs(d.Node, map[bool]string{true: "lost", false: "draining"}[d.Cause == "lost"], e)
	case events.EvacuationFinished:
		if d.Cause == "returned" {
			l.nodeIs(d.Node, "ready", e)
		}
	case events.LeaseGranted:
		l.lease(d.Lease, "ready", e)
	case events.LeaseResumed:
		l.lease(d.Lease, "ready", e)
	case events.LeaseLapsed:
		l.lease(d.Lease, "suspect", e)
	case events.GatewayJoined:
		l.gateways[d.Gateway] = &entrance{addresses: d.Addresses, live: true}
	case events.GatewayLeft:
		if g := l.gateways[d.Gateway]; g != nil {
			g.live = false
		}
	}
}

func (l *Log) lease(lease events.Lease, state string, e events.Event) {
	if lease.Kind == "node" {
		l.nodeIs(lease.Name, state, e)
	}
	if g := l.gateways[lease.Name]; lease.Kind == "gateway" && g != nil {
		g.live = state == "ready"
	}
}

func (l *Log) nodeIs(name, state string, e events.Event) {
	n := l.nodes[name]
	if n == nil || n.state == "gone" {
		return
	}
	n.state, n.heard, n.why = state, at(e), ""
	if state != "ready" {
		n.why = e.Reason
	}
}

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
		n := Node{
			ID: name, State: m.state, Reason: m.why, Drivers: m.described.Drivers, Labels: m.described.Labels,
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
