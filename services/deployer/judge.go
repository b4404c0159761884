package deployer

import (
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

const (
	// blindAfter is how long after its end an interval without a window tells nothing: a
	// window is at most five seconds long and closed a second and a half later.
	blindAfter = 8 * time.Second
	// absentIntervals without a single value of a metric mean that nobody measures it.
	absentIntervals = 3
)

// judge says what the checks of a run make of the windows there are, and how it ends.
func (v view) judge(r *Release, a *Analysis) (say service.Says) {
	ended := 0
	for i, c := range a.Checks {
		switch v.conclude(&say, r, a, i, a.Tallies[i].outcome(c)) {
		case passed:
			ended++
			continue
		case goesOn:
			v.judgeCheck(&say, r, a, i)
		default:
			return say
		}
	}
	if ended == len(a.Checks) {
		say.Because(a.Cause, "%s", a.last()).Fact(events.AnalysisPassed{OfAnalysis: v.runOf(r, a.Run)})
	}
	return say
}

// conclude ends a run by what one of its checks has come to.
func (v view) conclude(say *service.Says, r *Release, a *Analysis, check int, outcome string) string {
	of, t, metric := v.runOf(r, a.Run), a.Tallies[check], a.Checks[check].Metric
	why := say.Because(a.Cause, "%s", t.Words)
	switch outcome {
	case failed, failedErrors:
		cause := "failures"
		if outcome == failedErrors {
			cause = "errors"
		} else if t.Verdict == events.VerdictNoData {
			cause = "no-data"
		}
		why.Fact(events.AnalysisFailed{OfAnalysis: of, Check: check + 1, Metric: metric, Cause: cause})
	case inconclusive:
		why.Fact(events.AnalysisInconclusive{OfAnalysis: of, Check: check + 1, Metric: metric})
	}
	return outcome
}

// judgeCheck judges the interval of a check that is over, if one is.
func (v view) judgeCheck(say *service.Says, r *Release, a *Analysis, check int) {
	if v.routed() && !v.settled() {
		return // of another share
	}
	c, t := a.Checks[check], a.Tallies[check]
	f, ok := v.find(r, a, c, t)
	if !ok {
		return
	}
	verdict := v.verdict(c, &f)
	if verdict == events.VerdictNoData && t.Verdict == verdict && holds(c) {
		return // a row of it is said once
	}
	t = t.with(c, verdict, f)
	say.Because(a.Cause, "%s", t.words(c, f)).Fact(events.AnalysisJudged{
		OfAnalysis: v.runOf(r, a.Run), Check: check + 1, Metric: c.Metric, From: f.from, To: f.to,
		Value: f.value, Baseline: f.base, Requests: f.requests, Verdict: verdict,
		Failures: t.Failures, Successes: t.Successes, Errors: t.Errors, Judged: t.Judged,
	})
}

// verdict judges what was found; what is to be compared with the stable release is told
// of the same time.
func (v view) verdict(c events.AnalysisCheck, f *finding) string {
	switch {
	case f.broken:
		return events.VerdictError
	case f.value == nil:
		return events.VerdictNoData
	case c.Baseline == events.BaselineStable && f.known == 0:
		base, ok := v.baseline(c, *f)
		if !ok {
			f.missing, f.value = "measurement of the stable release", nil
			return events.VerdictNoData
		}
		f.base = base
	}
	return verdictOf(c, *f.value, f.baseline())
}

func holds(c events.AnalysisCheck) bool {
	return c.NoData != events.NoDataFail && c.NoData != events.NoDataPass
}

// find is what the windows of the interval that is due tell; false while it is not over.
func (v view) find(r *Release, a *Analysis, c events.AnalysisCheck, t Tally) (f finding, ok bool) {
	floor := v.since(r, a)
	list := run(v.loads.Get().of[r.Number], floor, c.Metric)
	window := ms(c.WindowMs)
	if len(list) > 0 {
		end := list[0].From.Add(window)
		if next := t.To.Add(ms(c.IntervalMs)); next.After(end) {
			end = next
		}
		newest := list[len(list)-1].To
		if t.Verdict == events.VerdictNoData && holds(c) && newest.After(end) {
			end = newest // it has held: the first that tell something count
		}
		if !newest.Before(end) {
			return measure(c, until(list, end, window)), true
		}
	}
	if f, ok = v.known(r, a, c, t); ok {
		return f, true
	}
	blind := v.blindAt(floor, c, t)
	if v.now.Before(blind) {
		return finding{}, false
	}
	from := later(floor, t.To)
	return finding{from: from, to: later(from, blind.Add(-blindAfter)), missing: "load windows of release " + itoa(r.Number) + v.lacking(r, from)}, true
}

// since is from when windows count for a run: of the present share, and of its own time.
func (v view) since(r *Release, a *Analysis) time.Time { return later(a.From, v.floor(r, a.From)) }

// blindAt is when an interval without windows is over: not before this copy has listened
// for all of it.
func (v view) blindAt(floor time.Time, c events.AnalysisCheck, t Tally) time.Time {
	return later(later(floor, t.To), v.loads.Get().since).Add(ms(max(c.IntervalMs, c.WindowMs)) + blindAfter)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// baseline is the stable release's own value over the same time.
func (v view) baseline(c events.AnalysisCheck, f finding) (*float64, bool) {
	list := run(v.loads.Get().of[v.Stable], f.from, c.Metric)
	if len(list) == 0 || list[0].From.After(f.from) || list[len(list)-1].To.Before(f.to) {
		return nil, false
	}
	own := measure(c, until(list, f.to, f.to.Sub(f.from)))
	return own.value, own.value != nil
}

// unmeasured stands still while a check asks for what nobody measures, and goes on by
// itself once somebody does.
func (v view) unmeasured(r *Release) (say service.Says) {
	if r.Phase != progress && (r.Phase != paused || r.Pause != causeInvalid) {
		return say
	}
	metric := v.nobodyTells(r)
	switch {
	case metric != "" && r.Phase == progress:
		say.Because(r.Cause, "nobody measures the %s of release %d", metricWords(metric), r.Number).
			Fact(events.ReleasePaused{OfRelease: v.ref(r), Cause: causeInvalid})
	case r.Phase == paused && metric == "" && v.tells(r):
		say.Because(r.Cause, "what the checks ask for is measured").Fact(events.ReleaseResumed{OfRelease: v.ref(r)})
	}
	return say
}

// nobodyTells is a metric of which not a single value was ever heard, though windows of
// the release have come for several intervals; "" if there is none.
func (v view) nobodyTells(r *Release) string {
	for _, run := range service.Sorted(r.Analyses) {
		a := r.Analyses[run]
		for i, c := range a.Checks {
			t := a.Tallies[i]
			if a.State != underway || byGateway(c.Metric) || t.Value != nil || t.Judged > 0 {
				continue
			}
			list := v.recent(r, a, c)
			if len(list) == 0 || !measure(c, list).absent {
				continue
			}
			if r.Phase == paused || list[len(list)-1].To.Sub(list[0].From) >= ms(absentIntervals*c.IntervalMs) {
				return c.Metric
			}
		}
	}
	return ""
}

// tells tells whether any window has come that could say that something is measured.
func (v view) tells(r *Release) bool {
	for _, a := range r.Analyses {
		for _, c := range a.Checks {
			if a.State == underway && !byGateway(c.Metric) && len(v.recent(r, a, c)) > 0 {
				return true
			}
		}
	}
	return !r.judged()
}

func (v view) recent(r *Release, a *Analysis, c events.AnalysisCheck) []events.Load {
	return run(v.loads.Get().of[r.Number], v.since(r, a), c.Metric)
}
