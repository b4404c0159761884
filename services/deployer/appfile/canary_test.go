package appfile

import (
	"reflect"
	"testing"

	"slipway.dev/events"
)

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
