package e2e

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/services/slipway/load"
)

const upgradeWait = 30 * time.Second

// streamDrain of the gateways under upgrades: short, since each upgrade waits for it.
const streamDrain = time.Second

// everyKind of client: requests over kept connections with sockets beside them, each
// request over a connection of its own, and HTTP/2.
func everyKind(p *Plane) []*load.Running {
	base := load.Config{Host: "web.localhost", Rate: 50, Methods: []string{"GET", "POST"}, Body: []byte("hello"), Idle: 300 * time.Millisecond}
	kept, fresh, h2c := base, base, base
	kept.Sockets, fresh.Fresh, h2c.H2C = 4, true, true
	return []*load.Running{p.Load(kept), p.Load(fresh), p.Load(h2c)}
}

// dataplane-27: the gateway is upgraded again and again under load of every kind: no
// connect and no request fails, the slots alternate, streams live to the deadline.
func TestTheGatewayIsUpgradedUnderLoad(t *testing.T) {
	p := Start(t, Apart())
	g := p.found("--drain", streamDrain.String())
	p.MustDeploy(Example("web", "v1", "rolling", ""), time.Minute)
	at := p.freePort()
	p.MustDeploy(atPort(Example("raw", "v1", "rolling", ""), at), time.Minute)
	clients := append(everyKind(p), p.Load(load.Config{URL: "http://" + at + "/", Rate: 50, Fresh: true}))
	for _, c := range clients {
		Await(t, upgradeWait, "v1 to answer", func() bool { return c.Counts().Answers["v1"] > 10 })
	}
	before, slots, want := p.Log.Head(), []string{}, []string{}
	for n := range Count(100) {
		g.takesOver(upgradeWait, g.hangup)
		slots, want = append(slots, g.slot), append(want, []string{"gw1-b", "gw1-a"}[n%2])
		held := clients[0].Counts()
		Await(t, upgradeWait, "the sockets to talk again", func() bool {
			return clients[0].Counts().Outcomes["WS echo"] > held.Outcomes["WS echo"]+4
		})
	}
	for _, c := range clients {
		Lossless(t, c.Stop())
	}
	if !slices.Equal(slots, want) {
		t.Errorf("slots %v, want %v", slots, want)
	}
	streamsLiveToTheDeadline(t, p, before, clients[0].Counts())
	handedOverInOrder(t, p, before)
}

// dataplane-13, dataplane-27: the gateway is upgraded in the midst of switches. Whoever
// joined before an endpoint drains is waited for; nothing is sent to one that stopped.
func TestTheGatewayIsUpgradedDuringSwitches(t *testing.T) {
	p := Start(t, Apart())
	g := p.found("--drain", streamDrain.String())
	p.MustDeploy(app("v0", "rolling"), time.Minute)
	clients := everyKind(p)
	for n := 1; n <= Count(30); n++ {
		version := fmt.Sprintf("v%d", n)
		before := p.Declare(app(version, []string{"rolling", "blue-green"}[n%2]))
		during(p, 1+5*n%17)
		g.takesOver(upgradeWait, g.hangup)
		p.Log.Await(before, time.Minute, version+" to be completed", Is("web", "release", "completed"))
		Await(t, upgradeWait, version+" to answer", func() bool { return clients[1].Counts().Answers[version] > 5 })
	}
	for _, c := range clients {
		Lossless(t, c.Stop())
	}
	drainedBeforeStopped(t, p)
}

// streamsLiveToTheDeadline: no socket ends but when the drain of a gateway that was
// replaced is over.
func streamsLiveToTheDeadline(t *testing.T, p *Plane, after events.Position, c load.Counts) {
	t.Helper()
	draining := p.Log.All(func(e events.Event) bool { return e.Pos.After(after) && Is("", "gateway", "draining")(e) })
	for _, end := range c.Ends {
		if !slices.ContainsFunc(draining, func(e events.Event) bool {
			took := end.Sub(e.Time)
			return took > streamDrain-100*time.Millisecond && took < streamDrain+slack
		}) {
			t.Errorf("a socket ended at %s, no gateway had begun to drain %s before", end.Format("15:04:05.000"), streamDrain)
		}
	}
	if len(c.Ends) == 0 {
		t.Error("no socket met a deadline: the drill proves nothing")
	}
}

