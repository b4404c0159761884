package deployer

import (
	"slices"
	"strings"

	"slipway.dev/events"
)

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
