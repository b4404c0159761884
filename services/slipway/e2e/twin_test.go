package e2e

import (
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/services/slipway/load"
)

// Two copies of the control plane run at once; the log decides. One is killed with
// -9 in mid-switch, the other finishes, and nothing was said twice.
func TestATwinFinishesWhatTheKilledOneBegan(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := Start(t, Apart(), Copies("twin"))
	p.MustDeploy(Example("web", "v1", "rolling", ""), 30*time.Second)
	requests := p.Load(load.Config{Host: "web.localhost", Rate: 100, Methods: []string{"GET", "POST"}, Body: []byte("hello")})
	before := p.Declare(Example("web", "v2", "rolling", ""))
	p.Log.Await(before, 30*time.Second, "the switch to begin", Is("web", "route", "shifted"))
	p.Process("control").Kill()
	p.Log.Await(before, time.Minute, "the release to complete", Is("web", "release", "completed"))
	Await(t, 10*time.Second, "v2 to answer", func() bool { return requests.Counts().Answers["v2"] > 20 })
	Lossless(t, requests.Stop())
	last := map[string]uint64{}
	for _, e := range p.Log.All(nil) {
		if e.Ordinal != last[e.Guard()]+1 {
			t.Errorf("%s %s: ordinal %d after %d", e.Pos, e.Kind.Name(), e.Ordinal, last[e.Guard()])
		}
		last[e.Guard()] = e.Ordinal
	}
	if n := len(p.Log.All(func(e events.Event) bool { return e.Pos.After(before) && Is("web", "release", "promoted")(e) })); n != 1 {
		t.Errorf("promoted %d times", n)
	}
}
