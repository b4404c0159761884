package deployer

import (
	"time"

	"slipway.dev/events"
)

// spared tells whether the instances of a release that does not serve stay all the
// same: it is kept warm, or it is a canary on its way home that still has requests or
// will be kept warm.
func (v view) spared(r *Release) bool {
	if r.isWarm() {
		return true
	}
	return r.Phase == returning && r.Strategy == events.Canary && v.Stable != 0 && !v.Retired &&
		(v.carriesShare(r) || !v.afterwards(r).IsZero())
}

// carriesShare tells whether a release has requests that reach somebody.
func (v view) carriesShare(r *Release) bool {
	return v.routed() && (v.share(r.Number) > 0 || !v.settled()) && len(v.of(r.Number).keep(v.lives)) > 0
}

// afterwards is until when an aborted canary is kept running, to be looked at: zero for
// one that a newer declaration takes the place of, or of which nothing serves.
func (v view) afterwards(r *Release) time.Time {
	if r.Strategy != events.Canary || r.Aborted == causeSuperseded || v.Retired || len(v.of(r.Number).keep(v.available)) == 0 {
		return time.Time{}
	}
	return v.warmUntil(r)
}
