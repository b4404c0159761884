package inventory

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
	Alive      bool          `json:"alive"`          // its lease has not lapsed
	Left       bool          `json:"gone,omitempty"` // it has left by its own word
	Since      time.Time     `json:"since"`
	Lapsed     time.Time     `json:"lapsed,omitzero"`      // since when its lease has lapsed; zero: it has not
	Cordoned   bool          `json:"cordoned,omitempty"`   // it gets nothing new
	Drained    bool          `json:"drained,omitempty"`    // it was emptied, and is cordoned
	Removed    bool          `json:"removed,omitempty"`    // it was given up, and has not been heard since
	Evacuation *Evacuation   `json:"evacuation,omitempty"` // under way
	Last       service.Cause `json:"last"`                 // of the last word about its life
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

// Over tells that what a drain has left is stopped now.
func (x *Evacuation) Over(now time.Time) bool { return x.Force || !now.Before(x.Until) }

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
	n.Alive, n.Lapsed, n.Last = alive && !n.Left, time.Time{}, service.CauseOf(e)
	n.Removed = n.Removed && !alive
	if _, lapsed := e.Data.(events.LeaseLapsed); lapsed {
		n.Lapsed = e.At()
	}
}

// fold folds what is said of it besides its leases.
func (n *Node) fold(e events.Event) {
	switch d := e.Data.(type) {
	case events.NodeChanged:
		n.NodeDescription = d.NodeDescription
	case events.NodeLeft:
		n.Alive, n.Left = false, true
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
	x := &Evacuation{Since: e.At(), Opens: !n.Cordoned}
	if n.Draining() && d.Cause == events.EvacuationDrain {
		x = n.Evacuation
	}
	x.EvacuationStarted, x.Last = d, service.CauseOf(e)
	if d.Cause == events.EvacuationDrain {
		x.Until, n.Cordoned = e.At().Add(time.Duration(d.DeadlineMs)*time.Millisecond), true
	}
	n.Evacuation, n.Drained = x, false
}

// Draining tells that it is being emptied because somebody asked.
func (n *Node) Draining() bool {
	return n.Evacuation != nil && n.Evacuation.Cause == events.EvacuationDrain
}

// Lost tells that it was silent for so long that what it ran is given up.
func (n *Node) Lost() bool {
	return n.Evacuation != nil && n.Evacuation.Cause == events.EvacuationLost
}

// Gone tells that nobody waits for it to come back.
func (n *Node) Gone() bool { return n.Left || n.Removed }

// Open tells that it can get something new.
func (n *Node) Open() bool { return n.Alive && !n.Gone() && !n.Cordoned && !n.Draining() }

// reservePercent of a node's capacity stays free for what runs beside instances.
const reservePercent = 10

// Runs tells whether the node has a driver.
func (n *Node) Runs(driver string) bool { return slices.Contains(n.Drivers, driver) }

// Meets tells whether the node fulfils every condition.
func (n *Node) Meets(require []string) bool {
	for _, expr := range require {
		c, err := events.ParseCondition(expr)
		if err != nil || !c.Holds(n.Field) {
			return false
		}
	}
	return true
}

// Field is what conditions and spread keys call a node's properties.
func (n *Node) Field(name string) string {
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

// Room is what of its capacity can be reserved, in all.
func (n *Node) Room() events.Resources {
	return events.Resources{CPUMilli: n.CPUMilli * (100 - reservePercent) / 100, MemoryBytes: n.MemoryBytes * (100 - reservePercent) / 100}
}

// Holds tells whether an empty node has room for a reservation.
func (n *Node) Holds(want events.Resources) bool {
	room := n.Room()
	return want.CPUMilli <= room.CPUMilli && want.MemoryBytes <= room.MemoryBytes
}
