package placer

// movesPerNode is of how many apps instances leave one node at a time.
const movesPerNode = 4

// moves counts of how many apps instances leave a node.
type moves struct {
	*Cluster
	apps map[string]map[string]bool // by node
}

// full is the draining node that a request is to take an instance from, while that
// waits for others; "" if it may be placed.
func (m moves) full(q *Request) string {
	node := m.from(q)
	if node == "" {
		return ""
	}
	if apps := m.leaving(node); apps[q.App] || len(apps) < movesPerNode {
		return ""
	}
	return node
}

func (m moves) from(q *Request) string {
	old := m.Requests[q.Replaces]
	if old == nil || old.Node == "" || m.Nodes[old.Node] == nil || !m.Nodes[old.Node].Draining() {
		return ""
	}
	return old.Node
}

func (m moves) leaving(node string) map[string]bool {
	if m.apps[node] == nil {
		m.apps[node] = map[string]bool{}
		for id := range m.On[node] {
			if next := m.Requests[m.Instead[id]]; next != nil && next.Node != "" {
				m.apps[node][next.App] = true
			}
		}
	}
	return m.apps[node]
}

// add counts one that was placed by this decision.
func (m moves) add(q *Request) {
	if node := m.from(q); node != "" {
		m.leaving(node)[q.App] = true
	}
}
