package view

import (
	"slipway.dev/pkg/service"
	"slipway.dev/services/deployer"
)

// Judgement is what a check made of a release last.
type Judgement struct {
	Run     string // background, pre-promotion, post-promotion, step-2
	Verdict string // success, failure, inconclusive, no-data, error
	Words   string // errors 4.0% > 1.0% over 30s, 2 of 3
}

// overWell are ends of a run after which its judgements concern nobody.
var overWell = map[string]bool{"passed": true, "cancelled": true}

// judged are the last judgements of a release's checks, by run and check.
func judged(x *deployer.Release) (list []Judgement) {
	for _, run := range service.Sorted(x.Analyses) {
		a := x.Analyses[run]
		if overWell[a.State] {
			continue
		}
		for _, t := range a.Tallies {
			if t.Words != "" {
				list = append(list, Judgement{Run: run, Verdict: t.Verdict, Words: t.Words})
			}
		}
	}
	return list
}
