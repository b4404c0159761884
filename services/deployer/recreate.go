package deployer

import (
	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// recreate fetches the new everywhere, ends all of the old, then starts the new:
// the one strategy with a gap, as short as a start.
func (v view) recreate(r *Release) (say service.Says) {
	mine, others := v.of(r.Number).keep(wanted), v.others(r)
	gone := len(v.existing(r)) == len(v.of(r.Number))
	if say = v.more(r, v.size(r)-len(mine), !gone); !say.Empty() {
		return say
	}
	if !gone {
		if waits := mine.keep(func(i *Inst) bool { return !i.Fetched }); len(waits) > 0 {
			v.waitInstances(&say, r, waits, v.size(r))
			return say
		}
		say.Add(v.withdrawAll(others, "replaced", "all of the new are fetched, release %d ends"))
		if say.Empty() {
			say.Waits(v.id(r), waitsDrain, "%d of the old to stop", len(v.existing(r))-len(v.of(r.Number)))
		}
		return say
	}
	for _, i := range mine.keep(func(i *Inst) bool { return i.Held && i.Node != "" }) { // the node hears only what names it
		say.Because(i.Cause, "what it replaces has stopped").Fact(events.AssignmentCleared{
			OfInstance: events.OfInstance{App: v.Name, Node: i.Node, Instance: i.ID},
		})
	}
	if !say.Empty() {
		return say
	}
	return v.takeAll(r, mine, events.Recreate)
}

// takeAll gives a release all requests once it carries them, and promotes it.
func (v view) takeAll(r *Release, mine insts, how string) (say service.Says) {
	switch {
	case len(mine.keep(v.available)) < v.size(r):
		v.waitInstances(&say, r, mine, v.size(r))
		return say
	case v.routed() && !v.routes(r):
		return v.shift(just(r), r.Cause, "%s", v.shareWords(just(r)))
	case v.routed() && !v.settled():
		return v.waitSettled(v.id(r))
	}
	if say = v.passBackground(r); !say.Empty() {
		return say
	}
	return v.promote(r, how)
}
