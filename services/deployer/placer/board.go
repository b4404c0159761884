package placer

import (
	"maps"
	"reflect"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/deployer/inventory"
)

// board is the cluster as one decision sees it: what the decision gives away is counted
// in at once. Its spots stand in the order of their names, so twins choose alike.
type board struct {
	spots   []spot
	volumes inventory.Homes   // where each volume lives
	meshed  map[string]bool   // nodes with a live gateway
	leaving string            // a node looked at as if it were to be emptied
	queue   queue             // of the last request: those of one app come together
	keys    map[string]values // by spread key
}

// values numbers the values of a spread key.
type values struct {
	of []int // by spot
	n  int
}

// spot is a node and what is reserved on it.
type spot struct {
	*inventory.Node
	use *Use
	own bool // use is the board's, not the state's
}

// queue is what is the same for all requests of an app that ask for the same, by spot,
// so that a choice among thousands of nodes looks nothing up.
type queue struct {
	app, driver string
	gateway     bool // it needs one
	placement   events.Placement
	never       []string // why the node can never have one; "" if it can
	weights     []int    // preference
	values      []values // by spread key
	counts      [][]int  // by spread key: instances of the app by value
}

func newBoard(c *Cluster) *board {
	b := &board{spots: make([]spot, 0, len(c.Nodes)), volumes: c.Volumes, meshed: c.meshedNodes(), keys: map[string]values{}}
	for _, name := range service.Sorted(c.Nodes) {
		b.spots = append(b.spots, spot{Node: c.Nodes[name], use: useOf(c.Uses, name)})
	}
	return b
}

// lineUp makes the queue for a request, as far as it is not made.
func (b *board) lineUp(q *Request) {
	same := b.queue.never != nil && b.queue.driver == q.Driver && b.queue.gateway == q.Gateway && reflect.DeepEqual(b.queue.placement, q.Placement)
	if same && b.queue.app == q.App {
		return
	}
	if !same {
		b.queue = queue{driver: q.Driver, gateway: q.Gateway, placement: q.Placement, never: make([]string, len(b.spots)), weights: make([]int, len(b.spots))}
		for i := range b.spots {
			b.queue.never[i], b.queue.weights[i] = b.never(q, b.spots[i].Node), preference(q, b.spots[i].Node)
		}
		for _, key := range spreadKeys(q) {
			b.queue.values = append(b.queue.values, b.valuesOf(key))
		}
	}
	b.queue.app = q.App
	b.count()
}

// count counts the app's instances by the value of each spread key.
func (b *board) count() {
	b.queue.counts = make([][]int, len(b.queue.values))
	for k, v := range b.queue.values {
		b.queue.counts[k] = make([]int, v.n)
	}
	for i := range b.spots {
		if part, here := b.spots[i].use.Apps[b.queue.app]; here {
			b.add(i, part.Count)
		}
	}
}

func (b *board) add(i, n int) {
	for k, v := range b.queue.values {
		b.queue.counts[k][v.of[i]] += n
	}
}

func (b *board) valuesOf(key string) values {
	if v, known := b.keys[key]; known {
		return v
	}
	numbers, v := map[string]int{}, values{of: make([]int, len(b.spots))}
	for i := range b.spots {
		value := b.spots[i].Field(key)
		if _, known := numbers[value]; !known {
			numbers[value] = len(numbers)
		}
		v.of[i] = numbers[value]
	}
	v.n = len(numbers)
	b.keys[key] = v
	return v
}

// give counts in an instance on a spot, for the rest of the decision.
func (b *board) give(q *Request, i int) {
	s, one := &b.spots[i], *q
	if !s.own {
		s.use, s.own = s.use.clone(), true
	}
	s.use.place(&one)
	b.add(i, 1)
	if len(q.Volumes) > 0 {
		b.volumes = maps.Clone(b.volumes)
		settleVolumes(b.volumes, q.App, q.Volumes, s.Name)
	}
}

// settleVolumes notes where the volumes of an app live.
func settleVolumes(homes inventory.Homes, app string, claims []events.VolumeClaim, node string) {
	for _, v := range claims {
		homes.Settle(volumeKey(app, v.Volume), node)
	}
}

func volumeKey(app, volume string) string { return app + "/" + volume }
