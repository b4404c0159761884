package placer

import (
	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/deployer/inventory"
)

// Cluster is the placer's one key: what is to be placed, and where it was.
type Cluster struct {
	Nodes    inventory.Nodes     `json:"nodes"`
	Uses     map[string]*Use     `json:"uses"`     // by node
	Requests map[string]*Request `json:"requests"` // by instance, until it has ended
	Open     map[string]bool     `json:"open"`     // instances to be placed, cancelled or told why not
	Gateways map[string]Doorway  `json:"gateways,omitempty"`
	Volumes  inventory.Homes     `json:"volumes"` // app/volume -> the node it lives on, also while nothing uses it

	Inbox   service.Inbox              `json:"inbox"`   // wishes about nodes
	On      map[string]map[string]bool `json:"on"`      // by node: instances that were placed there
	Uneasy  map[string]bool            `json:"uneasy"`  // nodes that are silent, or being emptied
	Instead map[string]string          `json:"instead"` // instance -> the one that is to serve in its place
}

// Request is an instance somebody wants to run somewhere.
type Request struct {
	events.AssignmentRequested
	Node      string        `json:"placed,omitempty"`
	Promised  bool          `json:"promised,omitempty"` // it was placed held
	Withdrawn bool          `json:"withdrawn,omitempty"`
	Forced    bool          `json:"forced,omitempty"` // withdrawn before another served in its place
	Lacks     string        `json:"lacks,omitempty"`  // as said in placement.blocked
	Stuck     string        `json:"stuck,omitempty"`  // why it cannot leave its node, as said in evacuation.blocked
	Failed    string        `json:"failed,omitempty"` // how the last one that was to serve in its place failed
	Cause     service.Cause `json:"cause"`
}

// Key is the placer's only key.
const Key = "cluster"

// NewCluster is a cluster without a node.
func NewCluster() *Cluster {
	return &Cluster{
		Nodes: inventory.Nodes{}, Uses: map[string]*Use{}, Requests: map[string]*Request{}, Open: map[string]bool{}, Volumes: inventory.Homes{},
		On: map[string]map[string]bool{}, Uneasy: map[string]bool{}, Instead: map[string]string{},
	}
}

func (c *Cluster) evolve(e events.Event) {
	c.doorway(e.Data)
	switch e.Kind.Entity {
	case "node", "lease", "evacuation":
		c.evolveNode(e)
		return
	}
	switch d := e.Data.(type) {
	case events.AssignmentRequested:
		c.Requests[d.Instance] = &Request{AssignmentRequested: d, Cause: service.CauseOf(e)}
		c.Open[d.Instance] = true
		if d.Replaces != "" {
			c.Instead[d.Replaces] = d.Instance
		}
	case events.AssignmentWithdrawn:
		if q := c.Requests[d.Instance]; q != nil {
			q.Withdrawn, q.Forced, q.Cause = true, q.Forced || d.Forced, service.CauseOf(e)
		}
	case events.AssignmentCleared:
		if q := c.Requests[d.Instance]; q != nil && q.Hold && q.Node != "" {
			q.Hold = false
			c.use(q.Node).clear(q)
		}
	case events.PlacementPlaced:
		settleVolumes(c.Volumes, d.App, d.Volumes, d.Node)
		if q := c.Requests[d.Instance]; q != nil && q.Node == "" {
			q.Node = d.Node
			delete(c.Open, d.Instance)
			c.use(d.Node).place(q)
			c.on(d.Node)[d.Instance] = true
		}
	case events.PlacementBlocked:
		if q := c.Requests[d.Instance]; q != nil {
			q.Lacks = d.Lacks
		}
	default:
		c.tally(e)
		if ends(e.Data) {
			c.end(e.Instance())
		}
	}
}

// ends tells whether a fact frees what an instance had reserved.
func ends(p events.Payload) bool {
	switch p.(type) {
	case events.PlacementCancelled, events.PlacementEvacuated, events.InstanceStopped, events.InstanceFailed, events.InstanceCompleted:
		return true
	}
	return false
}

func (c *Cluster) end(instance string) {
	q := c.Requests[instance]
	if q == nil {
		return
	}
	if q.Node != "" {
		c.use(q.Node).end(q)
		delete(c.on(q.Node), instance)
	}
	if c.Instead[q.Replaces] == instance {
		delete(c.Instead, q.Replaces)
	}
	delete(c.Instead, instance)
	delete(c.Requests, instance)
	delete(c.Open, instance)
}

func (c *Cluster) on(node string) map[string]bool {
	if c.On[node] == nil {
		c.On[node] = map[string]bool{}
	}
	return c.On[node]
}

func (c *Cluster) use(node string) *Use {
	if c.Uses[node] == nil {
		c.Uses[node] = newUse()
	}
	return c.Uses[node]
}
