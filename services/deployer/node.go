package deployer

import (
	"slices"
	"strings"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// Node is a machine that runs instances.
type Node struct {
	events.NodeDescription
	Name       string        `json:"name"`
	Boot       int           `json:"boot"`
	Alive      bool          `json:"alive"` // its lease has not lapsed
	Gone       bool          `json:"gone,omitempty"`
	Since      time.Time     `json:"since"`
	Lapsed     time.Time     `json:"lapsed,omitzero"`      // since when its lease has lapsed; zero: it has not
	Cordoned   bool          `json:"cordoned,omitempty"`   // it gets nothing new
	Drained    bool          `json:"drained,omitempty"`    // it was emptied, and is cordoned
	Removed    bool          `json:"removed,omitempty"`    // it was given up, and has not been heard since
	Evacuation *Evacuation   `json:"evacuation,omitempty"` // under way
	Last       service.Cause `json:"last"`                 // of the last word about its life

	leaving bool // it is looked at as if it were to be emptied
}

// Evacuation is a node being emptied.
type Evacuation struct {
	events.EvacuationStarted
	Since   time.Time     `json:"since"`
	Until   time.Time     `json:"until,omitzero"`    // of a drain: then what is left is stopped
	Opens   bool          `json:"opens,omitempty"`   // a cancelled drain opens the node again: it was open before
	Emptied bool          `json:"emptied,omitempty"` // nothing is left but what runs once on every node
	Moved   int           `json:"moved,omitempty"`   // instances that went
	Forced  int           `json:"forced,omitempty"`  // of them, stopped before another served in their place
	Cut     int           `json:"cut,omitempty"`     // requests cut off
	Last    service.Cause `json:"last"`
}

// over tells that what a drain has left is stopped now.
func (x *Evacuation) over(now time.Time) bool { return x.Force || !now.Before(x.Until) }

// join is the node of a new boot; what was said of it stands.
func (n *Node) join(d events.NodeJoined, now time.Time) *Node {
	x := &Node{NodeDescription: d.NodeDescription, Name: d.Node, Boot: d.Incarnation, Alive: true, Since: now}
	if n != nil {
		x.Cordoned, x.Drained, x.Evacuation = n.Cordoned, n.Drained, n.Evacuation
	}
	return x
}

// lease notes whether it is heard. One that was given up is there again once it is.
func (n *Node) lease(alive bool, e events.Event) {
	n.Alive, n.Lapsed, n.Last = alive && !n.Gone, time.Time{}, service.CauseOf(e)
	n.Removed = n.Removed && !alive
	if _, lapsed := e.Data.(events.LeaseLapsed); lapsed {
		n.Lapsed = at(e)
	}
}

func (n *Node) evacuate(e events.Event) {
	switch d := e.Data.(type) {
	case events.EvacuationCordoned:
		n.Cordoned = true
	case events.EvacuationUncordoned:
		n.Cordoned, n.Drained = false, false
	case events.EvacuationStarted:
		n.start(d, e)
	case events.EvacuationEmptied:
		if n.Evacuation != nil {
			n.Evacuation.Emptied = true
		}
	case events.EvacuationFinished:
		n.Evacuation, n.Drained = nil, d.Cause == events.EvacuationDrain
		if d.Cause == events.EvacuationRemoval {
			n.Removed, n.Alive, n.Cordoned = true, false, false
		}
	case events.EvacuationCancelled:
		n.Evacuation, n.Cordoned = nil, d.Cordoned
	}
}

// start begins an evacuation, or takes up other terms of a drain under way.
func (n *Node) start(d events.EvacuationStarted, e events.Event) {
	x := &Evacuation{Since: at(e), Opens: !n.Cordoned}
	if n.draining() && d.Cause == events.EvacuationDrain {
		x = n.Evacuation
	}
	x.EvacuationStarted, x.Last = d, service.CauseOf(e)
	if d.Cause == events.EvacuationDrain {
		x.Until, n.Cordoned = at(e).Add(ms(d.DeadlineMs)), true
	}
	n.Evacuation, n.Drained = x, false
}

func (n *Node) draining() bool {
	return n.Evacuation != nil && n.Evacuation.Cause == events.EvacuationDrain
}

func (n *Node) lost() bool {
	return n.Evacuation != nil && n.Evacuation.Cause == events.EvacuationLost
}

// gone tells that nobody waits for it to come back.
func (n *Node) gone() bool { return n.Gone || n.Removed }

// open tells that it can get something new.
func (n *Node) open() bool { return n.Alive && !n.gone() && !n.Cordoned && !n.draining() }

// reservePercent of a node's capacity stays free for what runs beside instances.
const reservePercent = 10

// runs tells whether the node has a driver.
func (n *Node) runs(driver string) bool { return slices.Contains(n.Drivers, driver) }

// meets tells whether the node fulfils every condition.
func (n *Node) meets(require []string) bool {
	for _, expr := range require {
		c, err := events.ParseCondition(expr)
		if err != nil || !c.Holds(n.field) {
			return false
		}
	}
	return true
}

// field is what conditions and spread keys call a node's properties.
func (n *Node) field(name string) string {
	switch name {
	case "node", "name":
		return n.Name
	case "zone":
		return n.Zone
	case "arch":
		return n.Arch
	case "os":
		return n.Os
	}
	return n.Labels[strings.TrimPrefix(name, "labels.")]
}

// holds tells whether a reservation fits beside what is reserved already.
func (n *Node) holds(want, used events.Resources) bool {
	return want.CPUMilli+used.CPUMilli <= n.CPUMilli*(100-reservePercent)/100 &&
		want.MemoryBytes+used.MemoryBytes <= n.MemoryBytes*(100-reservePercent)/100
}
