package deployer

import (
	"fmt"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// request is the wish for one instance of a release.
func (v view) request(r *Release, id, role string, hold bool) events.AssignmentRequested {
	q := events.AssignmentRequested{
		OfInstance: events.OfInstance{App: v.Name, Instance: id}, Release: r.Number,
		SpecHash: r.Revision, Role: role, Hold: hold,
		Resources: r.Spec.Resources, Placement: v.placement(), Driver: r.Spec.Driver, HostPorts: hostPorts(r.Spec),
		PerNode: v.Accepted.Document.PerNode && role == events.RoleService,
		Gateway: len(r.Spec.Uses) > 0,
	}
	if role != events.RoleHook { // a hook runs beside what has them
		q.Volumes = r.Spec.Claims(r.Order == events.OrderStartFirst)
	}
	return q
}

func (v view) placement() events.Placement {
	p := v.Accepted.Document.Placement
	if v.Accepted.Document.PerNode {
		p.MaxPerNode = 1
	}
	return p
}

func hostPorts(s events.Spec) (ports []int) {
	for _, name := range s.PortNames() {
		if p := s.Ports[name].HostPort; p != 0 {
			ports = append(ports, p)
		}
	}
	return ports
}

// stopAfterDrain is how long after the drain deadline an instance is stopped even
// if nobody said drained: it covers a gateway's lease and fence.
const stopAfterDrain = 30 * time.Second

func (v view) withdrawal(i *Inst, cause string) events.AssignmentWithdrawn {
	drain, by := int64(0), i.StopBy
	if r := v.Releases[i.Release]; r != nil {
		drain = r.Spec.Stop.DrainMs
	}
	if by.IsZero() {
		by = v.now.Add(ms(drain) + stopAfterDrain)
	}
	return events.AssignmentWithdrawn{
		OfInstance: events.OfInstance{App: v.Name, Node: i.Node, Instance: i.ID},
		Cause:      cause, DrainMs: drain, StopByMs: by.UnixMilli(),
	}
}

func (v view) withdrawAll(l insts, cause, why string) (say service.Says) {
	for _, i := range l {
		v.withdraw(&say, i, cause, fmt.Sprintf(why, i.Release))
	}
	return say
}

// withdraw ends an instance, and before it, what stands by to serve in its place: that
// one would count as soon as the other is withdrawn.
func (v view) withdraw(say *service.Says, i *Inst, cause, why string) {
	if next := v.successor(i); next != nil {
		say.Because(next.Cause, "%s is not kept", i.ID).Fact(v.withdrawal(next, cause))
	}
	say.Because(i.Cause, "%s", why).Fact(v.withdrawal(i, cause))
}
