package placer

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/deployer/inventory"
)

// place picks the node for a request: filter, then score, then tie. It is a pure
// function of the board and the request. Without a node that fits it tells what each
// lacks.
func (b *board) place(q *Request) (node, lacks string) {
	b.lineUp(q)
	best, seed := -1, fnv(fnvBasis, q.Instance+"@")
	for i := range b.spots {
		// The score is cheaper than the filters: they judge only what would be chosen.
		if b.queue.never[i] == "" && (best < 0 || b.better(i, best, seed)) && b.full(q, i) == "" {
			best = i
		}
	}
	if best < 0 {
		return "", b.lacks(q)
	}
	b.give(q, best)
	return b.spots[best].Name, ""
}

// never is why a node can have no instance like this one, however empty it is. Filters
// have an order; each is a counted reason.
func (b *board) never(q *Request, n *inventory.Node) string {
	switch {
	case n.Gone() || !n.Alive:
		return "not live"
	case n.Draining():
		return "draining"
	case n.Name == b.leaving:
		return "to be emptied"
	case n.Cordoned:
		return "cordoned"
	case !n.Runs(q.Driver):
		return "without driver " + q.Driver
	case !n.Meets(q.Placement.Require):
		return "outside placement.require"
	case q.Gateway && !b.meshed[n.Name]:
		return lacksGateway
	}
	return ""
}

// full is why a node can not have this one now.
func (b *board) full(q *Request, i int) string {
	n, u := b.spots[i].Node, b.spots[i].use
	for _, v := range q.Volumes {
		if home := b.volumes[volumeKey(q.App, v.Volume)]; home != "" && home != n.Name {
			return inventory.VolumeElsewhere + " (" + v.Volume + " lives on " + home + ")"
		}
	}
	if taken := u.taken(q); taken != "" {
		return taken + " taken"
	}
	after, room := u.with(q), n.Room()
	switch {
	case q.Placement.MaxPerNode > 0 && u.Apps[q.App].Count >= q.Placement.MaxPerNode:
		return "at maxPerNode"
	case after.MemoryBytes > room.MemoryBytes:
		return "lack memory"
	case after.CPUMilli > room.CPUMilli:
		return "lack cpu"
	}
	return ""
}

// better tells whether spot i is the better choice than spot j: by strategy, then by
// preference, then by the hash of instance and node.
func (b *board) better(i, j int, seed uint32) bool {
	c := 0
	if b.queue.placement.Strategy == events.PlacementBinpack {
		c = cmp.Compare(b.spots[j].use.Reserved.MemoryBytes, b.spots[i].use.Reserved.MemoryBytes)
	} else {
		for k, counts := range b.queue.counts {
			if c = cmp.Compare(counts[b.queue.values[k].of[i]], counts[b.queue.values[k].of[j]]); c != 0 {
				break
			}
		}
	}
	if c == 0 {
		c = cmp.Compare(b.queue.weights[j], b.queue.weights[i])
	}
	if c == 0 {
		c = cmp.Compare(fnv(seed, b.spots[i].Name), fnv(seed, b.spots[j].Name))
	}
	return c < 0 // equal in all: the first by name stays
}

func spreadKeys(q *Request) []string {
	if len(q.Placement.Spread) == 0 {
		return []string{"node"}
	}
	return q.Placement.Spread
}

func preference(q *Request, n *inventory.Node) (sum int) {
	for _, p := range q.Placement.Prefer {
		if c, err := events.ParseCondition(p.Expr); err == nil && c.Holds(n.Field) {
			sum += p.Weight
		}
	}
	return sum
}

func useOf(uses map[string]*Use, node string) *Use {
	if u := uses[node]; u != nil {
		return u
	}
	return newUse()
}

// lacks counts what the nodes lack: "0 of 3 nodes fit: 2 lack memory (need 512Mi, most
// free 310Mi), 1 not live".
func (b *board) lacks(q *Request) string {
	if len(b.spots) == 0 {
		return "there is no node"
	}
	why, free := map[string]int{}, events.Resources{}
	for i, s := range b.spots {
		why[cmp.Or(b.queue.never[i], b.full(q, i))]++
		if b.queue.never[i] != "" {
			continue
		}
		left := sum(s.Room(), s.use.Reserved, -1)
		free.MemoryBytes, free.CPUMilli = max(free.MemoryBytes, left.MemoryBytes), max(free.CPUMilli, left.CPUMilli)
	}
	var parts []string
	for _, reason := range service.Sorted(why) {
		part := strconv.Itoa(why[reason]) + " " + reason
		switch reason {
		case "lack memory":
			part += fmt.Sprintf(" (need %s, most free %s)", inventory.BytesWords(q.Resources.MemoryBytes), inventory.BytesWords(free.MemoryBytes))
		case "lack cpu":
			part += fmt.Sprintf(" (need %dm, most free %dm: resources.cpu)", q.Resources.CPUMilli, free.CPUMilli)
		}
		parts = append(parts, part)
	}
	return fmt.Sprintf("0 of %d nodes fit: %s", len(b.spots), strings.Join(parts, ", "))
}
