package deployer

import (
	"reflect"

	"slipway.dev/events"
)

// course is a run a release is to have now.
type course struct {
	run    string
	checks []events.AnalysisCheck
}

// courses are the runs a release is to have now, by where it stands.
func (v view) courses(r *Release) (all []course) {
	p := v.policy()
	add := func(run string, checks []events.AnalysisCheck) {
		if len(checks) > 0 {
			all = append(all, course{run, checks})
		}
	}
	switch {
	case r.Number != v.Live || v.Retired || r.Full || r.From == 0 || v.swift(r):
	case r.Phase == promoted && p.Analysis != nil && v.bakes(r):
		add(events.RunPostPromotion, p.Analysis.PostPromotion)
	case r.Phase != progress && (r.Phase != paused || r.Before != progress):
	case r.Strategy == events.BlueGreen && p.Analysis != nil:
		add(events.RunPrePromotion, p.Analysis.PrePromotion)
	case r.Strategy == events.Canary:
		if x := p.Analysis; x != nil && r.Step >= max(x.StartingStep, 1) {
			add(events.RunBackground, x.Background)
		}
		if r.Step > r.StepDone && r.Step <= len(p.Steps) && (p.Steps[r.Step-1].Run == nil || r.RunDone >= r.Step) {
			add(events.AnalysisOfStep(r.Step), p.Steps[r.Step-1].Analysis)
		}
	}
	return all
}

// swift tells whether a release takes over in one flip, as a return within the window
// does: it has been judged before.
func (v view) swift(r *Release) bool { return r.How == howRollback }

// has tells whether a run is still wanted with the checks it began with.
func has(wanted []course, a *Analysis) bool {
	for _, c := range wanted {
		if c.run == a.Run {
			return reflect.DeepEqual(c.checks, a.Checks)
		}
	}
	return false
}
