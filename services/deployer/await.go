package deployer

import (
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// unjudged tells whether a run keeps a release where it is.
func (v view) unjudged(r *Release, run string) bool {
	for _, c := range v.courses(r) {
		if c.run == run {
			return v.awaited(r, run, r.Analyses[run])
		}
	}
	return false
}

func (v view) awaited(r *Release, run string, a *Analysis) bool {
	background := run == events.RunBackground
	switch {
	case a == nil:
		return !background || !v.routed() || !v.routes(r)
	case a.State == passed:
		return false
	case a.State == underway && background:
		return v.doubtful(r, a)
	case a.State == cancelled:
		return a.Ended == causePolicy || background && r.Step > a.Step
	case a.State == underway:
		return true
	}
	return background || !a.Answered
}

// doubtful tells whether a background run does not speak for going on: each check must
// have found it good in the present share; with all requests its own, none bad.
func (v view) doubtful(r *Release, a *Analysis) bool {
	all, since := v.routed() && v.routes(r), v.since(r, a)
	for i, t := range a.Tallies {
		c := a.Checks[i]
		switch {
		case t.outcome(c) == passed:
		case all && !t.bad(c):
		case all, !t.good(c), t.From.Before(since):
			return true
		}
	}
	return false
}

// waitJudged tells what a run that keeps a release where it is waits for.
func (v view) waitJudged(r *Release, run string) (say service.Says) {
	a := r.Analyses[run]
	if a == nil || a.State != underway {
		say.Waits(v.id(r), waitsAnalysis, "%s analysis of release %d", run, r.Number)
		return say
	}
	for i, t := range a.Tallies {
		c := a.Checks[i]
		switch {
		case t.outcome(c) == passed:
		case t.Verdict == events.VerdictNoData:
			say.Waits(v.id(r), waitsTraffic, "traffic for release %d (%s)", r.Number, t.Words)
		default:
			say.Waits(v.id(r), waitsAnalysis, "%s of release %d to be judged%s", metricWords(c.Metric), r.Number, soFar(t))
		}
	}
	return say
}

func soFar(t Tally) string {
	if t.Words == "" {
		return ""
	}
	return " (last: " + t.Words + ")"
}

// judging tells whether nothing but a verdict is missing of a release: its deadline
// stands still.
func (v view) judging(r *Release) bool {
	if r.Phase != progress || !v.stands(r) {
		return false
	}
	for _, c := range v.courses(r) {
		if v.awaited(r, c.run, r.Analyses[c.run]) {
			return true
		}
	}
	return false
}

// inTheWay are the runs that a person promotes past.
func (v view) inTheWay(r *Release, full bool) (runs []string) {
	for _, c := range v.courses(r) {
		a := r.Analyses[c.run]
		if a != nil && a.State != passed && a.State != cancelled && (full && a.State == underway || v.awaited(r, c.run, a)) {
			runs = append(runs, c.run)
		}
	}
	return runs
}

// passBackground ends the background run of a release that is about to be promoted.
func (v view) passBackground(r *Release) (say service.Says) {
	if a := r.Analyses[events.RunBackground]; a != nil && a.State == underway && !r.Full && a.wasGood() {
		say.Because(a.Cause, "%s", orWords(a.last(), "nothing speaks against it")).
			Fact(events.AnalysisPassed{OfAnalysis: v.runOf(r, events.RunBackground)})
	}
	return say
}

// judgements are when time alone tells something to the checks of a release.
func (v view) judgements(r *Release) (l []time.Time) {
	if r.Phase == promoted && v.bakes(r) {
		l = append(l, v.bakeEnds(r))
	}
	if r.Phase == progress && r.Strategy == events.Canary && v.measuring(r) {
		l = append(l, v.measuredBy().Add(time.Millisecond))
	}
	for _, a := range r.Analyses {
		for i, t := range a.Tallies {
			if a.State == underway {
				l = append(l, v.blindAt(v.since(r, a), a.Checks[i], t))
			}
		}
	}
	return l
}

// wasGood tells whether every check of a run has found it good at least once, and did so
// last when it found anything.
func (a *Analysis) wasGood() bool {
	for i, t := range a.Tallies {
		if t.outcome(a.Checks[i]) != passed && !t.good(a.Checks[i]) && t.Successes == 0 {
			return false
		}
	}
	return true
}
