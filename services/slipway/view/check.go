package view

import (
	"strings"

	"slipway.dev/events"
	"slipway.dev/services/deployer"
)

// Check is how one check of a release on its way stands.
type Check struct {
	Run       string   `json:"run"`
	State     string   `json:"state"`
	Metric    string   `json:"metric"`
	Wants     string   `json:"wants"`
	Verdict   string   `json:"verdict,omitempty"`
	Value     *float64 `json:"value,omitempty"`
	Requests  int64    `json:"requests,omitempty"`
	Failures  int      `json:"failures,omitempty"`
	Successes int      `json:"successes,omitempty"`
	Said      string   `json:"said,omitempty"`
	From      Time     `json:"from,omitzero"`
	To        Time     `json:"to,omitzero"`
}

// checksOf are the checks of a release with their last judgement.
func checksOf(r *deployer.Release) []Check {
	list := []Check{}
	for _, j := range r.Judgements() {
		list = append(list, Check{
			Run: j.Run, State: j.State, Metric: j.Check.Metric, Wants: deployer.CheckWords(j.Check),
			Verdict: j.Tally.Verdict, Value: j.Tally.Value, Requests: j.Tally.Requests,
			Failures: j.Tally.Failures, Successes: j.Tally.Successes, Said: j.Tally.Words,
			From: Time{j.Tally.From}, To: Time{j.Tally.To},
		})
	}
	return list
}

// Concerns tells whether a check still speaks for or against its release: its run goes
// on, or has ended badly.
func (c Check) Concerns() bool { return !overWell[c.State] }

// said are the last judgements of the runs that go on, in a person's words, but for what
// the release's last fact says itself.
func said(r *deployer.Release) string {
	var words []string
	for _, c := range checksOf(r) {
		if c.State == "running" && c.Said != "" && c.Said != r.Why {
			words = append(words, c.Said)
		}
	}
	return strings.Join(words, "; ")
}

// wants are what checks ask for.
func wants(checks []events.AnalysisCheck) []string {
	var words []string
	for _, c := range checks {
		words = append(words, deployer.CheckWords(c))
	}
	return words
}

// judgement: whether a release that is started and bad is taken back by itself.
func judgement(d events.Document) Claim {
	var all []string
	p := d.Deploy
	if a := p.Analysis; a != nil {
		all = append(append(append(all, wants(a.Background)...), wants(a.PrePromotion)...), wants(a.PostPromotion)...)
	}
	for _, s := range p.Steps {
		all = append(all, wants(s.Analysis)...)
	}
	c := Claim{Name: "a bad release is taken back by itself", Bound: strings.Join(all, ", "), Holds: true, Reason: "its checks judge what is measured of it"}
	switch {
	case len(all) == 0:
		c.no("no check judges what is measured of it: a person must", "slipway explain app.deploy.analysis")
	case p.OnFailure != events.OnFailureRollback:
		c.no("its checks pause it: onFailure "+p.OnFailure, "slipway explain app.deploy.onFailure")
	}
	return c
}
