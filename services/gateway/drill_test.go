package gateway

import (
	"testing"

	"slipway.dev/pkg/drill"
	"slipway.dev/pkg/script"
	"slipway.dev/pkg/service"
)

// TestDrills plays what a gateway does that obeys drills.
func TestDrills(t *testing.T) {
	script.Run(t, "testdata/drills", func() service.Service {
		return Service(Config{Name: "gw1-a", Drills: true}, nil)
	}, script.Sense[Boot]("boot"), script.Sense[drill.Done]("done"))
}
