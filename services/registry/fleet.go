package registry

import (
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// Fleet is what every app and every holder needs: who joined, and whose lease stands.
type Fleet struct {
	Nodes    map[string]*Member `json:"nodes,omitempty"`
	Gateways map[string]*Member `json:"gateways,omitempty"`
	Outside  map[string]*Member `json:"outside,omitempty"` // endpoints offered from outside, as <app>.<endpoint>
	Brake    Brake              `json:"brake"`             // of the fleet

	ear service.Soft[ear]
}

// Member is a node or gateway that joined and has not left.
type Member struct {
	Boot     int             `json:"boot"`              // incarnation that is live
	Zone     string          `json:"zone,omitempty"`    // of a node
	Address  string          `json:"address,omitempty"` // of a node
	Waiting  bool            `json:"waiting,omitempty"` // of an endpoint: it was never heard, so it holds no lease
	Suspect  bool            `json:"suspect,omitempty"` // of an endpoint: its pool's brake keeps it
	Joined   events.Position `json:"joined"`            // of its joined: what came before it never had in its table
	JoinedAt time.Time       `json:"joinedAt"`
	Since    time.Time       `json:"since"`             // its lease was granted or resumed
	Lapsed   bool            `json:"lapsed,omitempty"`  // its lease is
	LapsedAt time.Time       `json:"lapsedAt,omitzero"` // the last time it did
	SilentMs int64           `json:"silentMs,omitempty"`
	Last     service.Cause   `json:"last"` // what last changed this
}

// Brake is whether silence is believed.
type Brake struct {
	Engaged    bool      `json:"engaged,omitempty"`
	Since      time.Time `json:"since,omitzero"`       // engaged
	Released   time.Time `json:"released,omitzero"`    // last
	Overridden bool      `json:"overridden,omitempty"` // a person believes it, until lifted
}

const (
	kindNode     = "node"
	kindGateway  = "gateway"
	kindEndpoint = "endpoint" // offered from outside
)

// fold is the fleet's part of a fact.
func (f *Fleet) fold(e events.Event) {
	switch d := e.Data.(type) {
	case events.NodeJoined:
		join(&f.Nodes, d.Node, Member{Boot: d.Incarnation, Zone: d.Zone, Address: d.Address}, e)
	case events.NodeLeft:
		delete(f.Nodes, d.Node)
	case events.GatewayJoined:
		join(&f.Gateways, d.Gateway, Member{Boot: d.Incarnation}, e)
	case events.GatewayLeft:
		delete(f.Gateways, d.Gateway)
	case events.LeaseGranted:
		f.lease(d.Lease, e, false)
	case events.LeaseResumed:
		f.lease(d.Lease, e, false)
	case events.LeaseLapsed:
		f.lease(d.Lease, e, true)
		if m := f.member(d.Kind, d.Name); m != nil && m.Lapsed {
			m.SilentMs = d.SilentMs
		}
	case events.BrakeEngaged:
		if d.App == "" {
			f.Brake.engage(e)
		}
	case events.BrakeReleased:
		if d.App == "" {
			f.Brake.release(d, e)
		}
	default:
		f.foldOutside(e)
	}
}

// foldOutside is the part of endpoints offered from outside: each holds a lease of its
// own from when it was first heard until it leaves.
func (f *Fleet) foldOutside(e events.Event) {
	switch d := e.Data.(type) {
	case events.EndpointRegistered:
		switch holder := outsideOf(d.App, d.Endpoint.Endpoint); {
		case isProbed(d.Endpoint):
			delete(f.Outside, holder) // it holds no lease any more
		case isOutside(d.Endpoint) && f.Outside[holder] == nil:
			f.offered(holder, e)
		}
	case events.EndpointAvailable:
		f.outside(d.Endpoint, func(m *Member) { m.Waiting, m.Lapsed, m.Since = false, false, e.Time })
	case events.EndpointUnavailable:
		f.outside(d.Endpoint, func(m *Member) { m.Lapsed, m.LapsedAt = true, e.Time })
	case events.EndpointDraining:
		delete(f.Outside, outsideOf(d.App, d.Endpoint.Endpoint))
	case events.EndpointDrained:
		delete(f.Outside, outsideOf(d.App, d.Endpoint.Endpoint))
	case events.EndpointRemoved:
		delete(f.Outside, outsideOf(d.App, d.Endpoint.Endpoint))
	case events.PoolChanged:
		for _, l := range d.Endpoints {
			if m := f.Outside[outsideOf(d.App, l.Endpoint)]; m != nil {
				m.Suspect = l.Suspect
			}
		}
	}
}

func (f *Fleet) offered(holder string, e events.Event) {
	if f.Outside == nil {
		f.Outside = map[string]*Member{}
	}
	f.Outside[holder] = &Member{Waiting: true, Since: e.Time, Joined: e.Pos, JoinedAt: e.Time, Last: service.CauseOf(e)}
}

func (f *Fleet) outside(r events.Endpoint, change func(*Member)) {
	if m := f.Outside[outsideOf(r.App, r.Endpoint)]; m != nil {
		change(m)
	}
}

// join begins a life. An older incarnation of the same name is a straggler.
func join(members *map[string]*Member, name string, m Member, e events.Event) {
	if *members == nil {
		*members = map[string]*Member{}
	}
	if old := (*members)[name]; old != nil && old.Boot > m.Boot {
		return
	}
	m.Joined, m.JoinedAt, m.Since, m.Last = e.Pos, e.Time, e.Time, service.CauseOf(e)
	(*members)[name] = &m
}

// lease folds what was said of a lease; of an earlier boot it means nothing.
func (f *Fleet) lease(l events.Lease, e events.Event, lapsed bool) {
	m := f.member(l.Kind, l.Name)
	if m == nil || m.Boot != l.Incarnation {
		return
	}
	m.Lapsed, m.Last = lapsed, service.CauseOf(e)
	if lapsed {
		m.LapsedAt = e.Time
		return
	}
	m.Since = e.Time
}

func (f *Fleet) member(kind, name string) *Member {
	switch kind {
	case kindNode:
		return f.Nodes[name]
	case kindGateway:
		return f.Gateways[name]
	case kindEndpoint:
		return f.Outside[name]
	}
	return nil
}

// live are the gateways whose lease stands, sorted.
func (f *Fleet) live() (names []string) {
	for _, name := range service.Sorted(f.Gateways) {
		if !f.Gateways[name].Lapsed {
			names = append(names, name)
		}
	}
	return names
}

// draining sorts the gateways by what they are to an endpoint that drains since a
// position: those that owe their drained, and those whose lease and fence ran out.
// Who joined later never had it in its table.
func (f *Fleet) draining(since events.Position, fence time.Duration, now time.Time) (owing, without []string) {
	for _, name := range service.Sorted(f.Gateways) {
		switch g := f.Gateways[name]; {
		case g.Joined.After(since):
		case g.Lapsed && !now.Before(g.LapsedAt.Add(fence)):
			without = append(without, name)
		default:
			owing = append(owing, name)
		}
	}
	return owing, without
}

func (b *Brake) engage(e events.Event) {
	*b = Brake{Engaged: true, Since: e.Time, Released: b.Released}
}

func (b *Brake) release(d events.BrakeReleased, e events.Event) {
	*b = Brake{Released: e.Time, Overridden: d.Override}
}
