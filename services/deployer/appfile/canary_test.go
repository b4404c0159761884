package appfile

import (
	"reflect"
	"strings"
	"testing"

	"slipway.dev/events"
)

func TestWhatACanarysStepRuns(t *testing.T) {
	d := parseOne(t, minimal+`deploy:
  strategy: canary
  shrinkStable: true
  steps: [{ weight: 5%, run: { command: [./smoke, "-v"], undo: [./unsmoke], timeout: 1m } }, { weight: 50%, run: { command: [./more] } }]
`).Document
	want := []events.DeployStep{
		{WeightBp: 500, Run: &events.StepRun{Command: []string{"./smoke", "-v"}, Undo: []string{"./unsmoke"}, TimeoutMs: 60_000}},
		{WeightBp: 5000, Run: &events.StepRun{Command: []string{"./more"}, TimeoutMs: 300_000}},
	}
	if !reflect.DeepEqual(d.Deploy.Steps, want) || !d.Deploy.ShrinkStable {
		t.Errorf("%+v", d.Deploy)
	}
	if d.Revision() != parseOne(t, minimal).Document.Revision() {
		t.Error("it makes another revision")
	}
	for text, field := range map[string]string{
		"deploy: { shrinkStable: true }\n":                                                               "deploy.shrinkStable",
		"deploy: { strategy: canary, steps: [{ weight: 5%, run: { command: [] } }] }\n":                  "deploy.steps[0].run.command",
		"deploy: { strategy: canary, steps: [{ weight: 5%, run: { command: ./smoke } }] }\n":             "deploy.steps[0].run.command",
		"deploy: { strategy: canary, steps: [{ weight: 5%, run: { command: [./a], timeout: 0s } }] }\n":  "deploy.steps[0].run.timeout",
		"deploy: { strategy: canary, steps: [{ weight: 5%, run: { command: [./a], undo: [\"\"] } }] }\n": "deploy.steps[0].run.undo",
	} {
		if _, errs := Parse("app.yaml", []byte(minimal+text), given); len(errs) == 0 || !strings.HasPrefix(errs[0].Path, field) {
			t.Errorf("%s: refused %v, want %s", text, errs, field)
		}
	}
}

func TestStepsOfACanary(t *testing.T) {
	d := parseOne(t, minimal+`deploy:
  strategy: canary
  steps: [{ weight: 5%, pause: 5m }, { weight: 25.5%, replicas: 2 }, { weight: 50%, approve: true, replicas: match }]
`).Document
	want := []events.DeployStep{{WeightBp: 500, PauseMs: 300_000}, {WeightBp: 2550, Replicas: 2}, {WeightBp: 5000, Approve: true}}
	if !reflect.DeepEqual(d.Deploy.Steps, want) {
		t.Errorf("%+v", d.Deploy.Steps)
	}
}

