package e2e

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/services/slipway/load"
)

// outage is how long two servers are away: longer than the one that is left takes to
// find out that it leads nothing.
const outage = 12 * time.Second

// bus-11: parts of a cluster are killed with -9 at random, one at a time; then two
// servers at once. While they are away nothing is decided and no request is lost. Once
// they are back all goes on: what was wished meanwhile is wished once, a deploy that
// waited goes well, nothing is said or run twice and nobody's lease lapses.
func TestAClusterLosesItsMajority(t *testing.T) {
	t.Parallel() // it waits most of its time
	c, r := startCluster(t), chance(t)
	began := time.Now()
	c.MustDeploy(c.Noted(Example("web", "v0", "rolling", "")), time.Minute)
	requests := c.Load(load.Config{Host: "web.localhost", Rate: 100})
	all := []string{"bus-a", "bus-b", "bus-c", "control-1", "control-2", "node"}
	for n := 1; n <= Count(20); n++ {
		before := c.Declare(c.Noted(Example("web", fmt.Sprintf("v%d", n), "rolling", "")))
		during(c.Plane, 1+r.IntN(30))
		victim := all[r.IntN(len(all))]
		c.kill(victim)
		c.script("start", victim)
		c.Log.Await(before, time.Minute, "the release to complete after the death of "+victim, Is("web", "release", "completed"))
	}
	c.whole()
	t.Logf("killed at random for %s", time.Since(began))

	c.kill("bus-b")
	c.kill("bus-c")
	lost, head := time.Now(), c.Log.Head()
	wish := events.NewWish("person:e2e", events.WishHaltLifted{OfApp: events.OfApp{App: "web"}}, lost, rand.Text())
	if _, err := c.Log.Bus.Wish(t.Context(), wish); !errors.Is(err, bus.ErrUnkept) {
		t.Errorf("a wish with one server of three: %v", err)
	}
	deployed := make(chan Result, 1)
	file := c.file(c.Noted(Example("web", "last", "rolling", "")))
	go func() { deployed <- c.Slipway("deploy", file, "-y", "--timeout", "2m") }()
	sent := requests.Counts().Sent
	Await(t, 2*outage, "the outage to last", func() bool { return time.Since(lost) > outage })
	if now := c.Log.Head(); now != head {
		t.Errorf("with one server of three something was said: %s, then %s", head, now)
	}
	if c := requests.Counts(); c.Failed > 0 || c.Sent-sent < 100 {
		t.Errorf("without servers %d requests were sent, %d failed", c.Sent-sent, c.Failed)
	}
	var back sync.WaitGroup
	for _, name := range []string{"bus-b", "bus-c"} {
		back.Go(func() { c.script("start", name) })
	}
	back.Wait()
	t.Logf("all servers are back after %s", time.Since(lost)-outage)
	if x := <-deployed; x.Code != 0 {
		t.Errorf("deployed without a majority: code %d after %s\n%s%s", x.Code, x.Took, x.Stdout, x.Stderr)
	}
	Await(t, 10*time.Second, "the last version to answer", func() bool { return requests.Counts().Answers["last"] > 20 })
	first, err1 := c.Log.Bus.Wish(context.WithoutCancel(t.Context()), wish)
	again, err2 := c.Log.Bus.Wish(context.WithoutCancel(t.Context()), wish)
	if err1 != nil || err2 != nil || first != again {
		t.Errorf("one wish is kept at %s (%v) and at %s (%v)", first, err1, again, err2)
	}
	Lossless(t, requests.Stop())
	Whole(t, c.Log)
	c.RunOnce()
	c.lapsed()
}

// whole waits until every server has all of the log.
func (c *cluster) whole() {
	c.t.Helper()
	Await(c.t, time.Minute, "all servers to have all of the log", func() bool {
		log, err := logOf(c.t, c.NATS)
		if err != nil || log.Cluster.Leader == "" || len(log.Cluster.Replicas) != 2 {
			return false
		}
		for _, x := range log.Cluster.Replicas {
			if !x.Current || x.Offline {
				return false
			}
		}
		return true
	})
}
