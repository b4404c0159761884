package placer

import (
	"strings"

	"slipway.dev/events"
)

// Doorway is a gateway as the placer knows it.
type Doorway struct {
	Node string `json:"node,omitempty"` // where it runs; empty: on none
	Live bool   `json:"live"`           // its lease has not lapsed
}

// lacksGateway is why an app that calls others is not sent to a node.
const lacksGateway = "without a gateway"

// doorway folds that gateways come and go.
func (c *Cluster) doorway(p events.Payload) {
	switch d := p.(type) {
	case events.GatewayJoined:
		if c.Gateways == nil {
			c.Gateways = map[string]Doorway{}
		}
		c.Gateways[d.Gateway] = Doorway{Node: d.Node, Live: true}
	case events.GatewayLeft:
		delete(c.Gateways, d.Gateway)
	case events.LeaseGranted:
		c.doorwayLives(d.Lease, true)
	case events.LeaseResumed:
		c.doorwayLives(d.Lease, true)
	case events.LeaseLapsed:
		c.doorwayLives(d.Lease, false)
	}
}

func (c *Cluster) doorwayLives(l events.Lease, live bool) {
	if g, known := c.Gateways[l.Name]; known && l.Kind == "gateway" {
		c.Gateways[l.Name] = Doorway{Node: g.Node, Live: live}
	}
}

// meshedNodes are the nodes on which calls of other apps are taken.
func (c *Cluster) meshedNodes() map[string]bool {
	nodes := map[string]bool{}
	for _, g := range c.Gateways {
		if g.Live && g.Node != "" {
			nodes[g.Node] = true
		}
	}
	return nodes
}

// waitsFor is who an instance without a place waits for.
func waitsFor(lacks string) (who, what string) {
	if strings.Contains(lacks, lacksGateway) {
		return "gateway", "a gateway on a node that fits: " + lacks
	}
	return "placement", lacks
}
