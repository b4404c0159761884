package appfile

import (
	"fmt"
	"strings"

	"slipway.dev/events"
)

const (
	maxChecks      = 20
	minIntervalMs  = 5000
	maxIntervalMs  = 3_600_000
	maxJudgements  = 1000
	maxMinRequests = 1_000_000
	maxShareBp     = 99_999 // of a limit: a reservation can be used many times over
	maxRate        = 999_999_999
	latencyMostMs  = 60_000 // beyond the widest bucket nothing is told apart
)

// analysis: each run belongs to the strategies that can be judged so, and each check
// must be able to tell something.
func (c *checker) analysis(d events.DeployPolicy) {
	total := 0
	for i, s := range d.Steps {
		total += c.checks(s.Analysis, true, "deploy", "steps", fmt.Sprint(i), "analysis")
	}
	bake := []string{"deploy", "bake"}
	c.within(d.BakeMs, span{0, dayMs, formatMs}, bake...)
	a := d.Analysis
	if a == nil {
		a = &events.AnalysisPolicy{StartingStep: 1}
	}
	at := []string{"deploy", "analysis"}
	total += c.checks(a.Background, false, "deploy", "analysis", "background")
	total += c.checks(a.PrePromotion, true, "deploy", "analysis", "prePromotion")
	total += c.checks(a.PostPromotion, false, "deploy", "analysis", "postPromotion")
	c.runOf(len(a.Background) > 0, below(at, "background"), events.Canary)
	c.runOf(len(a.PrePromotion) > 0, below(at, "prePromotion"), events.BlueGreen)
	c.runOf(len(a.PostPromotion) > 0, below(at, "postPromotion"), events.Canary, events.BlueGreen)
	if len(a.Background) > 0 {
		c.within(int64(a.StartingStep), span{1, int64(max(len(d.Steps), 1)), formatCount}, below(at, "startingStep")...)
	}
	switch {
	case len(a.PostPromotion) > 0 && d.BakeMs == 0:
		c.refuse(Missing, bake, "postPromotion needs a time to be judged in, such as bake: 5m")
	case len(a.PostPromotion) == 0 && d.BakeMs > 0:
		c.refuse(Missing, below(at, "postPromotion"), "bake needs checks to be made meanwhile")
	case len(a.PostPromotion) > 0 && d.ShrinkStable:
		c.refuse(Exclusive, below(at, "postPromotion"), "postPromotion and shrinkStable exclude one another: what has shrunk cannot take the requests back")
	}
	if total > maxChecks {
		c.refuse(OutOfRange, at, fmt.Sprintf("at most %d checks", maxChecks))
	}
}

// runOf refuses a run of checks that no release of the strategy could have.
func (c *checker) runOf(written bool, path []string, strategies ...string) {
	if !written || c.anyStrategy {
		return
	}
	for _, s := range strategies {
		if c.doc.Deploy.Strategy == s {
			return
		}
	}
	name := path[len(path)-1]
	c.refuse(Exclusive, path, name+" and strategy "+c.doc.Deploy.Strategy+" exclude one another: "+name+" checks are of strategy "+strings.Join(strategies, " or "))
}

func (c *checker) checks(checks []events.AnalysisCheck, ends bool, at ...string) int {
	for i, each := range checks {
		c.measured(each, ends, below(at, fmt.Sprint(i)))
	}
	return len(checks)
}

