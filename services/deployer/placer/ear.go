package placer

import (
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/deployer/inventory"
)

// Ear is when this copy of the placer has heard which node: the log alone tells that a
// lease lapsed, but not that whoever would say it resumed is still there.
type Ear struct {
	heard service.Soft[hearsay]
}

type hearsay struct {
	since time.Time // listening without a gap
	nodes map[string]time.Time
}

// earKey is touched by hearsay of nodes and by nothing else.
const earKey = "ear"

func touches(sig service.Signal) []string {
	if h, ok := sig.Data.(service.Heard); ok && h.Kind == "node" {
		return []string{earKey}
	}
	return nil
}

// sense hears wishes, renewals, and that some may have been missed.
func (c *Cluster) sense(x *Ear, sig service.Signal, now time.Time) {
	h := x.heard.Get()
	switch d := sig.Data.(type) {
	case service.Heard:
		if h.nodes == nil {
			h.nodes = map[string]time.Time{}
		}
		h.nodes[d.Holder] = now
	case service.Gap:
		h.since = now
	}
	if sig.Wish != nil {
		c.Inbox.Hear(*sig.Wish)
	}
}

// lostAt is when a node whose lease lapsed counts as lost: ten seconds later, and not
// before this copy has listened for a lease's time and heard nothing of it.
func (x *Ear) lostAt(n *inventory.Node, ttl time.Duration) time.Time {
	lost, h := n.Lapsed.Add(events.LostAfter), x.heard.Get()
	for _, t := range []time.Time{h.since, h.nodes[n.Name]} {
		if own := t.Add(ttl); !t.IsZero() && own.After(lost) {
			lost = own
		}
	}
	return lost
}
