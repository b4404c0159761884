package sim_test

import (
	"testing"

	"slipway.dev/pkg/bus/contract"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/sim"
)

// behaviours of the design that the suite must show in memory.
var behaviours = []string{
	"bus-1 the same decision appended twice is one",
	"bus-2 an answer lost after storing is read back",
	"bus-3 of two writers under one guard exactly one is stored each round",
	"bus-4 a guard moved before the decision refuses all of it",
	"bus-4 a guard moved in the midst of a chain keeps a prefix",
	"bus-4 a guard moved in the midst of a batch refuses all of it",
	"bus-9 a reader stopped at any message resumes behind it",
}

// The simulator passes the suite that the bus on a real server passes.
func TestContract(t *testing.T) {
	contract.Run(t, func(*testing.T) service.Log { return sim.NewBus() }, behaviours...)
}
