package deployer

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// place picks the node for a request: filter, then score, then tie. It is a pure
// function of nodes, reservations and request. Without a node that fits it tells
// what each lacks.
func place(q *Request, nodes map[string]*Node, uses map[string]*Use) (node, lacks string) {
	var fit []*Node
	why := map[string]int{}
	for _, name := range service.Sorted(nodes) {
		if reason := unfit(q, nodes[name], useOf(uses, name)); reason != "" {
			why[reason]++
			continue
		}
		fit = append(fit, nodes[name])
	}
	if len(fit) == 0 {
		return "", lacksWords(q, why, nodes, uses)
	}
	counts := spreadCounts(q, nodes, uses)
	best := slices.MinFunc(fit, func(a, b *Node) int {
		return cmp.Or(score(q, a, b, uses, counts), cmp.Compare(tie(q, a), tie(q, b)), cmp.Compare(a.Name, b.Name))
	})
	return best.Name, ""
}

// Filters, in order; each is a counted reason.
func unfit(q *Request, n *Node, u *Use) string {
	switch {
	case n.Gone || !n.Alive:
		return "not live"
	case !n.runs(q.Driver):
		return "without driver " + q.Driver
	case !n.meets(q.Placement.Require):
		return "outside placement.require"
	case portTaken(q, u) != 0:
		return "port " + strconv.Itoa(portTaken(q, u)) + " taken"
	case q.Placement.MaxPerNode > 0 && u.Apps[q.App].Count >= q.Placement.MaxPerNode:
		return "at maxPerNode"
	case u.with(q).MemoryBytes > n.MemoryBytes*(100-reservePercent)/100:
		return "lack memory"
	case !n.holds(u.with(q), events.Resources{}):
		return "lack cpu"
	}
	return ""
}

func portTaken(q *Request, u *Use) int {
	for _, p := range q.HostPorts {
		owner, taken := u.Promised[p]
		if !taken && !q.Hold { // a held one may wait for the port of what it replaces
			owner, taken = u.Ports[p]
		}
		if taken && owner != q.Instance {
			return p
		}
	}
	return 0
}

// score compares two nodes that fit: less is better.
func score(q *Request, a, b *Node, uses map[string]*Use, counts []map[string]int) int {
	if q.Placement.Strategy == events.PlacementBinpack {
		ra, rb := useOf(uses, a.Name).Reserved.MemoryBytes, useOf(uses, b.Name).Reserved.MemoryBytes
		if c := cmp.Compare(rb, ra); c != 0 {
			return c
		}
	} else {
		for i, key := range spreadKeys(q) {
			if c := cmp.Compare(counts[i][a.field(key)], counts[i][b.field(key)]); c != 0 {
				return c
			}
		}
	}
	return cmp.Compare(preference(q, b), preference(q, a))
}

func spreadKeys(q *Request) []string {
	if len(q.Placement.Spread) == 0 {
		return []string{"node"}
	}
	return q.Placement.Spread
}

// spreadCounts counts the app's instances by the value of each spread key.
func spreadCounts(q *Request, nodes map[string]*Node, uses map[string]*Use) []map[string]int {
	keys := spreadKeys(q)
	counts := make([]map[string]int, len(keys))
	for i, key := range keys {
		counts[i] = map[string]int{}
		for name, n := range nodes {
			counts[i][n.field(key)] += useOf(uses, name).Apps[q.App].Count
		}
	}
	return counts
}

func preference(q *Request, n *Node) (sum int) {
	for _, p := range q.Placement.Prefer {
		if c, err := events.ParseCondition(p.Expr); err == nil && c.Holds(n.field) {
			sum += p.Weight
		}
	}
	return sum
}

func tie(q *Request, n *Node) uint32 { return hash32(q.Instance + "@" + n.Name) }

func useOf(uses map[string]*Use, node string) *Use {
	if u := uses[node]; u != nil {
		return u
	}
	return newUse()
}

// lacksWords counts what the nodes lack: "0 of 3 nodes fit: 2 lack memory (need
// 512Mi, most free 310Mi), 1 not live".
func lacksWords(q *Request, why map[string]int, nodes map[string]*Node, uses map[string]*Use) string {
	if len(nodes) == 0 {
		return "there is no node"
	}
	var parts []string
	for _, reason := range service.Sorted(why) {
		part := fmt.Sprintf("%d %s", why[reason], reason)
		if reason == "lack memory" {
			part += fmt.Sprintf(" (need %s, most free %s)", bytesWords(q.Resources.MemoryBytes), bytesWords(mostFree(nodes, uses)))
		}
		parts = append(parts, part)
	}
	return fmt.Sprintf("0 of %d nodes fit: %s", len(nodes), strings.Join(parts, ", "))
}

func mostFree(nodes map[string]*Node, uses map[string]*Use) (most int64) {
	for name, n := range nodes {
		most = max(most, n.MemoryBytes*(100-reservePercent)/100-useOf(uses, name).Reserved.MemoryBytes)
	}
	return most
}
