package e2e

import (
	"strings"
	"testing"
	"time"

	"slipway.dev/services/slipway/load"
)

// levelHold is longer than a holder's lease, so that nobody who is only slow is passed over.
const levelHold = 5 * time.Second

// become ends a process as a crash does and starts it as another version.
func (p *Plane) become(binary string, names ...string) {
	p.t.Helper()
	for _, name := range names {
		x := p.Process(name)
		x.Kill()
		x.binary = binary
		x.Start()
	}
}

// One version is replaced by its neighbour part by part and taken back, under load. The
// level rises once all parts are the newer one; from then on the older one refuses.
func TestUpgradeAndBackToTheVersionBefore(t *testing.T) {
	t.Parallel() // it waits most of its time
	older, newer := Binary(t), Neighbour(t)
	p := New(t)
	p.env = append(p.env, "SLIPWAY_LEVEL_HOLD="+levelHold.String())
	p.startApart(options{control: []string{"control"}})
	p.Log = p.follow()
	p.MustDeploy(Example("web", "v1", "rolling", ""), 30*time.Second)
	t.Run("upgraded and taken back while the gateway stays, no request fails", func(t *testing.T) {
		requests := p.Load(load.Config{Host: "web.localhost", Rate: 50, Methods: []string{"GET", "POST"}, Body: []byte("hello")})
		p.become(newer, "bus", "control", "node")
		p.MustDeploy(Example("web", "v2", "rolling", ""), 60*time.Second)
		p.become(older, "node", "control", "bus")
		p.MustDeploy(Example("web", "v3", "rolling", ""), 60*time.Second)
		Await(t, 10*time.Second, "v3 to answer", func() bool { return requests.Counts().Answers["v3"] > 20 })
		Lossless(t, requests.Stop())
		if raised := p.Log.All(Is("", "level", "")); len(raised) > 0 {
			t.Fatalf("%s: %s, though the gateway is of the older version", raised[0].Kind.Name(), raised[0].Reason)
		}
	})
	t.Run("once every part is the newer version the level rises, and what it brings is said", func(t *testing.T) {
		start := p.Log.Head()
		p.become(newer, "gateway", "node", "control", "bus")
		raised := p.Log.Await(start, 10*levelHold, "the level to rise", Is("", "level", "raised"))
		p.Log.Await(raised.Pos, 10*time.Second, "what level 2 brings", Is("", "level", "greeted"))
		requests := p.Load(load.Config{Host: "web.localhost", Rate: 50})
		p.MustDeploy(Example("web", "v4", "rolling", ""), 60*time.Second)
		Await(t, 10*time.Second, "v4 to answer", func() bool { return requests.Counts().Answers["v4"] > 20 })
		Lossless(t, requests.Stop())
	})
	for _, name := range []string{"control", "node", "gateway", "bus"} {
		t.Run("then the older version refuses to start its "+name+", and says what helps", func(t *testing.T) {
			x := p.Process(name)
			x.Kill()
			x.binary = older
			before := len(x.Output())
			x.Launch()
			Await(t, readyWait, name+" to refuse", func() bool { return !x.Running() })
			words := x.Output()[before:]
			if code := x.cmd.ProcessState.ExitCode(); code != 1 || !strings.Contains(words, "SLW-C008") || !strings.Contains(words, "start the newer binary again") {
				t.Errorf("code %d: %s", code, tail(words))
			}
			x.binary = newer
			x.Start()
		})
	}
	p.MustDeploy(Example("web", "v5", "rolling", ""), 60*time.Second)
}
