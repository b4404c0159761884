package deployer

import (
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// evacuate moves what runs on draining nodes: one that is to serve in its place first,
// then, once that serves, the old one goes. What is stopped without it is what time or
// a person forces, or what a person lets have a gap.
func (v view) evacuate() (say service.Says) {
	if v.Retired || v.Accepted == nil {
		return say
	}
	for _, i := range v.all().keep(wanted) {
		switch {
		case v.standsBy(i) && !v.leaving(v.Instances[i.Replaces]):
			v.spare(&say, i, v.Instances[i.Replaces])
		case v.leaving(i):
			v.leave(&say, i)
		}
	}
	return say
}

// spare ends one of two that serve for one replica, after a drain was cancelled: the
// one that moved, unless it alone lives.
func (v view) spare(say *service.Says, i, old *Inst) {
	switch {
	case v.lives(old) || !v.lives(i):
		say.Because(i.Cause, "%s stays where it is", old.ID).Fact(v.withdrawal(i, causeSpare))
	case v.serving(i):
		v.depart(say, old, i.ID+" serves in its place", false)
	}
}

// leaving tells whether an instance runs on a node that is being drained.
func (v view) leaving(i *Inst) bool {
	n := v.fleet.Nodes[i.Node]
	return wanted(i) && n != nil && n.Draining()
}

// leave says what is missing for one instance to leave its node.
func (v view) leave(say *service.Says, i *Inst) {
	x := v.fleet.Nodes[i.Node].Evacuation
	next := v.successor(i)
	single := v.Releases[i.Release] != nil && v.Releases[i.Release].Spec.HasSingleVolume()
	switch {
	case i.PerNode && x.IgnorePerNode:
	case v.standsBy(i):
		if !v.lives(i) || v.lives(v.Instances[i.Replaces]) {
			v.depart(say, i, "it stands by on a node that drains", false)
		}
	case next != nil && v.serving(next):
		v.depart(say, i, next.ID+" serves in its place", false)
	case x.Over(v.now):
		v.depart(say, i, "the drain of "+i.Node+" ends now", !i.StartedAt.IsZero())
	case i.Role == events.RoleHook:
		say.Waits(i.Node, waitsDrain, "hook %s to end", i.ID)
	case i.PerNode && x.Emptied:
		v.depart(say, i, "nothing else is left on "+i.Node, false)
	case i.PerNode:
		say.Waits(i.Node, waitsDrain, "%s leaves last", i.ID)
	case i.StartedAt.IsZero():
		v.depart(say, i, i.Node+" drains and it has not started", false)
	case x.AllowGap && (single || next != nil && next.State == "blocked"):
		v.depart(say, i, "a gap is allowed", true)
	case v.goesAnyway(i), single:
		say.Waits(i.Node, waitsDrain, "%s", i.ID)
	case next == nil:
		v.instead(say, i)
	default:
		say.Waits(i.Node, waitsReadiness, "%s to serve in place of %s: %s %s", next.ID, i.ID, next.State, next.Lacks)
	}
}

func (v view) depart(say *service.Says, i *Inst, why string, forced bool) {
	w := v.withdrawal(i, causeDrain)
	w.Forced = forced
	say.Because(i.Cause, "%s", why).Fact(w)
}

// goesAnyway tells whether a release that makes headway ends an instance by itself.
func (v view) goesAnyway(i *Inst) bool {
	r := v.Releases[v.Live]
	if _, useless := v.useless(i); useless {
		return true
	}
	switch {
	case r == nil:
		return false
	case r.Phase == returning:
		return i.Release == v.Live
	}
	replaces := r.Strategy == events.Rolling || r.Strategy == events.Recreate
	return r.Phase == progress && replaces && i.Release == v.Stable
}

// successor is the instance that is to serve in place of another.
func (v view) successor(i *Inst) *Inst {
	for _, x := range v.all() {
		if x.Replaces == i.ID && wanted(x) {
			return x
		}
	}
	return nil
}

// instead asks for one, as many at a time as the app may do without, at least one.
func (v view) instead(say *service.Says, i *Inst) {
	r := v.Releases[i.Release]
	if r == nil {
		return
	}
	moving := len(v.all().keep(v.standsBy)) + asked(*say)
	if most := max(1, v.policy().Unavailable(v.size(r))); moving >= most {
		say.Waits(i.Node, waitsDrain, "%d of %s move at a time", most, v.Name)
		return
	}
	if from := v.successorAt(i); v.now.Before(from) {
		say.Waits(i.Node, waitsTime, "replica %d is tried again at %s", i.Ordinal, from.Format(time.TimeOnly))
		return
	}
	q := v.request(r, instanceID(v.Name, r.Number, r.replica(i.Ordinal).Attempt+1, i.Ordinal), events.RoleService, false)
	q.Replaces = i.ID
	say.Because(i.Cause, "%s drains", i.Node).Fact(q)
}

// asked counts the requests of a decision.
func asked(say service.Says) (n int) {
	for _, f := range say.Facts {
		if _, ok := f.Data.(events.AssignmentRequested); ok {
			n++
		}
	}
	return n
}

// successorAt is when one may be tried again.
func (v view) successorAt(i *Inst) time.Time {
	if r := v.Releases[i.Release]; r != nil {
		return r.replica(i.Ordinal).retryAt(v.Name, i.Ordinal)
	}
	return time.Time{}
}
