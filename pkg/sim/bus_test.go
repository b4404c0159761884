package sim_test

import (
	"testing"

	"slipway.dev/pkg/bus/contract"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/sim"
)

// The simulator passes the suite that the bus on a real server passes.
func TestContract(t *testing.T) {
	contract.Run(t, func(*testing.T) service.Log { return sim.NewBus() })
}