// handedOverInOrder: each successor has joined and applied before its predecessor
// drains, and each predecessor says draining, drained and left.
func handedOverInOrder(t *testing.T, p *Plane, after events.Position) {
	t.Helper()
	ready := map[string]bool{}
	var order []string
	for _, e := range p.Log.All(func(e events.Event) bool { return e.Pos.After(after) }) {
		switch d := e.Data.(type) {
		case events.GatewayJoined:
			ready[d.Gateway] = false
		case events.RoutingApplied:
			ready[d.Gateway] = true
		case events.GatewayDraining:
			if !ready[other(d.Gateway)] {
				t.Errorf("#%d %s drains before its successor has applied", e.Pos.Seq, d.Gateway)
			}
			order = append(order, "draining")
		case events.GatewayDrained:
			order = append(order, "drained")
		case events.GatewayLeft:
			order = append(order, "left")
		}
	}
	for i, happened := range order {
		if want := []string{"draining", "drained", "left"}[i%3]; happened != want {
			t.Errorf("%v", order)
			return
		}
	}
}

// The predecessor is killed with -9 in the midst of handing over, before and after
// its successor has joined: the successor serves by the same sockets, and no connect
// fails.
func TestThePredecessorDiesWhileItHandsOver(t *testing.T) {
	p := Start(t, Apart())
	g := p.found("--drain", "1h") // it has sockets, so it never leaves by itself
	p.MustDeploy(Example("web", "v1", "rolling", ""), time.Minute)
	for _, moment := range []string{"begun", "joined", "draining"} {
		t.Run(moment, func(t *testing.T) { g.diesWhen(t, moment) })
	}
}

func (g *dynasty) diesWhen(t *testing.T, moment string) {
	p, before, was, slot := g.p, g.p.Log.Head(), g.pid, g.slot
	requests := p.Load(load.Config{Host: "web.localhost", Rate: 50, Fresh: true})
	sockets := p.Load(load.Config{Host: "web.localhost", Sockets: 1})
	Await(t, upgradeWait, "the socket to talk", func() bool { return sockets.Counts().Outcomes["WS echo"] > 0 })
	begun := strings.Count(g.first.Output(), "successor started")
	g.hangup()
	switch moment {
	case "begun":
		Await(t, upgradeWait, "the successor to start", func() bool {
			return strings.Count(g.first.Output(), "successor started") > begun
		})
	default:
		p.Log.Await(before, upgradeWait, "gateway."+moment, Is("", "gateway", moment))
	}
	if err := syscall.Kill(was, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	p.Log.Await(before, upgradeWait, "the successor to join", g.joined(other(slot)))
	Await(t, upgradeWait, "the successor to be ready", func() bool {
		return g.first.readReady() && int(g.first.Ready["pid"].(float64)) == g.pid
	})
	again := p.Load(load.Config{Host: "web.localhost", Rate: 50, Fresh: true})
	Await(t, upgradeWait, "requests to be answered", func() bool { return again.Counts().OK > 20 })
	Lossless(t, again.Stop())
	sockets.Stop()
	c := requests.Stop()
	if refused := slices.ContainsFunc(c.Examples, func(x string) bool { return strings.Contains(x, "refused") }); refused || c.OK == 0 {
		t.Errorf("%s", c) // what was in flight in the dead one may have failed, a connect never
	}
	p.Log.Await(before, upgradeWait, "the dead one to lapse", func(e events.Event) bool {
		d, ok := e.Data.(events.LeaseLapsed)
		return ok && d.Name == slot
	})
	if left := p.Log.All(func(e events.Event) bool { return e.Pos.After(before) && Is("", "gateway", "left")(e) }); len(left) > 0 {
		t.Errorf("%s left before it was killed: the drill proves nothing", left[0].Subject)
	}
}
