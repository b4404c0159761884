package deployer

import (
	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// steady keeps what serves at its size: a failed or lost instance is replaced by one
// of the same release.
func (v view) steady() (say service.Says) {
	r := v.Releases[v.Stable]
	if r == nil || v.Retired || v.Live != 0 || v.flipping() != nil {
		return say
	}
	mine := v.of(r.Number).keep(wanted)
	say = v.more(r, v.size(r)-len(mine), false)
	say.Add(v.fewer(mine, len(mine)-v.size(r)))
	if !say.Empty() {
		return say
	}
	if v.routed() && !v.routes(r) && len(mine.keep(v.available)) >= v.size(r) {
		return v.shift(just(r), r.Cause, "%s", v.shareWords(just(r)))
	}
	if len(mine.keep(v.available)) < v.size(r) {
		v.waitInstances(&say, r, mine, v.size(r))
	}
	return say
}

// restore replaces what was lost of the serving release while another one is on its
// way: a replacement is of the release it replaces.
func (v view) restore() (say service.Says) {
	r, live := v.Releases[v.Stable], v.Releases[v.Live]
	if r == nil || live == nil || r == live || v.Retired || live.Strategy == events.Recreate ||
		live.Phase == returning || live.Phase == promoted || v.routed() && v.share(r.Number) == 0 {
		return say
	}
	room := v.size(live) + v.limits(live).surge - len(v.existing(live))
	if live.Strategy == events.BlueGreen || live.Strategy == events.Canary {
		room = v.size(live)
	}
	have := map[int]bool{}
	for _, i := range v.of(r.Number).keep(wanted) {
		have[i.Ordinal] = true
	}
	for _, ordinal := range service.Sorted(r.Replicas) {
		x := r.Replicas[ordinal]
		if !x.Lost || have[ordinal] || ordinal > v.size(r) || room <= 0 || len(have) >= v.stableNeeds(r, live) || v.now.Before(x.retryAt(v.Name, ordinal)) {
			continue
		}
		room--
		have[ordinal] = true
		say.Because(r.Cause, "replica %d of the serving release was lost", ordinal).
			Fact(v.request(r, instanceID(v.Name, r.Number, x.Attempt+1, ordinal), events.RoleService, false))
	}
	return say
}

// leftovers withdraws what serves nothing and is kept for nothing, and cools what was
// kept long enough.
func (v view) leftovers() (say service.Says) {
	if v.Accepted == nil {
		return say
	}
	kept := map[bool]int{} // what failed pushes out nothing that did not
	for _, r := range v.warm() {
		switch {
		case r.Number == v.refuge():
		case !v.now.Before(r.WarmUntil):
			say.Because(r.Cause, "warm until %s", r.WarmUntil.Format("15:04:05")).Fact(events.ReleaseCooled{OfRelease: v.ref(r)})
		case kept[r.Reached] >= v.policy().Keep.Warm || v.Retired:
			say.Because(r.Cause, "%d warm releases are kept", v.policy().Keep.Warm).Fact(events.ReleaseCooled{OfRelease: v.ref(r)})
		}
		kept[r.Reached]++
	}
	if !say.Empty() {
		return say
	}
	for _, i := range v.all().keep(wanted) {
		if why, ok := v.useless(i); ok {
			say.Because(i.Cause, "%s", why).Fact(v.withdrawal(i, v.leaves(i)))
		}
	}
	return say
}

// leaves is the cause of a leftover's withdrawal: its release was taken back, or
// another one has replaced it.
func (v view) leaves(i *Inst) string {
	if r := v.Releases[i.Release]; r == nil || r.Aborted != "" {
		return "aborted"
	}
	return "replaced"
}

// warm are the releases kept running, the newest first.
func (v view) warm() (l []*Release) {
	numbers := service.Sorted(v.Releases)
	for k := len(numbers) - 1; k >= 0; k-- {
		if r := v.Releases[numbers[k]]; r.isWarm() {
			l = append(l, r)
		}
	}
	return l
}

// useless tells why nothing needs an instance.
func (v view) useless(i *Inst) (why string, ok bool) {
	r := v.Releases[i.Release]
	switch {
	case i.Role == events.RoleHook && i.Release == v.Live && r != nil && v.awaits(r, i):
		return "", false
	case i.Role == events.RoleHook:
		return "its release goes on without it", true
	case i.Release == v.Stable && !v.Retired, i.Release == v.Live && !v.Retired, r != nil && r.isWarm():
		return "", false
	case v.routed() && v.share(i.Release) > 0 && !v.Route.Removed:
		return "", false
	case v.routed() && !v.settled() && !v.Retired && v.Live != 0:
		return "", false
	}
	return "release " + itoa(i.Release) + " serves nothing", true
}

// prepares tells whether a release is before its first instance, paused or not.
func (r *Release) prepares() bool {
	phase := r.Phase
	if phase == paused {
		phase = r.Before
	}
	return phase == planned || phase == preparing
}

// retire ends an app: the way in first, then its instances.
func (v view) retire() (say service.Says) {
	if !v.Retired {
		return say
	}
	if v.Route.Generation > 0 && !v.Route.Removed {
		say.Because(v.Cause, "the app is retired").Fact(events.RouteRemoved{OfRoute: v.nextRoute()})
		return say
	}
	for _, i := range v.all().keep(wanted) {
		say.Because(v.Cause, "the app is retired").Fact(v.withdrawal(i, "retired"))
	}
	if r := v.Releases[v.Live]; say.Empty() && r != nil {
		switch {
		case r.Phase == promoted:
			return v.finish(r)
		case r.Phase != returning:
			say.Because(v.Cause, "the app is retired").Fact(v.abort(r, causeSuperseded, "", ""))
		default:
			say.Because(v.Cause, "the app is retired").Fact(events.ReleaseSuperseded{OfRelease: v.ref(r)})
		}
	}
	if say.Empty() && len(v.Instances) > 0 {
		say.Waits(v.Name, waitsDrain, "%d instances to stop", len(v.Instances))
	}
	return say
}
