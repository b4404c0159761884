package deployer

import (
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// canary gives the new release its requests step by step: as many instances as the
// step's share needs, the share, its settlement, then time or a person.
func (v view) canary(r *Release) (say service.Says) {
	steps := v.policy().Steps
	if v.Stable == 0 || r.How == howRollback || r.Full || r.StepDone >= len(steps) && v.passed(r) && !v.unjudged(r, events.RunBackground) || v.emptied() || r.Step == 0 && v.alone(r) {
		return v.whole(r)
	}
	switch {
	case v.size(r) == 0: // no node takes one now: what serves goes on
		say.Waits(v.id(r), waitsPlacement, "a node that fits")
		return say
	case r.Step > r.StepDone:
		return v.step(r)
	case !v.passed(r):
		return v.pauseAfter(r)
	case v.unjudged(r, events.RunBackground):
		return v.waitJudged(r, events.RunBackground)
	}
	next := r.Step + 1
	say.Because(r.Cause, "step %d of %d: %s of the requests", next, len(steps)+1, percent(steps[next-1].WeightBp)).
		Fact(events.ReleaseStepStarted{OfRelease: v.ref(r), Step: next, ShareBp: steps[next-1].WeightBp})
	return say
}

// alone tells whether nothing else of the app runs or shall: there is nobody to be a
// canary beside. What was lost comes back.
func (v view) alone(r *Release) bool {
	for _, x := range v.Releases[v.Stable].Replicas {
		if x.Lost {
			return false
		}
	}
	return len(v.others(r)) == 0
}

// emptied tells whether a person wants no instance of the app.
func (v view) emptied() bool { d := v.Accepted.Document; return d.Replicas == 0 && !d.PerNode }

// whole ends the steps: all instances, then all requests.
func (v view) whole(r *Release) (say service.Says) {
	mine := v.of(r.Number).keep(wanted)
	if say = v.more(r, v.size(r)-len(mine), false); !say.Empty() {
		return say
	}
	if say = v.bench(r); !say.Empty() {
		return say
	}
	return v.takeAll(r, mine, events.Canary)
}

// at is the step a release is in, as the app file has it today; one that is no more
// is the last.
func (v view) at(r *Release) (s events.DeployStep, ok bool) {
	steps := v.policy().Steps
	if r.Strategy != events.Canary || r.Step == 0 || len(steps) == 0 || r.Full {
		return s, false
	}
	return steps[min(r.Step, len(steps))-1], true
}

// step brings a release to the share of its step.
func (v view) step(r *Release) (say service.Says) {
	s, _ := v.at(r)
	mine := v.of(r.Number).keep(wanted)
	need := s.Instances(v.size(r))
	if say = v.more(r, need-len(mine), false); !say.Empty() {
		return say
	}
	if say = v.bench(r); !say.Empty() {
		return say
	}
	if len(mine.keep(v.available)) < need {
		v.waitInstances(&say, r, mine, need)
		return say
	}
	if want := v.split(r, s.WeightBp); v.routed() && !v.Route.shares(want) {
		return v.shift(want, r.Cause, "%s", v.shareWords(want))
	}
	if v.routed() && !v.settled() {
		return v.waitSettled(v.id(r))
	}
	if say = v.shrink(r); !say.Empty() {
		return say
	}
	if s.Run != nil && r.RunDone < r.Step {
		return v.hook(r, errand{Hook: runHook(s.Run.Command, s.Run), Step: r.Step}, "command of step "+itoa(r.Step))
	}
	if own := events.AnalysisOfStep(r.Step); v.unjudged(r, own) {
		return v.waitJudged(r, own)
	}
	if v.measuring(r) {
		say.Waits(v.id(r), waitsAnalysis, "the share of release %d to be measured", r.Number)
		return say
	}
	bp, of := v.measured(r)
	say.Because(r.Cause, "%d of %d available%s%s", len(mine.keep(v.available)), need, v.routeWords(), measuredWords(bp, of)).
		Fact(events.ReleaseStepCompleted{OfRelease: v.ref(r), Step: r.Step, ShareBp: s.WeightBp, MeasuredBp: bp, Requests: of})
	return say
}

// split are the shares of a step: the rest stays with what serves.
func (v view) split(r *Release, bp int) []events.RouteShare {
	from := v.from(r)
	if from == nil {
		from = v.Releases[v.Stable]
	}
	return []events.RouteShare{{Release: from.Number, ShareBp: fullBp - bp}, {Release: r.Number, ShareBp: bp}}
}

// bench takes its requests from a canary of which nobody is ready, and steadied gives
// them back: who does not serve has no share.
func (v view) bench(r *Release) (say service.Says) {
	home := v.Releases[v.Stable]
	if !v.routed() || home == nil || home == r || v.size(r) == 0 || v.share(r.Number) == 0 || len(v.of(r.Number).keep(v.lives)) > 0 {
		return say
	}
	if !v.carried(just(home)) {
		if v.policy().ShrinkStable {
			say = v.grow(home, fullBp)
		}
		return say
	}
	return v.shift(just(home), r.Cause, "nobody of release %d is ready", r.Number)
}

// held keeps the share of a canary that stands still as its instances can carry it.
func (v view) held(r *Release) (say service.Says) {
	s, ok := v.at(r)
	if !ok || r.StepDone < r.Step || !v.routed() || v.size(r) == 0 {
		return say
	}
	if say = v.bench(r); !say.Empty() || v.share(r.Number) > 0 {
		return say
	}
	if want := v.split(r, s.WeightBp); len(v.of(r.Number).keep(v.available)) >= s.Instances(v.size(r)) {
		return v.shift(want, r.Cause, "%s", v.shareWords(want))
	}
	return say
}

// passed tells whether what the last completed step asks for has been given.
func (v view) passed(r *Release) bool {
	s, ok := v.at(r)
	return !ok || r.StepDone < r.Step || s.PauseMs == 0 && !s.Approve || r.Gated >= r.StepDone
}

// pauseAfter stands still after a step, for its time or for a person.
func (v view) pauseAfter(r *Release) (say service.Says) {
	s, _ := v.at(r)
	if s.Approve {
		say.Because(r.Cause, "step %d is done, go on with slipway promote %s", r.StepDone, v.Name).
			Fact(events.ReleasePaused{OfRelease: v.ref(r), Cause: causeApproval})
		return say
	}
	until := v.now.Add(ms(s.PauseMs)).UTC()
	say.Because(r.Cause, "step %d is done, until %s", r.StepDone, until.Format(time.TimeOnly)).
		Fact(events.ReleasePaused{OfRelease: v.ref(r), Cause: causeStep, Until: until})
	return say
}

// unready tells why a canary cannot go on, "" if it can.
func (v view) unready(r *Release) string {
	s, ok := v.at(r)
	if !ok {
		return ""
	}
	need, have := s.Instances(v.size(r)), len(v.of(r.Number).keep(v.available))
	if have >= need {
		return ""
	}
	return itoa(have) + " of " + itoa(need) + " instances of release " + itoa(r.Number) + " are available"
}
