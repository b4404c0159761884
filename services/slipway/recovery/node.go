package recovery

import (
	"time"

	"slipway.dev/events"
)

// KillNode is the recovery from a node's death. ready are the instances that were ready
// before it, by app, those on the node among them; start is the longest that one of its
// apps takes from placed to ready.
func KillNode(injected time.Time, node string, ttl, start time.Duration, ready map[string][]events.OfInstance) *Watch {
	f := newFleet(node, ready)
	return &Watch{Injected: injected, Steps: []*Step{
		{What: "out of the tables", Bound: ttl + Slack, After: Injection, done: lapsed("node", node)},
		{What: "served elsewhere", Bound: ttl + events.LostAfter + start, After: Injection, done: f.hear},
	}}
}

// fleet is who is ready of the apps that lost somebody.
type fleet struct {
	want  map[string]int             // before the death, by app
	ready map[string]map[string]bool // without those of the dead node
}

func newFleet(node string, ready map[string][]events.OfInstance) *fleet {
	f := &fleet{want: map[string]int{}, ready: map[string]map[string]bool{}}
	for app, all := range ready {
		f.want[app], f.ready[app] = len(all), map[string]bool{}
		for _, i := range all {
			if i.Node != node {
				f.ready[app][i.Instance] = true
			}
		}
	}
	return f
}

// hear tells whether every app has as many as before.
func (f *fleet) hear(e events.Event) bool {
	switch d := e.Data.(type) {
	case events.InstanceReady:
		f.is(d.OfInstance, true)
	case events.InstanceUnready:
		f.is(d.OfInstance, false)
	case events.InstanceExited:
		f.is(d.OfInstance, false)
	case events.InstanceStopped:
		f.is(d.OfInstance, false)
	}
	for app, want := range f.want {
		if len(f.ready[app]) < want {
			return false
		}
	}
	return true
}

func (f *fleet) is(i events.OfInstance, ready bool) {
	switch all := f.ready[i.App]; {
	case all == nil:
	case ready:
		all[i.Instance] = true
	default:
		delete(all, i.Instance)
	}
}

// lapsed is the end of a holder's lease by its silence.
func lapsed(kind, name string) func(events.Event) bool {
	return func(e events.Event) bool {
		d, ok := e.Data.(events.LeaseLapsed)
		return ok && d.Kind == kind && d.Name == name
	}
}

// PartitionGateway is what becomes of a gateway that is cut off for a while, longer than
// its lease: it is not counted on, and comes back by itself.
func PartitionGateway(injected time.Time, gateway string, ttl, cut time.Duration) *Watch {
	healed := injected.Add(cut)
	return &Watch{Injected: injected, Steps: []*Step{
		{What: "not counted on", Bound: ttl + Slack, After: Injection, done: lapsed("gateway", gateway)},
		{What: "heard again", Bound: cut + ttl + Slack, After: Injection, done: func(e events.Event) bool {
			d, ok := e.Data.(events.LeaseResumed)
			return ok && d.Kind == "gateway" && d.Name == gateway && !e.At().Before(healed)
		}},
	}}
}
