package deployer

import (
	"maps"
	"reflect"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// board is the cluster as one decision sees it: what the decision gives away is counted
// in at once. Its spots stand in the order of their names, so twins choose alike.
type board struct {
	spots   []spot
	volumes map[string]string // where each volume lives
	queue   queue             // of the last request: those of one app come together
}

// spot is a node and what is reserved on it.
type spot struct {
	*Node
	use *Use
	own bool // use is the board's, not the state's
}

// queue is what is the same for all requests of an app that ask for the same, by spot,
// so that a choice among thousands of nodes looks nothing up.
type queue struct {
	app, driver string
	placement   events.Placement
	never       []string // why the node can never have one; "" if it can
	parts       []Part   // what the app has there
	weights     []int    // preference
	values      [][]int  // by spread key: which value of the key the node has
	counts      [][]int  // by spread key: instances of the app by value
}

func newBoard(c *Cluster) *board {
	b := &board{spots: make([]spot, 0, len(c.Nodes)), volumes: c.Volumes}
	for _, name := range service.Sorted(c.Nodes) {
		b.spots = append(b.spots, spot{Node: c.Nodes[name], use: useOf(c.Uses, name)})
	}
	return b
}

// lineUp makes the queue for a request, or finds it made.
func (b *board) lineUp(q *Request) {
	if b.queue.never != nil && b.queue.app == q.App && b.queue.driver == q.Driver && reflect.DeepEqual(b.queue.placement, q.Placement) {
		return
	}
	n, keys := len(b.spots), spreadKeys(q)
	b.queue = queue{
		app: q.App, driver: q.Driver, placement: q.Placement, never: make([]string, n), parts: make([]Part, n), weights: make([]int, n),
		values: make([][]int, len(keys)), counts: make([][]int, len(keys)),
	}
	for i := range b.spots {
		b.queue.never[i] = never(q, b.spots[i].Node)
		b.queue.parts[i] = b.spots[i].use.Apps[q.App]
		b.queue.weights[i] = preference(q, b.spots[i].Node)
	}
	for k, key := range keys {
		b.spread(k, key)
	}
}

// spread counts the app's instances by the value of a spread key.
func (b *board) spread(k int, key string) {
	numbers, values := map[string]int{}, make([]int, len(b.spots))
	for i := range b.spots {
		value := b.spots[i].field(key)
		if _, known := numbers[value]; !known {
			numbers[value] = len(numbers)
		}
		values[i] = numbers[value]
	}
	counts := make([]int, len(numbers))
	for i, part := range b.queue.parts {
		counts[values[i]] += part.Count
	}
	b.queue.values[k], b.queue.counts[k] = values, counts
}

// give counts in an instance on a spot, for the rest of the decision.
func (b *board) give(q *Request, i int) {
	s, one := &b.spots[i], *q
	if !s.own {
		s.use, s.own = s.use.clone(), true
	}
	s.use.place(&one)
	b.queue.parts[i] = s.use.Apps[q.App]
	for k := range b.queue.counts {
		b.queue.counts[k][b.queue.values[k][i]]++
	}
	if len(q.Volumes) > 0 {
		b.volumes = maps.Clone(b.volumes)
		settleVolumes(b.volumes, q.App, q.Volumes, s.Name)
	}
}

// settleVolumes notes where volumes live. They stay there when their instance has
// ended, and wherever an instance that shares one is sent later.
func settleVolumes(volumes map[string]string, app string, claims []events.VolumeClaim, node string) {
	for _, v := range claims {
		if key := volumeKey(app, v.Volume); volumes[key] == "" {
			volumes[key] = node
		}
	}
}

func volumeKey(app, volume string) string { return app + "/" + volume }
