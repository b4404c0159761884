package deployer

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"slipway.dev/events"
)

// Tally is how one check of a run stands.
type Tally struct {
	From      time.Time `json:"from,omitzero"`     // of what was looked at last
	To        time.Time `json:"to,omitzero"`       // of what was looked at last
	Verdict   string    `json:"verdict,omitempty"` // of the last judgement
	Value     *float64  `json:"value,omitempty"`   // it found
	Requests  int64     `json:"requests,omitempty"`
	Failures  int       `json:"failures,omitempty"`  // in a row
	Successes int       `json:"successes,omitempty"` // in a row
	Errors    int       `json:"errors,omitempty"`    // in a row
	Judged    int       `json:"judged,omitempty"`    // judgements that told something
	Words     string    `json:"words,omitempty"`     // of the last judgement
}

// What became of a check.
const (
	goesOn       = ""
	passed       = "passed"
	failed       = "failed"
	failedErrors = "failed by errors"
	inconclusive = "inconclusive"
)

// verdictOf judges a value; base is the stable release's own, where it is compared with.
func verdictOf(c events.AnalysisCheck, value, base float64) string {
	beyond := func(bound *float64, sign float64) bool { return bound != nil && sign*value > sign*(*bound+base) }
	if !beyond(c.Max, 1) && !beyond(c.Min, -1) {
		return events.VerdictSuccess
	}
	sign := 1.0
	if c.Max == nil {
		sign = -1
	}
	if c.FailOver == nil || beyond(c.FailOver, sign) {
		return events.VerdictFailure
	}
	return events.VerdictInconclusive
}

// next is the tally after one more verdict.
func (t Tally) next(c events.AnalysisCheck, verdict string) Tally {
	t.Verdict = verdict
	if verdict == events.VerdictNoData {
		verdict = map[string]string{events.NoDataFail: events.VerdictFailure, events.NoDataPass: events.VerdictSuccess}[c.NoData]
	}
	switch verdict {
	case events.VerdictSuccess:
		t.Successes, t.Failures, t.Errors = t.Successes+1, 0, 0
	case events.VerdictFailure:
		t.Failures, t.Successes, t.Errors = t.Failures+1, 0, 0
	case events.VerdictError:
		t.Errors++
		return t
	case events.VerdictInconclusive:
	default:
		return t
	}
	t.Judged++
	return t
}

// with is the tally after a verdict on a finding. One of what is known alone counts as no
// judgement, which a release could pass by, and a good length before it ends a row.
func (t Tally) with(c events.AnalysisCheck, verdict string, f finding) Tally {
	judged := t.Judged
	if f.fresh {
		t.Failures = 0
	}
	if t = t.next(c, verdict); f.known > 0 {
		t.Judged = judged
	}
	return t
}

// outcome is what a check has come to: the four combinations of failures and successes.
func (t Tally) outcome(c events.AnalysisCheck) string {
	limit := c.Failures
	if limit == 0 && c.Successes == 0 {
		limit = 1
	}
	switch {
	case t.Verdict == events.VerdictInconclusive:
		return inconclusive
	case limit > 0 && t.Failures >= limit:
		return failed
	case t.Errors >= max(c.Errors, 1):
		return failedErrors
	case c.Successes > 0 && t.Successes >= c.Successes:
		return passed
	case c.Count > 0 && t.Judged >= c.Count && c.Successes > 0:
		return inconclusive
	case c.Count > 0 && t.Judged >= c.Count:
		return passed
	}
	return goesOn
}

// good tells whether the last judgement lets a release go on.
func (t Tally) good(c events.AnalysisCheck) bool {
	return t.Verdict == events.VerdictSuccess || t.Verdict == events.VerdictNoData && c.NoData == events.NoDataPass
}

// bad tells whether the last judgement keeps a release where it is, whatever its share.
func (t Tally) bad(c events.AnalysisCheck) bool {
	return !t.good(c) && t.Verdict != "" && (t.Verdict != events.VerdictNoData || c.NoData == events.NoDataFail)
}

// words of one judgement, with its numbers: errors 4.0% > 1.0% over 30s, 2 of 2.
func (t Tally) words(c events.AnalysisCheck, f finding) string {
	over := f.to.Sub(f.from).Round(time.Millisecond).String()
	if f.known > 0 {
		over = f.known.Round(time.Millisecond).String() + " known of " + over
	}
	switch t.Verdict {
	case events.VerdictNoData:
		if f.requests > 0 && byRequest(c.Metric) && f.requests < int64(c.MinRequests) {
			return fmt.Sprintf("%s: %d of %d requests over %s", metricWords(c.Metric), f.requests, c.MinRequests, over)
		}
		return fmt.Sprintf("%s: no %s over %s", metricWords(c.Metric), f.missing, over)
	case events.VerdictError:
		return fmt.Sprintf("%s: the load windows contradict themselves, error %d of %d", metricWords(c.Metric), t.Errors, max(c.Errors, 1))
	}
	words := fmt.Sprintf("%s %s %s over %s", metricWords(c.Metric), valueWords(c.Metric, *f.value), boundWords(c, *f.value, f.base), over)
	switch {
	case t.Verdict == events.VerdictInconclusive:
		return words + ", neither good nor bad"
	case t.Failures > 0:
		return words + fmt.Sprintf(", %d of %d", t.Failures, max(c.Failures, 1))
	}
	return words
}

// boundWords are the bound a value is beyond, else the one it is within.
func boundWords(c events.AnalysisCheck, value float64, base *float64) string {
	add, beside := 0.0, ""
	if base != nil {
		add, beside = *base, " (stable "+valueWords(c.Metric, *base)+")"
	}
	say := func(sign string, bound *float64) string {
		return sign + " " + valueWords(c.Metric, *bound+add) + beside
	}
	switch {
	case c.Max != nil && value > *c.Max+add:
		return say(">", c.Max)
	case c.Min != nil && value < *c.Min+add:
		return say("<", c.Min)
	case c.Max != nil:
		return say("≤", c.Max)
	}
	return say("≥", c.Min)
}

// metricWords names a metric as an operator does.
func metricWords(metric string) string {
	if metric == events.MetricErrorRatio {
		return "errors"
	}
	return strings.ReplaceAll(metric, "_", " ")
}

// valueWords writes a value in its metric's unit.
func valueWords(metric string, v float64) string {
	switch {
	case metric == events.MetricRequestRate:
		return strconv.FormatFloat(v, 'f', 1, 64) + "/s"
	case byRequest(metric) && metric != events.MetricErrorRatio:
		return strconv.FormatFloat(v, 'f', 0, 64) + "ms"
	case v > 0 && v < 100:
		return strconv.FormatFloat(v/100, 'f', 2, 64) + "%"
	}
	return strconv.FormatFloat(v/100, 'f', 1, 64) + "%"
}
