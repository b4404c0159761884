package events

import (
	"strconv"
	"time"
)

// Runs of an analysis; a step's own is called by AnalysisOfStep.
const (
	RunBackground    = "background"
	RunPrePromotion  = "pre-promotion"
	RunPostPromotion = "post-promotion"
)

// AnalysisOfStep names the run of a step's own checks: step-2.
func AnalysisOfStep(step int) string { return "step-" + strconv.Itoa(step) }

// OfAnalysis names one run of checks of a release.
type OfAnalysis struct {
	OfRelease
	Run string `json:"run"` // background, pre-promotion, post-promotion, step-2
}

// About places what concerns one run: subject web/7/step-2.
func (o OfAnalysis) About() About {
	return About{App: o.App, Subject: Beside(o.App, strconv.Itoa(o.Release), o.Run)}
}

// Verdicts of a judgement.
const (
	VerdictSuccess      = "success"
	VerdictFailure      = "failure"
	VerdictInconclusive = "inconclusive"
	VerdictNoData       = "no-data"
	VerdictError        = "error"
)

// AnalysisStarted says that a release is judged from now on.
type AnalysisStarted struct {
	OfAnalysis
	Checks []AnalysisCheck `json:"checks"` // as the app file had them then
	From   time.Time       `json:"from"`   // windows that begin before are of another share
}

// AnalysisJudged is what one check made of one interval. A row of intervals without
// data is said once.
type AnalysisJudged struct {
	OfAnalysis
	Check     int       `json:"check"`               // of the run's checks, from 1
	Metric    string    `json:"metric"`              // its metric, or its query
	From      time.Time `json:"from"`                // of what was looked at
	To        time.Time `json:"to"`                  // of what was looked at
	Value     *float64  `json:"value,omitempty"`     // in the metric's unit; absent: unknown
	Baseline  *float64  `json:"baseline,omitempty"`  // the stable release's, where the check compares
	Requests  int64     `json:"requests"`            // it was measured over
	Verdict   string    `json:"verdict"`             // success, failure, inconclusive, no-data, error
	Failures  int       `json:"failures,omitempty"`  // so far, as the check counts them
	Successes int       `json:"successes,omitempty"` // in a row
	Errors    int       `json:"errors,omitempty"`    // in a row
	Judged    int       `json:"judged,omitempty"`    // judgements so far
}

// AnalysisPassed ends a run: every check has passed.
type AnalysisPassed struct{ OfAnalysis }

// AnalysisFailed ends a run.
type AnalysisFailed struct {
	OfAnalysis
	Check  int    `json:"check"`  // which failed, from 1
	Metric string `json:"metric"` // its metric, or its query
	Cause  string `json:"cause"`  // failures, errors, no-data
}

// AnalysisInconclusive ends a run that a person must judge.
type AnalysisInconclusive struct {
	OfAnalysis
	Check  int    `json:"check"`  // which told too little, from 1
	Metric string `json:"metric"` // its metric, or its query
}

// AnalysisCancelled ends a run that is needed no more.
type AnalysisCancelled struct {
	OfAnalysis
	Cause string `json:"cause"` // promoted, aborted, superseded, step, policy, bake
}
