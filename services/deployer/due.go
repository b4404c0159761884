package deployer

import (
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// due is the next moment at which time alone changes what is missing of an app.
func (cfg Config) due(a *App, f *Fleet, after time.Time) time.Time {
	moments := a.awaited()
	if a.Accepted == nil {
		return service.First(after, moments...)
	}
	v := view{App: a, fleet: f, cfg: cfg, now: after}
	for _, i := range a.Instances {
		if v.lives(i) {
			moments = append(moments, v.availableAt(i))
		}
		if i.Withdrawn {
			moments = append(moments, i.StopBy)
		}
		if v.comesBack(i) {
			moments = append(moments, v.comesBackBy(i))
		}
		if v.leaving(i) {
			moments = append(moments, f.Nodes[i.Node].Evacuation.Until, v.successorAt(i))
		}
	}
	for _, r := range a.Releases {
		moments = append(moments, r.WarmUntil)
		if r.Number == a.Live || r.Number == a.Stable {
			moments = append(moments, v.moments(r)...)
		}
	}
	return service.First(after, moments...)
}

// moments are when time alone moves a release that serves or is on its way.
func (v view) moments(r *Release) (l []time.Time) {
	switch r.Phase {
	case planned, preparing, progress:
		l = append(l, v.deadline(r).Add(time.Millisecond))
	case paused:
		l = append(l, r.Until)
	case returning:
		l = append(l, v.revertBy(r).Add(time.Millisecond))
	}
	l = append(l, v.judgements(r)...)
	for ordinal, x := range r.Replicas {
		l = append(l, x.retryAt(v.Name, ordinal))
	}
	for _, i := range v.Instances {
		if i.Role == events.RoleHook && i.Release == r.Number {
			l = append(l, v.hookEnds(r, i).Add(time.Millisecond))
		}
	}
	return l
}
