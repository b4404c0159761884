package deployer

import (
	"cmp"
	"slices"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// Cluster is the placer's one key: what is to be placed, and where it was.
type Cluster struct {
	Nodes    map[string]*Node    `json:"nodes"`
	Uses     map[string]*Use     `json:"uses"`     // by node
	Requests map[string]*Request `json:"requests"` // by instance, until it has ended
	Open     map[string]bool     `json:"open"`     // instances to be placed, cancelled or told why not
	Gateways map[string]Doorway  `json:"gateways,omitempty"`
	Volumes  map[string]string   `json:"volumes"` // app/volume -> the node it lives on, also while nothing uses it

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

// clusterKey is the placer's only key.
const clusterKey = "cluster"

// NewCluster is a cluster without a node.
func NewCluster() *Cluster {
	return &Cluster{
		Nodes: map[string]*Node{}, Uses: map[string]*Use{}, Requests: map[string]*Request{}, Open: map[string]bool{}, Volumes: map[string]string{},
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
			c.end(instanceOf(e))
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

// decide answers who wishes something of a node, empties nodes, and places: in this
// order, for a placement rests on what was said of nodes before.
func (c *Cluster) decide(x *Ear, ttl time.Duration, now time.Time) (say service.Says) {
	if say = c.answer(x, ttl, now); !say.Empty() {
		return say
	}
	if say = c.evacuate(x, ttl, now); !say.Empty() {
		return say
	}
	say.Add(c.place())
	return say
}

// place places what is open, cancels what was withdrawn before it had a place, and
// tells once why something has none.
func (c *Cluster) place() (say service.Says) {
	if len(c.Open) == 0 {
		return say
	}
	b, m := newBoard(c), moves{c, map[string]map[string]bool{}}
	for _, id := range c.line() {
		if len(say.Facts) == events.MaxAppendEvents {
			return say
		}
		q := c.Requests[id]
		of := events.OfInstance{App: q.App, Instance: id}
		if q.Withdrawn {
			say.Because(q.Cause, "withdrawn before it was placed").Fact(events.PlacementCancelled{OfInstance: of})
			continue
		}
		if from := m.full(q); from != "" {
			say.Waits(id, waitsPlacement, "%d apps move away from %s at a time", movesPerNode, from)
			continue
		}
		node, lacks := b.place(q)
		switch {
		case node != "":
			of.Node = node
			m.add(q)
			say.Because(q.Cause, "%s on %d nodes", q.Placement.Strategy, len(c.Nodes)).Fact(events.PlacementPlaced{
				OfInstance: of, Release: q.Release, SpecHash: q.SpecHash, Role: q.Role,
				Resources: q.Resources, HostPorts: q.HostPorts, Volumes: q.Volumes, Hold: q.Hold, Hook: q.Hook,
			})
		case lacks != q.Lacks:
			say.Because(q.Cause, "%s", lacks).Fact(events.PlacementBlocked{OfInstance: of, Lacks: lacks})
		default:
			who, what := waitsFor(lacks)
			say.Waits(id, who, "%s", what)
		}
	}
	return say
}

// line are the open instances in the order they are placed: the largest first, for what
// is packed in that order needs at most 11/9 of the fewest nodes possible, and a bit.
func (c *Cluster) line() []string {
	ids := service.Sorted(c.Open)
	slices.SortStableFunc(ids, func(a, b string) int {
		return cmp.Compare(c.Requests[b].Resources.MemoryBytes, c.Requests[a].Resources.MemoryBytes)
	})
	return ids
}
