package placer

import (
	"fmt"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/deployer/inventory"
)

// check is what the placer promises: no port, no single volume and no capacity is
// given twice, a volume has one home, and what is called drained is empty.
func check(c *Cluster, _ *Ear) error {
	if err := c.drainedIsEmpty(); err != nil {
		return err
	}
	used := map[string]events.Resources{}
	alone := map[string]string{}
	for _, id := range service.Sorted(c.Requests) {
		q := c.Requests[id]
		if q.Node == "" || q.Hold {
			continue
		}
		u := used[q.Node]
		u.CPUMilli += q.Resources.CPUMilli
		u.MemoryBytes += q.Resources.MemoryBytes
		used[q.Node] = u
		for _, thing := range q.alone() {
			thing = q.Node + " " + thing
			if other, twice := alone[thing]; twice {
				return fmt.Errorf("%s and %s were both given %s", other, id, thing)
			}
			alone[thing] = id
		}
		for _, v := range q.Volumes {
			if home := c.Volumes[volumeKey(q.App, v.Volume)]; home != q.Node {
				return fmt.Errorf("%s was placed on %s, its volume %s lives on %s", id, q.Node, v.Volume, home)
			}
		}
	}
	for name, u := range used {
		if n := c.Nodes[name]; n != nil && u.MemoryBytes > n.MemoryBytes {
			return fmt.Errorf("%s reserved on %s, it has %s", inventory.BytesWords(u.MemoryBytes), name, inventory.BytesWords(n.MemoryBytes))
		}
	}
	return nil
}

// drainedIsEmpty: on a drained node nothing is left, but for what runs on every node.
func (c *Cluster) drainedIsEmpty() error {
	for name, n := range c.Nodes {
		if !n.Drained {
			continue
		}
		for id := range c.On[name] {
			if !c.Requests[id].PerNode {
				return fmt.Errorf("%s is called drained, %s is still there", name, id)
			}
		}
	}
	return nil
}
