package simulation

import (
	"testing"

	"slipway.dev/events"
)

// Releases that are good, bad or unknown, told of by windows that come twice, late or
// never, while the deployers crash: none passes that is bad or unknown, none fails that is
// good, nothing is judged by what was measured of another share (delivery-A09), and every
// world ends as declared.
func TestJudgedReleases(t *testing.T) {
	said := map[string]int{}
	for seed := range max(seeds(t)/50, 20) { // each takes as long as fifty others
		w := playAs(t, seed+1, Options{Judged: true})
		for seq := uint64(1); seq <= w.Log.Len(); seq++ {
			e := w.Log.At(seq)
			said[e.Kind.Name()]++
			if d, ok := e.Data.(events.ReleaseAborted); ok && d.Cause == "analysis" {
				said["taken back"]++
			}
		}
	}
	for _, what := range []string{"analysis.started", "analysis.judged", "analysis.passed", "analysis.failed", "analysis.cancelled", "taken back"} {
		if said[what] < 10 {
			t.Errorf("%d times %s in these worlds: they judge nothing", said[what], what)
		}
	}
}
