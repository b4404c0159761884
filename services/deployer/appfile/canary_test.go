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
