package placer

import (
	"testing"

	"slipway.dev/events"
	"slipway.dev/pkg/script"
	"slipway.dev/pkg/service"
)

// What rests on silence is said later after a restart: who began to listen waits.
func TestPlacerScripts(t *testing.T) {
	alone := func() service.Service { return Service(events.LeaseTTL) }
	script.Run(t, "testdata", alone, script.Silence(events.K[events.EvacuationStarted]()))
}
