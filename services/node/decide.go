package node

import (
	"reflect"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// decision is one look at the node: what is missing now.
type decision struct {
	*State
	w   *world
	now time.Time
	say service.Says

	taking bool    // the agent leaves and takes its workloads along
	ports  *ledger // with what this decision gives out; nil: it gives none out yet
}

func (c Config) decide(s *State, now time.Time) service.Says {
	w := s.world.Get()
	if w.boot == nil {
		return service.Says{}
	}
	d := &decision{State: s, w: w, now: now, taking: c.taking(w)}
	is := describe(c, *w.boot)
	switch {
	case !s.joined():
		d.say.Because(service.Cause{}, "agent started, boot %d", s.Incarnation+1).Fact(events.NodeJoined{
			OfNode: events.OfNode{Node: s.Name}, Incarnation: s.Incarnation + 1, Nonce: w.boot.Nonce, FirstPort: w.boot.FirstPort, NodeDescription: is,
		})
		return d.say
	case s.Left:
		return d.say
	case !same(s.Said, is):
		d.say.Because(s.Last, "the node is or has something else now").Fact(events.NodeChanged{
			OfNode: events.OfNode{Node: s.Name}, NodeDescription: is,
		})
	}
	for _, r := range s.table().sorted {
		d.look(r)
	}
	d.extras()
	s.Drills.Decide(c.terms(s), now, &d.say)
	if w.leaving && len(s.Instances) == 0 && len(s.Extras) == 0 {
		d.say.Because(s.Last, "told to leave, has no instance").Fact(events.NodeLeft{OfNode: events.OfNode{Node: s.Name}})
	}
	return d.say
}

func (c Config) taking(w *world) bool { return w.leaving && c.TakeAlong }

// same compares as the log does: a list or map that is empty is one that is absent.
func same(a, b events.NodeDescription) bool {
	for _, d := range []*events.NodeDescription{&a, &b} {
		if len(d.Labels) == 0 {
			d.Labels = nil
		}
		if len(d.Drivers) == 0 {
			d.Drivers = nil
		}
		if len(d.Isolation) == 0 {
			d.Isolation = nil
		}
	}
	return reflect.DeepEqual(a, b)
}

// instance says what one instance is missing.
func (d *decision) instance(id string, i *Instance) {
	x := d.w.of(id)
	switch end := d.ended(id, i, x); {
	case end != nil:
		d.exited(id, i, *end)
	case i.up() && i.Boot != d.Incarnation:
		d.adopt(id, i, x)
	case i.Phase == Stopping:
		d.confirm(id, i, x)
	case i.Withdrawn != nil:
		d.withdraw(id, i)
	case d.w.leaving: // nothing new begins
	case i.runs():
		d.running(id, i, x)
	case i.Phase == Exited:
		d.after(id, i)
	case i.Phase == BackingOff:
		d.again(id, i)
	default:
		d.arriving(id, i, x)
	}
}

func (d *decision) of(id, app string) events.OfInstance {
	return events.OfInstance{App: app, Node: d.Name, Instance: id}
}

// arriving leads a placement to its first start.
func (d *decision) arriving(id string, i *Instance, x *seen) {
	spec := d.spec(i)
	switch {
	case spec == nil:
		d.say.Waits(id, "artifact", "release.planned of %s/%d with spec %s", i.App, i.Release, i.SpecHash)
	case i.Phase == Placed:
		d.say.Because(i.Last, "placed here").Fact(events.InstanceFetching{OfInstance: d.of(id, i.App), Digest: digest(spec)})
	case i.Phase == Fetching:
		d.fetching(id, i, x, spec)
	case i.Phase == FetchFailed && i.Final:
		d.fail(id, i, events.InstanceFailed{Code: noCode, Final: true}, "content cannot be had: %s", i.Why)
	case i.Phase == FetchFailed && !d.now.Before(i.Until):
		d.say.Because(i.Last, "attempt %d", i.FetchFailures+1).Fact(events.InstanceFetching{OfInstance: d.of(id, i.App), Digest: digest(spec)})
	case i.Phase == FetchFailed:
		d.say.Waits(id, "artifact", "%s; again at %s", i.Why, i.Until.Format(time.TimeOnly))
	case i.Held:
		d.say.Waits(id, "placement", "held until the one it replaces is stopped")
	default:
		d.start(id, i, spec, "content is here")
	}
}

func (d *decision) fetching(id string, i *Instance, x *seen, spec *events.Spec) {
	switch {
	case spec.Artifact == nil:
		d.say.Because(i.Last, "a program of the node: nothing to fetch").Fact(events.InstanceFetched{OfInstance: d.of(id, i.App)})
	case x.content != nil:
		d.say.Because(i.Last, "content verified, %d bytes", spec.Artifact.SizeBytes).Fact(events.InstanceFetched{
			OfInstance: d.of(id, i.App), SizeBytes: spec.Artifact.SizeBytes, TookMs: x.content.TookMs,
		})
	case x.noContent != nil && x.noContent.Failures == i.FetchFailures:
		failures := i.FetchFailures + 1
		fact := events.InstanceFetchFailed{OfInstance: d.of(id, i.App), Final: x.noContent.Final, Failures: failures, Detail: x.noContent.Reason}
		if !fact.Final {
			fact.Until = i.Since.Add(doubled(fetchMin, fetchMax, failures))
		}
		d.say.Because(i.Last, "attempt %d: %s", failures, x.noContent.Reason).Fact(fact)
	default:
		d.say.Waits(id, "artifact", "fetching %s", digest(spec))
	}
}

func digest(spec *events.Spec) string {
	if spec.Artifact == nil {
		return ""
	}
	return spec.Artifact.SHA256
}

// start says the intent; it names the ports.
func (d *decision) start(id string, i *Instance, spec *events.Spec, why string, args ...any) {
	var ports map[string]int
	if i.Role != events.RoleHook {
		if d.ports == nil {
			d.ports = d.ledger()
		}
		var ok bool
		if ports, ok = d.ports.allot(spec); !ok {
			d.say.Waits(id, "placement", "a port: another instance has its fixed one, or none of %d to %d is free", firstPort, lastPort)
			return
		}
	}
	d.say.Because(i.Last, why, args...).Fact(events.InstanceStarting{OfInstance: d.of(id, i.App), Try: i.Try + 1, Boot: d.Incarnation, Ports: ports})
}
