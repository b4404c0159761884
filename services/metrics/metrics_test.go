package metrics

import (
	"encoding/json"
	"testing"

	"slipway.dev/pkg/script"
	"slipway.dev/pkg/service"
)

func TestScripts(t *testing.T) {
	script.Run(t, "testdata", func() service.Service { return Service(nil) },
		script.Sense[Told]("told"), script.Sense[Stored]("stored"), script.Sense[Published]("published"))
}

// What was measured is in no snapshot.
func TestSnapshotsHoldFactsOnly(t *testing.T) {
	s := newState(key)
	s.heard().acts = 7
	b, err := json.Marshal(s)
	if err != nil || string(b) != `{"gateways":{},"apps":{}}` {
		t.Errorf("%s %v", b, err)
	}
}