func (c *checker) measured(m events.AnalysisCheck, ends bool, at []string) {
	switch {
	case m.Metric != "" && m.Query != "":
		c.refuse(Exclusive, below(at, "query"), "metric and query exclude one another")
	case m.Query != "":
		c.refuse(NeedsStore, below(at, "query"), "PromQL needs a store of samples, which this version has not: use metric")
		return
	case m.Metric == "" && c.written(below(at, "metric")):
		return // its word was refused already
	case m.Metric == "":
		c.refuse(Missing, below(at, "metric"), "must be written")
		return
	}
	c.word(m.Metric, below(at, "metric")...)
	c.word(m.NoData, below(at, "noData")...)
	if m.Baseline != "" {
		c.word(m.Baseline, below(at, "baseline")...)
	}
	if judgesRequests(m.Metric) && !c.doc.HasHTTP() {
		c.refuse(Exclusive, below(at, "metric"), "is measured of requests, and the app has no http port")
	}
	c.bounds(m, at)
	if run := at[len(at)-2]; m.Baseline != "" && run == "postPromotion" {
		c.refuse(Exclusive, below(at, "baseline"), "baseline and postPromotion exclude one another: the release before has no requests then")
	}
	c.within(m.IntervalMs, span{minIntervalMs, maxIntervalMs, formatMs}, below(at, "interval")...)
	if window := below(at, "window"); m.WindowMs != m.IntervalMs || c.written(window) {
		c.within(m.WindowMs, span{minIntervalMs, maxIntervalMs, formatMs}, window...)
	}
	c.within(int64(m.Errors), span{1, maxJudgements, formatCount}, below(at, "errors")...)
	c.within(int64(m.MinRequests), span{1, maxMinRequests, formatCount}, below(at, "minRequests")...)
	c.judgements(m, ends, at)
}

func judgesRequests(metric string) bool {
	return metric != events.MetricCPU && metric != events.MetricMemory
}

// judgements: the counts of a check, each where it is written.
func (c *checker) judgements(m events.AnalysisCheck, ends bool, at []string) {
	for _, each := range []struct {
		name  string
		count int
	}{{"count", m.Count}, {"failures", m.Failures}, {"successes", m.Successes}} {
		if path := below(at, each.name); each.count != 0 || c.written(path) {
			c.within(int64(each.count), span{1, maxJudgements, formatCount}, path...)
		}
	}
	switch {
	case ends && m.Count == 0 && m.Successes == 0:
		c.refuse(Missing, below(at, "count"), "needs count or successes: here a check must end by itself")
	case m.Count > 0 && m.Count < max(m.Failures, m.Successes):
		c.refuse(OutOfRange, below(at, "count"), fmt.Sprintf("must be at least %d, or it ends before it could fail or pass", max(m.Failures, m.Successes)))
	}
}

// bounds: one at least, each of its metric's range, failOver beyond the one it widens.
func (c *checker) bounds(m events.AnalysisCheck, at []string) {
	if m.Max == nil && m.Min == nil {
		c.refuse(Missing, below(at, "max"), "needs max or min")
		return
	}
	most := float64(latencyMostMs)
	switch m.Metric {
	case events.MetricErrorRatio:
		most = 10_000
	case events.MetricCPU, events.MetricMemory:
		most = maxShareBp
	case events.MetricRequestRate:
		most = maxRate
	}
	for _, each := range []struct {
		name  string
		value *float64
	}{{"max", m.Max}, {"min", m.Min}, {"failOver", m.FailOver}} {
		if each.value != nil && !(*each.value >= 0 && *each.value <= most) {
			c.add(Violation{Code: OutOfRange, path: below(at, each.name), got: formatBound(m.Metric, *each.value),
				message: "must be between " + formatBound(m.Metric, 0) + " and " + formatBound(m.Metric, most)})
		}
	}
	if m.Max != nil && m.Min != nil && *m.Max < *m.Min {
		c.refuse(OutOfRange, below(at, "min"), "must be at most max, "+formatBound(m.Metric, *m.Max))
	}
	c.failOver(m, below(at, "failOver"))
}

func (c *checker) failOver(m events.AnalysisCheck, at []string) {
	switch {
	case m.FailOver == nil:
	case m.Max != nil && m.Min != nil:
		c.refuse(Exclusive, at, "failOver widens one bound: write max or min beside it, not both")
	case m.Max != nil && *m.FailOver < *m.Max:
		c.refuse(OutOfRange, at, "must be at least max, "+formatBound(m.Metric, *m.Max))
	case m.Min != nil && *m.FailOver > *m.Min:
		c.refuse(OutOfRange, at, "must be at most min, "+formatBound(m.Metric, *m.Min))
	}
}
