package deployer

import (
	"strings"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// Judgement is how one check of a release stands, for a reader.
type Judgement struct {
	Run   string // background, pre-promotion, post-promotion, step-2
	State string // of the run: running, passed, failed, inconclusive, cancelled
	Check events.AnalysisCheck
	Tally Tally
}

// Judgements are how the checks of a release stand, by run.
func (r *Release) Judgements() (all []Judgement) {
	for _, run := range service.Sorted(r.Analyses) {
		a := r.Analyses[run]
		for i, c := range a.Checks {
			all = append(all, Judgement{Run: run, State: a.State, Check: c, Tally: a.Tallies[i]})
		}
	}
	return all
}

// CheckWords say what a check asks for: errors ≤ 1.0% every 30s.
func CheckWords(c events.AnalysisCheck) string {
	var bounds []string
	if c.Max != nil {
		bounds = append(bounds, "≤ "+valueWords(c.Metric, *c.Max))
	}
	if c.Min != nil {
		bounds = append(bounds, "≥ "+valueWords(c.Metric, *c.Min))
	}
	words := metricWords(c.Metric) + " " + strings.Join(bounds, " and ")
	if c.Baseline == events.BaselineStable {
		words += " above stable"
	}
	return words + " every " + ms(c.IntervalMs).String()
}