// The checks of an app file arrive with their defaults, each bound in its metric's unit.
func TestChecksOfACanary(t *testing.T) {
	d := parseOne(t, minimal+`deploy:
  strategy: canary
  steps: [{ weight: 5%, analysis: [{ metric: latency_p99, max: 300ms, failures: 2 }] }, { weight: 50%, analysis: [{ metric: request_rate, min: 2.5, successes: 3 }] }]
  bake: 5m
  analysis:
    startingStep: 2
    background: [{ metric: error_ratio, max: 1% }, { metric: memory, max: 0.5%, failOver: 80%, window: 2m, baseline: stable, noData: fail }]
    postPromotion: [{ metric: cpu, max: 120%, interval: 10s, count: 4, failures: 3, errors: 1, minRequests: 5 }]
`).Document
	at := func(v float64) *float64 { return &v }
	usual := events.AnalysisCheck{IntervalMs: 30_000, WindowMs: 30_000, Failures: 1, Errors: 3, MinRequests: 20, NoData: events.NoDataHold}
	check := func(edit func(*events.AnalysisCheck)) []events.AnalysisCheck {
		c := usual
		edit(&c)
		return []events.AnalysisCheck{c}
	}
	want := events.AnalysisPolicy{
		StartingStep: 2,
		Background: append(check(func(c *events.AnalysisCheck) { c.Metric, c.Max = events.MetricErrorRatio, at(100) }), check(func(c *events.AnalysisCheck) {
			c.Metric, c.Max, c.FailOver, c.WindowMs, c.Baseline, c.NoData = events.MetricMemory, at(50), at(8000), 120_000, events.BaselineStable, events.NoDataFail
		})...),
		PostPromotion: check(func(c *events.AnalysisCheck) {
			c.Metric, c.Max, c.IntervalMs, c.WindowMs, c.Count, c.Failures, c.Errors, c.MinRequests = events.MetricCPU, at(12000), 10_000, 10_000, 4, 3, 1, 5
		}),
	}
	if d.Deploy.Analysis == nil || !reflect.DeepEqual(*d.Deploy.Analysis, want) || d.Deploy.BakeMs != 300_000 {
		t.Errorf("%+v", d.Deploy.Analysis)
	}
	steps := [][]events.AnalysisCheck{
		check(func(c *events.AnalysisCheck) {
			c.Metric, c.Max, c.Failures, c.Count = events.MetricLatencyP99, at(300), 2, 2
		}),
		check(func(c *events.AnalysisCheck) {
			c.Metric, c.Min, c.Failures, c.Successes = events.MetricRequestRate, at(2.5), 0, 3
		}),
	}
	for i, s := range d.Deploy.Steps {
		if !reflect.DeepEqual(s.Analysis, steps[i]) {
			t.Errorf("step %d: %+v", i+1, s.Analysis)
		}
	}
	if d.Revision() != parseOne(t, minimal).Document.Revision() {
		t.Error("it makes another revision")
	}
}

// A wish from anywhere meets the rules of checks; a query is refused by its own word.
func TestAWishWithChecksMeetsTheRules(t *testing.T) {
	sound := func() events.Document {
		d := wished(t)
		most := 100.0
		check := events.AnalysisCheck{
			Metric: events.MetricErrorRatio, Max: &most, IntervalMs: 5000, WindowMs: 5000, Failures: 1, Errors: 3, MinRequests: 20, NoData: events.NoDataHold,
		}
		d.Deploy.Strategy, d.Deploy.Steps = events.Canary, []events.DeployStep{{WeightBp: 500}}
		d.Deploy.Analysis = &events.AnalysisPolicy{StartingStep: 1, Background: []events.AnalysisCheck{check}}
		return d
	}
	if found := Check(sound()); len(found) != 0 {
		t.Fatalf("%+v", found)
	}
	much := 10_001.0
	for word, change := range map[string]func(c *events.AnalysisCheck){
		"invalid-spec deploy.analysis.background[0].interval":    func(c *events.AnalysisCheck) { c.IntervalMs, c.WindowMs = 4999, 5000 },
		"invalid-spec deploy.analysis.background[0].errors":      func(c *events.AnalysisCheck) { c.Errors = 0 },
		"invalid-spec deploy.analysis.background[0].minRequests": func(c *events.AnalysisCheck) { c.MinRequests = 0 },
		"invalid-spec deploy.analysis.background[0].max":         func(c *events.AnalysisCheck) { c.Max = &much },
		"invalid-spec deploy.analysis.background[0].noData":      func(c *events.AnalysisCheck) { c.NoData = "" },
		"needs-store deploy.analysis.background[0].query":        func(c *events.AnalysisCheck) { c.Metric, c.Query = "", "up" },
	} {
		d := sound()
		change(&d.Deploy.Analysis.Background[0])
		found := Check(d)
		if len(found) != 1 || found[0].Refusal().Code+" "+found[0].Refusal().Field != word {
			t.Errorf("%s: %+v", word, found)
		}
	}
}
