package deployer

import (
	"slices"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// rolling replaces instance by instance: missing ones first, replacements second,
// the shares following what is available.
func (v view) rolling(r *Release) (say service.Says) {
	say = v.replace(r, v.limits(r))
	if !say.Empty() || !v.carries(r) {
		return say
	}
	say.Add(v.promote(r, events.Rolling))
	return say
}

// limits is how many instances may be more or fewer than the target.
type limits struct{ surge, unavailable int }

func (v view) limits(r *Release) limits {
	n, p := v.size(r), v.policy()
	l := limits{surge: p.Surge(n), unavailable: p.Unavailable(n)}
	blocked := v.of(r.Number).keep(func(i *Inst) bool { return i.State == "blocked" && wanted(i) })
	switch {
	case r.Strategy == events.Recreate:
		l = limits{0, n}
	case p.Rolling.Order == events.OrderStopFirst, r.Order == events.OrderStopFirst && r.Spec.HasSingleVolume():
		l = limits{0, max(l.unavailable, 1)}
	case r.Order == events.OrderStopFirst && len(blocked) > 0: // only where old and new clash
		l.unavailable = max(l.unavailable, 1)
	case r.Strategy == events.Canary, r.Strategy == events.BlueGreen: // two sets stand beside each other
		l.surge = max(l.surge, n)
	case l.surge == 0 && l.unavailable == 0:
		l.surge = 1
	}
	return l
}

// carries tells whether a release serves all by itself: at target, all requests its
// own, applied by every live gateway.
func (v view) carries(r *Release) bool {
	if len(v.of(r.Number).keep(v.available)) < v.size(r) {
		return false
	}
	return !v.routed() || v.settled() && v.routes(r)
}

// replace brings the app to one release, within limits; level-triggered: it says
// what is missing now. It serves a rollout and, with the releases exchanged, its
// return.
func (v view) replace(to *Release, lim limits) (say service.Says) {
	mine, others := v.of(to.Number).keep(wanted), v.others(to)
	target := v.size(to)
	say.Add(v.more(to, min(target-len(mine), target+lim.surge-len(v.existing(to))), false))
	say.Add(v.withdrawAll(v.unrouted(others), "replaced", "no settled route names release %d"))
	say.Add(v.fewer(mine, len(mine)-target))
	if !say.Empty() {
		return say
	}
	leave := v.mayLeave(others, target-lim.unavailable)
	if want, ok := v.sharesOver(to, others, leave); ok && !v.Route.shares(want) {
		return v.shift(want, to.Cause, "%s", v.shareWords(want))
	}
	if v.routed() && !v.settled() {
		return v.waitSettled(v.id(to))
	}
	for _, i := range leave {
		if v.routed() && len(others) == len(leave) && v.share(to.Number) < fullBp && len(mine.keep(v.available)) >= target {
			break // the last of the old leave when the route names them no more
		}
		v.withdraw(&say, i, "replaced", v.leaveWords(i, target))
	}
	if say.Empty() {
		v.waitComeback(&say, to, others)
		v.waitInstances(&say, to, mine, target)
	}
	return say
}

// others are the instances that are to make room: of every release but one, not
// kept warm, not withdrawn.
func (v view) others(to *Release) insts {
	return v.existing(to).keep(func(i *Inst) bool { return i.Release != to.Number && wanted(i) })
}

// more requests up to n instances for the ordinals that have none; a replacement of
// a failed one waits for its back-off.
func (v view) more(r *Release, n int, hold bool) (say service.Says) {
	have := map[int]bool{}
	for _, i := range v.of(r.Number).keep(wanted) {
		have[i.Ordinal] = true
	}
	for ordinal := 1; n > 0 && ordinal <= v.size(r); ordinal++ {
		if have[ordinal] {
			continue
		}
		rep := r.replica(ordinal)
		if from := rep.retryAt(v.Name, ordinal); v.now.Before(from) {
			say.Waits(v.id(r), waitsTime, "replica %d is tried again at %s", ordinal, from.Format(time.TimeOnly))
			n--
			continue
		}
		id := instanceID(v.Name, r.Number, rep.Attempt+1, ordinal)
		say.Because(r.Cause, "%d of %d wanted", len(have)+1, v.size(r)).Fact(v.request(r, id, events.RoleService, hold))
		have[ordinal] = true
		n--
	}
	return say
}

// fewer withdraws n instances that are more than wanted.
func (v view) fewer(mine insts, n int) (say service.Says) {
	for _, i := range v.surplus(mine, n) {
		say.Because(i.Cause, "%d exist, %d wanted", len(mine), v.target()).Fact(v.withdrawal(i, "scaled"))
	}
	return say
}

func backwards(l insts) insts {
	slices.Reverse(l)
	return l
}

// mayLeave are the old instances that may go now: what does not serve at once,
// what serves only while enough others do. Silence buys nothing below budget, nor does
// a moment's absence.
func (v view) mayLeave(old insts, least int) (leave insts) {
	spare := len(v.all().keep(v.carrying)) - least
	for _, i := range old {
		if !v.serving(i) && (spare >= 0 || !v.silent(i) && !v.comesBack(i)) && !v.becoming(i) {
			leave = append(leave, i)
		}
	}
	for _, i := range old {
		if v.serving(i) && spare > 0 {
			spare--
			leave = append(leave, i)
		}
	}
	return leave
}

// carrying tells whether an instance serves and its release has requests: a warm one
// carries nothing, however well it is. Before the first shares all that serve count.
func (v view) carrying(i *Inst) bool {
	unshared := !v.routed() || len(v.Route.Said.Shares) == 0
	return v.serving(i) && i.Role == events.RoleService && !v.standsBy(i) && (unshared || v.share(i.Release) > 0)
}

// becoming tells whether an instance is ready but does not count yet: minReady has not
// passed, a pool that lists it has not settled, or its node started anew and has not
// said how it is. It may be all that serves. So may what is ready to serve in its place.
func (v view) becoming(i *Inst) bool {
	if next := v.successor(i); next != nil && v.lives(next) {
		return true
	}
	n := v.fleet.Nodes[i.Node]
	return i.State == "ready" && n != nil && n.Alive && !v.serving(i)
}

func (v view) leaveWords(i *Inst, target int) string {
	if !v.serving(i) {
		return "does not serve (" + i.State + "), replaced"
	}
	return "replaced, " + itoa(len(v.all().keep(v.carrying))) + " of " + itoa(target) + " available"
}

func (r *Release) replica(ordinal int) Replica {
	if x := r.Replicas[ordinal]; x != nil {
		return *x
	}
	return Replica{}
}

// Back-off of the replacement of a failed instance.
const (
	replaceMin = 5 * time.Second
	replaceMax = 5 * time.Minute
)

// retryAt is when a failed replica may be tried again: 5 s × 2^k, at most 5 m, plus
// up to a tenth by hash so that many do not come back at once.
func (x Replica) retryAt(app string, ordinal int) time.Time {
	if x.Failures == 0 {
		return time.Time{}
	}
	wait := replaceMin << min(x.Failures-1, 10)
	wait = min(wait, replaceMax)
	jitter := wait / 10 * time.Duration(hash32(app+"/"+itoa(ordinal)+"/"+itoa(x.Attempt))%100) / 100
	return x.FailedAt.Add(wait + jitter)
}

// waitInstances names what the instances of a release wait for.
func (v view) waitInstances(say *service.Says, r *Release, mine insts, target int) {
	for _, i := range mine {
		switch {
		case v.available(i):
		case i.State == "blocked":
			say.Waits(v.id(r), waitsPlacement, "%s", i.Lacks)
		case i.State == "requested":
			say.Waits(v.id(r), waitsPlacement, "%s to be placed: %s", i.ID, v.nodesWords())
		case i.State == "placed", i.State == "fetching":
			say.Waits(v.id(r), waitsArtifact, "%s on %s: %s", i.ID, i.Node, i.State)
		default:
			say.Waits(v.id(r), waitsReadiness, "%s on %s: %s %s", i.ID, i.Node, i.State, i.Why)
		}
	}
	if len(mine) < target && len(say.Waiting) == 0 {
		say.Waits(v.id(r), waitsDrain, "room for %d more", target-len(mine))
	}
}

func (v view) nodesWords() string {
	n := 0
	for _, x := range v.fleet.Nodes {
		if x.Alive {
			n++
		}
	}
	return itoa(n) + " nodes live"
}
