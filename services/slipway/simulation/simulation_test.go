package simulation

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/sim"
)

// seeds is how many worlds a test plays: SLIPWAY_SEEDS, else 1,000.
func seeds(t *testing.T) uint64 {
	t.Helper()
	s := os.Getenv("SLIPWAY_SEEDS")
	if s == "" {
		return 1000
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		t.Fatalf("SLIPWAY_SEEDS=%q: want a number", s)
	}
	return n
}

// TestSeeds plays many worlds: every Check and every checker holds, and each
// converges once its faults end. Held at every event: delivery-P1, delivery-P2 and
// delivery-P11 by the deployer's Check, delivery-P3, delivery-P6 and dataplane-30 by
// the checkers; between steps delivery-P8, at the end delivery-P9. Decisions are cut,
// hosts crash at any point, and every world must end as declared.
func TestSeeds(t *testing.T) {
	if one := os.Getenv("SLIPWAY_SEED"); one != "" {
		seed, err := strconv.ParseUint(one, 10, 64)
		if err != nil {
			t.Fatalf("SLIPWAY_SEED=%q: want a number", one)
		}
		play(t, seed)
		return
	}
	work := make(chan uint64)
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for seed := range work {
				if !t.Failed() {
					play(t, seed)
				}
			}
		})
	}
	for seed := range seeds(t) {
		work <- seed + 1
	}
	close(work)
	all.Wait()
}

// tailMax is how much of the log a failure prints.
const tailMax = 60

func play(t *testing.T, seed uint64) { playAs(t, seed, Options{}) }

func playAs(t *testing.T, seed uint64, opt Options) *sim.World {
	w, err := Run(seed, opt)
	if err == nil {
		return w
	}
	from := max(int(w.Log.Len())-tailMax, 0)
	var tail bytes.Buffer
	for seq := uint64(from) + 1; seq <= w.Log.Len(); seq++ {
		e := w.Log.At(seq)
		tail.WriteString(e.Stored.Format("15:04:05.000 ") + e.Kind.Owner + " " + e.Kind.Name() + " " + e.Subject + "  " + e.Reason + "\n")
	}
	t.Errorf("%v\nreplay: make sim SEED=%d\n%s", err, seed, tail.String())
	return w
}

// bus-24: the same seed gives the same log, byte for byte.
func TestSameSeedSameLog(t *testing.T) {
	a, _ := Run(7, Options{})
	b, _ := Run(7, Options{})
	if !bytes.Equal(a.Log.Bytes(), b.Log.Bytes()) || a.Log.Len() == 0 {
		t.Errorf("two runs of seed 7 gave %d and %d events, not the same bytes", a.Log.Len(), b.Log.Len())
	}
}

// A search that finds nothing proves nothing: faults are planted, each must be found
// within 200 seeds.
func TestPlantedFaultsAreFound(t *testing.T) {
	plantIn := func(decider int, believe func(events.Event) []events.Payload) func(func() service.Service) func() service.Service {
		return func(whole func() service.Service) func() service.Service { return mutate(whole, decider, believe) }
	}
	plant := func(believe func(events.Event) []events.Payload) func(func() service.Service) func() service.Service {
		return plantIn(0, believe)
	}
	for name, opt := range map[string]Options{
		"a node that stops before it is drained":                           {Node: plant(impatientNode)},
		"a deployer that takes a start for readiness":                      {Deployer: plant(eagerDeployer)},
		"a deployer that lets go before the next serves":                   {Deployer: plant(hastyDeployer())},
		"a deployer that takes a release for good as soon as it is judged": {Deployer: plant(credulousDeployer), Judged: true},
		"a placer that forgets who is drained":                             {Deployer: plantIn(1, forgetfulPlacer)},
		"a registry that takes one gateway's word for all":                 {Registry: plant(trustingRegistry())},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(200) {
				if _, err := Run(seed+1, opt); err != nil {
					t.Logf("found by seed %d: %v", seed+1, err)
					return
				}
			}
			t.Error("not found within 200 seeds")
		})
	}
}
