package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/services/slipway/load"
)

// chance is a drill's one source of it; SLIPWAY_SEED tries another.
func chance(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(1)
	if s := os.Getenv("SLIPWAY_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatalf("SLIPWAY_SEED=%q: want a number", s)
		}
	}
	t.Logf("again with SLIPWAY_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // a drill
}

// during waits until some more facts stand in the log: a moment in the midst of what a
// declaration began.
func during(p *Plane, facts int) {
	p.t.Helper()
	from := p.Log.Head().Seq
	Await(p.t, 30*time.Second, fmt.Sprintf("%d facts", facts), func() bool { return p.Log.Head().Seq >= from+uint64(facts) })
}

// bus-19: two copies of every service on one bus, under load. Any of them, the
// node's agent, the second gateway and the bus itself are killed with -9 in the midst
// of releases: each release ends as it does without, no request fails, and nothing is
// said or run twice.
func TestAnyOfTwoCopiesIsKilled(t *testing.T) {
	p := Start(t, Apart(), Copies("twin"))
	p.Add("second", "run", "gateway", "--id", "gw2-a", "--nats", p.NATS, "--listen", p.freePort(), "--data", p.Dir+"/second", "--log-level", "info").Start()
	p.MustDeploy(p.Noted(Example("web", "v0", "rolling", "")), 30*time.Second)
	requests := p.Load(load.Config{Host: "web.localhost", Rate: 100, Methods: []string{"GET", "POST"}, Body: []byte("hello")})
	r, all := chance(t), []string{"control", "twin", "node", "second", "bus"}
	for n := 1; n <= Count(100); n++ {
		version := fmt.Sprintf("v%d", n)
		before := p.Declare(p.Noted(Example("web", version, []string{"rolling", "blue-green"}[r.IntN(2)], "")))
		during(p, 1+r.IntN(30))
		victim := p.Process(all[r.IntN(len(all))])
		victim.Kill()
		victim.Start()
		end := p.Log.Await(before, time.Minute, "release "+version+" to end after the death of "+victim.Name, func(e events.Event) bool {
			return e.App == "web" && e.Kind.Entity == "release" && ends[e.Kind.Happened]
		})
		if end.Kind.Happened != "completed" {
			t.Fatalf("%s after the death of %s: %s %s", version, victim.Name, end.Kind.Happened, end.Reason)
		}
	}
	last := fmt.Sprintf("v%d", Count(100))
	Await(t, 10*time.Second, last+" to answer", func() bool { return requests.Counts().Answers[last] > 20 })
	Lossless(t, requests.Stop())
	Whole(t, p.Log)
	p.RunOnce()
}
