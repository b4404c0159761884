package deployer

import (
	"testing"
	"time"

	"slipway.dev/events"
)

// A release that makes headway replaces what a draining node has by itself; one that
// stands still does not, and a drain does not wait for a person.
func TestADrainBesideAReleaseThatStandsStill(t *testing.T) {
	for name, plan := range map[string]func(*events.Document){
		"rolling": rollingBy(1, 0),
		"canary":  steps(approved(2500)),
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, "n1", "n2", "n3")
			r.deploy(doc("1", replicas(4), plan))
			r.slow[2] = name == "rolling"
			r.declare(doc("2", replicas(4), plan))
			r.until("one of release 2 is there", func() bool { return len(r.app("web").of(2)) == 1 })
			if name == "rolling" {
				r.wish(events.WishHaltRequested{OfApp: web, Message: "look first"})
			}
			r.until("it stands still", func() bool { return r.count("release.paused web/2") == 1 })
			from, at := r.app("web").Instances["web-1-a1"].Node, r.w.Now()
			r.drain(from)
			r.until("drained", r.drained(from))
			if took := r.w.Now().Sub(at); took > time.Minute || len(r.on(from)) != 0 {
				t.Errorf("%v left on %s after %s", r.on(from), from, took)
			}
			if n := len(r.app("web").of(1).keep(wanted)); n != 4 || r.app("web").Releases[2].Phase != paused {
				t.Errorf("%d of release 1, release 2 is %s", n, r.app("web").Releases[2].Phase)
			}
		})
	}
}
