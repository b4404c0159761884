package deployer

import (
	"testing"

	"slipway.dev/events"
	"slipway.dev/pkg/script"
	"slipway.dev/pkg/service"
)

// placerAlone is the placer without the app decider: a script asks for instances.
func placerAlone() service.Service {
	svc := Service(Config{})
	svc.New = func() []service.Machine { return []service.Machine{Placer(Config{})} }
	return svc
}

// What rests on silence is said later after a restart: who began to listen waits.
func TestPlacerScripts(t *testing.T) {
	script.Run(t, "testdata/placer", placerAlone, script.Silence(events.K[events.EvacuationStarted]()))
}
