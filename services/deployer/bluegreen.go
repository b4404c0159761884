package deployer

import (
	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// blueGreen starts the new beside the old, shows it at a preview host, waits for its
// gate, brings it to full size and gives it all requests in one step.
func (v view) blueGreen(r *Release) (say service.Says) {
	mine := v.of(r.Number).keep(wanted)
	size := v.greens(r)
	if say = v.more(r, size-len(mine), false); !say.Empty() {
		return say
	}
	if len(mine.keep(v.available)) < size {
		v.waitInstances(&say, r, mine, size)
		return say
	}
	if v.unjudged(r, events.RunPrePromotion) {
		return v.waitJudged(r, events.RunPrePromotion)
	}
	if gate := v.gate(r); !gate.Empty() {
		return gate
	}
	if size < v.size(r) { // the gate opened: the rest, before any traffic
		return v.more(r, v.size(r)-len(mine), false)
	}
	return v.takeAll(r, mine, events.BlueGreen)
}

// greens is how many new instances are wanted now: the preview's before the gate,
// the target after it.
func (v view) greens(r *Release) int {
	if n := v.policy().BlueGreen.PreviewReplicas; n > 0 && !v.open(r) {
		return min(n, v.size(r))
	}
	return v.size(r)
}

// open tells whether the gate before the promotion is open.
func (v view) open(r *Release) bool {
	return r.Approved || v.policy().BlueGreen.Promote == events.PromoteAuto && v.policy().BlueGreen.PreviewReplicas == 0 ||
		v.Stable == 0 || r.How == howRollback
}

// gate stands before the promotion: a person, a time, or nothing.
func (v view) gate(r *Release) (say service.Says) {
	bg := v.policy().BlueGreen
	if v.open(r) {
		return say
	}
	switch bg.Promote {
	case events.PromoteManual:
		say.Because(r.Cause, "%d new instances are ready, promote them with slipway promote %s", v.greens(r), v.Name).
			Fact(events.ReleasePaused{OfRelease: v.ref(r), Cause: causeApproval})
	default: // a time; auto with a smaller preview passes at once
		until := v.now.Add(ms(bg.PromoteAfterMs)).UTC()
		say.Because(r.Cause, "%d new instances are ready, promoted at %s", v.greens(r), until.Format("15:04:05")).
			Fact(events.ReleasePaused{OfRelease: v.ref(r), Cause: causeStep, Until: until})
	}
	return say
}
