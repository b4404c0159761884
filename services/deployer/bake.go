package deployer

import (
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// bakes tells whether a promoted release is still judged, with the one before it kept
// ready to take its requests back.
func (v view) bakes(r *Release) bool {
	p, old := v.policy(), v.Releases[r.From]
	switch {
	case r.Phase != promoted || p.BakeMs == 0 || p.Analysis == nil || len(p.Analysis.PostPromotion) == 0:
		return false
	case old == nil || !old.isWarm() && old.Phase != completed || v.swift(r) || v.Pending != nil || v.Retired:
		return false
	}
	a := r.Analyses[events.RunPostPromotion]
	return !v.baked(r) || a != nil && a.State == failed && p.OnFailure != events.OnFailurePause
}

func (v view) bakeEnds(r *Release) time.Time { return r.PromotedAt.Add(ms(v.policy().BakeMs)) }

func (v view) baked(r *Release) bool { return !v.now.Before(v.bakeEnds(r)) }

// bake keeps a promoted release and the one before it at their size until it has been
// judged.
func (v view) bake(r *Release) (say service.Says) {
	for _, each := range []*Release{r, v.Releases[r.From]} {
		mine := v.of(each.Number).keep(wanted)
		say.Add(v.more(each, v.size(each)-len(mine), false))
		say.Add(v.fewer(mine, len(mine)-v.size(each)))
	}
	if say.Empty() {
		say.Waits(v.id(r), waitsAnalysis, "its bake, until %s", v.bakeEnds(r).Format(time.TimeOnly))
	}
	return say
}

// bakedTo tells why a rollback cannot lead from a release that is baked to another one:
// only the one before it is kept at its size. No cause: it can.
func (v view) bakedTo(r *Release, to int) (cause, why string) {
	old := v.Releases[r.From]
	switch {
	case to == r.Number:
		return "serving", "release " + itoa(to) + " serves already"
	case to != 0 && to != old.Number:
		return "busy", "release " + itoa(r.Number) + " is in its bake until " + v.bakeEnds(r).Format(time.TimeOnly) +
			": a rollback takes it back to release " + itoa(old.Number) + ", which served before it, and to no other"
	case to == 0 && old.Revision == r.Revision:
		return "none", "release " + itoa(old.Number) + ", which served before release " + itoa(r.Number) + ", is of the same revision: an abort takes it back to that"
	}
	return "", ""
}

// home is the release an aborted one goes back to: what serves, or of one that was
// promoted already the one before it.
func (v view) home(r *Release) *Release {
	if r.Reached {
		return v.Releases[r.From]
	}
	return v.Releases[v.Stable]
}

// refuge is the release that is kept for one that is baked or on its way back from it.
func (v view) refuge() int {
	r := v.Releases[v.Live]
	if r == nil || !r.Reached || r.Phase != returning && (r.Phase != promoted || !v.bakes(r)) {
		return 0
	}
	return r.From
}

// regain gives the requests back to what served before, in one step: it was kept at its
// size. Once they have settled it is the stable one again.
func (v view) regain(r, home *Release) (say service.Says) {
	n := len(v.of(home.Number).keep(v.available))
	switch {
	case !r.Reached || v.Stable == home.Number || n < v.size(home):
		return say
	case v.routed() && !v.routes(home):
		return v.shift(just(home), r.Cause, "release %d is taken back: %s", r.Number, r.AbortWhy)
	case v.routed() && !v.settled():
		return v.waitSettled(v.id(r))
	}
	say.Because(r.Cause, "%d warm instances serve again%s", n, v.routeWords()).Fact(v.fast(home))
	return say
}

func (v view) warmFor() time.Duration {
	if v.policy().Keep.Warm < 1 {
		return 0
	}
	return ms(v.policy().Keep.WarmForMs)
}
