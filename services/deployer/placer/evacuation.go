package placer

import (
	"fmt"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/deployer/inventory"
)

// evolveNode folds what is said of a node's life and of its evacuation.
func (c *Cluster) evolveNode(e events.Event) {
	if e.Kind.Owner == Owner {
		c.Inbox.Fold(e)
	}
	n := c.Nodes.Fold(e)
	c.Volumes.Fold(e)
	if d, blocked := e.Data.(events.EvacuationBlocked); blocked && c.Requests[d.Instance] != nil {
		c.Requests[d.Instance].Stuck = d.Lacks
	}
	if n == nil {
		return
	}
	if delete(c.Uneasy, n.Name); !n.Alive || n.Evacuation != nil {
		c.Uneasy[n.Name] = true
	}
}

// tally counts what leaves a node that is emptied, and notes why something does not.
func (c *Cluster) tally(e events.Event) {
	q := c.Requests[e.Instance()]
	if q == nil {
		return
	}
	if d, failed := e.Data.(events.InstanceFailed); failed && c.Requests[q.Replaces] != nil {
		c.Requests[q.Replaces].Failed = fmt.Sprintf("%s, which was to serve in its place, failed with code %d", d.Instance, d.Code)
	}
	n := c.Nodes[q.Node]
	if n == nil || n.Evacuation == nil {
		return
	}
	switch d := e.Data.(type) {
	case events.InstanceStopping:
		n.Evacuation.Cut += d.Cut
		return
	case events.PlacementCancelled:
		return
	}
	if !ends(e.Data) {
		return
	}
	n.Evacuation.Moved++
	if q.Forced {
		n.Evacuation.Forced++
	}
}

// evacuate empties the nodes that are lost or drained, and ends evacuations.
func (c *Cluster) evacuate(x *Ear, ttl time.Duration, now time.Time) (say service.Says) {
	for _, name := range service.Sorted(c.Uneasy) {
		n := c.Nodes[name]
		switch {
		case n.Gone():
			c.giveUp(&say, n, "left")
		case n.Lost() && n.Alive:
			say.Because(n.Last, "heard again after %s", since(n, now)).Fact(finished(n, events.EvacuationReturned, now))
		case n.Lost():
			c.giveUp(&say, n, events.EvacuationLost)
		case !n.Alive && !n.Lapsed.IsZero() && !now.Before(x.lostAt(n, ttl)):
			say.Because(n.Last, "silent for %s after its lease lapsed", now.Sub(n.Lapsed).Round(time.Millisecond)).
				Fact(events.EvacuationStarted{OfEvacuation: ofNode(name), Cause: events.EvacuationLost})
		}
		if n.Draining() && (n.Alive || n.Left) {
			c.drain(&say, n, now)
		}
	}
	return say
}

// anyOpen tells whether some node can get something new.
func (c *Cluster) anyOpen() bool {
	for _, n := range c.Nodes {
		if n.Open() {
			return true
		}
	}
	return false
}

func ofNode(name string) events.OfEvacuation { return events.OfEvacuation{Node: name} }

func since(n *inventory.Node, now time.Time) time.Duration {
	return now.Sub(n.Evacuation.Since).Round(time.Millisecond)
}

func finished(n *inventory.Node, cause string, now time.Time) events.EvacuationFinished {
	x := n.Evacuation
	return events.EvacuationFinished{
		OfEvacuation: ofNode(n.Name), Cause: cause, Moved: x.Moved, Forced: x.Forced, Cut: x.Cut,
		TookMs: now.Sub(x.Since).Milliseconds(),
	}
}

// giveUp says that what a node had counts as gone without its word, as soon as another
// node could take anything. What has a volume of its own there has nowhere to go: a
// person decides.
func (c *Cluster) giveUp(say *service.Says, n *inventory.Node, cause string) {
	for _, id := range service.Sorted(c.On[n.Name]) {
		q := c.Requests[id]
		of := events.OfInstance{App: q.App, Node: n.Name, Instance: id}
		volume := q.single()
		if volume == "" && !n.Gone() && !c.anyOpen() { // given up it would end when its node is back, and begin nowhere
			say.Waits(id, "placement", "another node than %s", n.Name)
			continue
		}
		switch lacks := "its volume " + volume + " lives on " + n.Name; {
		case volume == "" || n.Gone():
			say.Because(c.why(n), "node %s is %s", n.Name, cause).Fact(events.PlacementEvacuated{OfInstance: of, Cause: cause})
		case q.Stuck != lacks:
			say.Because(c.why(n), "%s", lacks).Fact(events.EvacuationBlocked{OfEvacuation: ofNode(n.Name), Instance: id, Lacks: lacks})
		default:
			say.Waits(id, "placement", "%s; slipway nodes remove %s gives it up", lacks, n.Name)
		}
	}
}

func (c *Cluster) why(n *inventory.Node) service.Cause {
	if n.Evacuation != nil {
		return n.Evacuation.Last
	}
	return n.Last
}

// single is the volume that an instance shares with nobody; "" if it has none.
func (q *Request) single() string {
	for _, v := range q.Volumes {
		if v.Alone {
			return v.Volume
		}
	}
	return ""
}

// drain watches over the apps moving their instances, and says when none is left: by
// the node's word, not by intention.
func (c *Cluster) drain(say *service.Says, n *inventory.Node, now time.Time) {
	x, left, once := n.Evacuation, 0, 0
	for _, id := range service.Sorted(c.On[n.Name]) {
		q := c.Requests[id]
		if q.PerNode {
			once++
			continue
		}
		left++
		if lacks := c.stuck(q, n, now); lacks != "" && lacks != q.Stuck {
			say.Because(plain(x.Last), "%s: %s", id, lacks).Fact(events.EvacuationBlocked{OfEvacuation: ofNode(n.Name), Instance: id, Lacks: lacks})
		}
	}
	switch {
	case left == 0 && (once == 0 || x.IgnorePerNode):
		say.Because(plain(x.Last), "%d left in %s, %d by force", x.Moved, since(n, now), x.Forced).Fact(finished(n, events.EvacuationDrain, now))
	case left == 0 && !x.Emptied:
		say.Because(plain(x.Last), "%d left, of apps that run on every node", once).Fact(events.EvacuationEmptied{OfEvacuation: ofNode(n.Name)})
	default:
		say.Waits(n.Name, "drain", "%d instances, until %s at the latest", left+once, x.Until.Format(time.TimeOnly))
	}
}

// plain is a cause that answers no wish: one fact does.
func plain(c service.Cause) service.Cause {
	c.Wish = ""
	return c
}

// stuck tells why an instance cannot leave a draining node; "" if it can.
func (c *Cluster) stuck(q *Request, n *inventory.Node, now time.Time) string {
	x := n.Evacuation
	if q.Withdrawn || x.Over(now) || x.AllowGap {
		return ""
	}
	if volume := q.single(); volume != "" {
		return "its volume " + volume + " lives on " + n.Name
	}
	if next := c.Requests[c.Instead[q.Instance]]; next != nil && next.Node == "" && next.Lacks != "" {
		return next.Lacks
	} else if next == nil {
		return q.Failed
	}
	return ""
}

// due is when a silent node counts as lost, or a drain's deadline has come.
func (c *Cluster) due(x *Ear, ttl time.Duration, after time.Time) time.Time {
	var moments []time.Time
	for name := range c.Uneasy {
		if n := c.Nodes[name]; !n.Lapsed.IsZero() && !n.Lost() && !n.Gone() {
			moments = append(moments, x.lostAt(n, ttl))
		}
	}
	return service.First(after, moments...)
}
