package deployer

import (
	"slices"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// sizeFor is how many instances of a target a share of the requests needs.
func sizeFor(bp, target int) int { return (bp*target + fullBp - 1) / fullBp }

// stableNeeds is how many instances the release that serves keeps beside a canary: all
// of them, unless it may shrink to what its own share needs.
func (v view) stableNeeds(stable, canary *Release) int {
	n := v.size(stable)
	if !v.policy().ShrinkStable || canary == nil || canary.Strategy != events.Canary || canary.Phase == returning || !v.routed() || !v.settled() {
		return n
	}
	return min(n, sizeFor(v.share(stable.Number), n))
}

// shrink takes from the release that serves what its share needs no more. Others serve
// in its place before: the share has settled, and the canary is as large as its own.
func (v view) shrink(r *Release) (say service.Says) {
	home := v.Releases[v.Stable]
	if home == nil || home == r || v.share(r.Number) == 0 || len(v.of(r.Number).keep(v.serving)) < sizeFor(v.share(r.Number), v.size(r)) {
		return say
	}
	mine := v.of(home.Number).keep(wanted)
	for _, i := range v.surplus(mine, len(mine)-v.stableNeeds(home, r)) {
		say.Because(i.Cause, "release %d has %s of the requests, %d instances serve them", home.Number, percent(v.share(home.Number)), v.stableNeeds(home, r)).
			Fact(v.withdrawal(i, "shrunk"))
	}
	return say
}

// grow brings the release that serves to the size of a share it is to have; empty when
// it is there.
func (v view) grow(home *Release, bp int) (say service.Says) {
	mine, most := v.of(home.Number).keep(wanted), sizeFor(bp, v.size(home))
	if len(mine) < most {
		return v.more(home, most-len(mine), false)
	}
	if len(mine.keep(v.available)) < most {
		v.waitInstances(&say, home, mine, most)
	}
	return say
}

// surplus are n instances that may go: first those that do not serve, of those that do
// the highest. One of a silent node may be all that serves: it goes before none but
// them.
func (v view) surplus(mine insts, n int) insts {
	idle := mine.keep(func(i *Inst) bool { return i.State != "ready" })
	doubtful := mine.keep(func(i *Inst) bool { return i.State == "ready" && !v.available(i) })
	order := slices.Concat(idle, backwards(doubtful), backwards(mine.keep(v.available)))
	return order[:max(0, min(n, len(order)))]
}
