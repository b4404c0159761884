package deployer

import (
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// Causes of an abort and of pauses that an analysis brings about, and of its own end.
const (
	causeAnalysis     = "analysis"
	causeInconclusive = "inconclusive"
	causeInvalid      = "invalid"
	causePromoted     = "promoted"
	causeAborted      = "aborted"
	causePolicy       = "policy"
	causeBake         = "bake"
)

// waitsTraffic and waitsAnalysis are what a release waits for that is judged.
const (
	waitsTraffic  = "traffic"
	waitsAnalysis = "analysis"
)

// underway is the state of a run that has not ended; it ends as passed, failed,
// inconclusive or cancelled.
const (
	underway  = "running"
	cancelled = "cancelled"
)

// Analysis is one run of checks of a release.
type Analysis struct {
	Run      string                 `json:"run"`
	State    string                 `json:"state"`
	Checks   []events.AnalysisCheck `json:"checks"` // as the app file had them when it began
	From     time.Time              `json:"from"`
	Step     int                    `json:"step,omitempty"` // of the release when it began or was cancelled
	Ended    string                 `json:"ended,omitempty"`
	Tallies  []Tally                `json:"tallies"`            // one a check
	Answered bool                   `json:"answered,omitempty"` // a person has been asked since it ended badly
	Why      string                 `json:"why,omitempty"`      // reason of its end
	Cause    service.Cause          `json:"cause"`              // its last fact
}

// analyses begins, judges and ends the runs of a release, and says what comes of them.
func (v view) analyses() (say service.Says) {
	r := v.Releases[v.Live]
	var wanted []course
	if r != nil && v.Accepted != nil {
		wanted = v.courses(r)
	}
	if say = v.endRuns(wanted); !say.Empty() || r == nil || v.Accepted == nil {
		return say
	}
	for _, c := range wanted {
		a := r.Analyses[c.run]
		switch {
		case v.begins(r, c.run, a):
			from := v.now
			if a == nil {
				from = v.floor(r, v.now)
			}
			say.Because(r.Cause, "%s of %s", countWords(len(c.checks), "check"), v.id(r)).
				Fact(events.AnalysisStarted{OfAnalysis: v.runOf(r, c.run), Checks: c.checks, From: from.UTC()})
		case a != nil && a.State == underway:
			say.Add(v.judge(r, a))
		}
		if !say.Empty() {
			return say
		}
	}
	if say = v.answerFor(r); !say.Empty() {
		return say
	}
	return v.unmeasured(r)
}

func (v view) runOf(r *Release, run string) events.OfAnalysis {
	return events.OfAnalysis{OfRelease: v.ref(r), Run: run}
}

func countWords(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return itoa(n) + " " + word + "s"
}

// endRuns ends the runs that are needed no more.
func (v view) endRuns(wanted []course) (say service.Says) {
	for n, r := range v.Releases {
		if !r.judged() {
			continue
		}
		for _, run := range service.Sorted(r.Analyses) {
			a := r.Analyses[run]
			if a.State != underway || n == v.Live && has(wanted, a) {
				continue
			}
			v.endRun(&say, r, a)
		}
	}
	return say
}

// judged tells whether a run of a release goes on.
func (r *Release) judged() bool {
	for _, a := range r.Analyses {
		if a.State == underway {
			return true
		}
	}
	return false
}

// endRun ends a run that is needed no more: after the bake it has passed if nothing
// speaks against it.
func (v view) endRun(say *service.Says, r *Release, a *Analysis) {
	cause, why := causePolicy, "the app file has other checks now"
	switch {
	case r.Phase == returning || !r.Ended.IsZero() && r.Aborted != "":
		cause, why = causeAborted, "release "+itoa(r.Number)+" is taken back"
	case r.Phase == promoted && a.Run == events.RunPostPromotion && v.Pending == nil && !v.Retired && v.baked(r):
		if a.good() {
			say.Because(a.Cause, "%s", a.last()).Fact(events.AnalysisPassed{OfAnalysis: v.runOf(r, a.Run)})
			return
		}
		cause, why = causeBake, "the bake is over, "+orWords(a.last(), "nothing was judged")
	case r.Phase == promoted && a.Run == events.RunPostPromotion:
		cause, why = causeSuperseded, "release "+itoa(r.Number)+" is judged no longer"
	case r.Full || r.Reached:
		cause, why = causePromoted, "release "+itoa(r.Number)+" is promoted past it"
	case a.Run == events.AnalysisOfStep(a.Step) && r.StepDone >= a.Step:
		cause, why = causeStep, "step "+itoa(a.Step)+" is done"
	}
	say.Because(r.Cause, "%s", why).Fact(events.AnalysisCancelled{OfAnalysis: v.runOf(r, a.Run), Cause: cause})
}

// good tells whether every check's last judgement speaks for the release.
func (a *Analysis) good() bool {
	for i, t := range a.Tallies {
		if !t.good(a.Checks[i]) {
			return false
		}
	}
	return true
}

// last are the words of the last judgements.
func (a *Analysis) last() (words string) {
	for _, t := range a.Tallies {
		if words != "" && t.Words != "" {
			words += "; "
		}
		words += t.Words
	}
	return words
}

// begins tells whether a run begins now: its share has settled, and it has not been, or
// it is to be made again.
func (v view) begins(r *Release, run string, a *Analysis) bool {
	switch {
	case !v.stands(r):
		return false
	case a == nil, a.State == cancelled && a.Ended == causePolicy:
		return true
	case run != events.RunBackground:
		return false
	case a.State == cancelled:
		return r.Step > a.Step
	}
	return a.Answered && r.Phase == progress && (a.State == failed || a.State == inconclusive)
}

// stands tells whether a release has all that its place on its way gives it: nothing is
// missing but time, a person or a verdict.
func (v view) stands(r *Release) bool {
	mine := len(v.of(r.Number).keep(v.available))
	switch {
	case v.routed() && !v.settled():
		return false
	case r.Phase == promoted:
		return true
	case r.Strategy == events.BlueGreen:
		return mine >= v.greens(r)
	}
	s, ok := v.at(r)
	if !ok || mine < s.Instances(v.size(r)) {
		return false
	}
	return !v.routed() || v.share(r.Number) >= s.WeightBp
}

// floor is from when windows tell of the share a release has now.
func (v view) floor(r *Release, otherwise time.Time) time.Time {
	if r.Strategy == events.BlueGreen && r.Phase != promoted || !v.routed() {
		return otherwise
	}
	return v.Route.SettledAt
}

// answerFor acts on a run that has ended badly: back, or a person is asked.
func (v view) answerFor(r *Release) (say service.Says) {
	for _, run := range service.Sorted(r.Analyses) {
		a := r.Analyses[run]
		ended := a.State == failed || a.State == inconclusive
		if !ended || a.Answered || r.Phase != progress && r.Phase != paused && (r.Phase != promoted || !v.bakes(r)) {
			continue
		}
		cause := causeInconclusive
		if a.State == failed {
			cause = causeFailure
		}
		switch {
		case a.State == failed && v.policy().OnFailure != events.OnFailurePause:
			say.Because(a.Cause, "%s", a.Why).Fact(v.abort(r, causeAnalysis, "", ""))
		case r.Phase != promoted:
			say.Because(a.Cause, "%s", a.Why).Fact(events.ReleasePaused{OfRelease: v.ref(r), Cause: cause})
		}
		if !say.Empty() {
			return say
		}
	}
	return say
}
