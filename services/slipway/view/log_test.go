package view

import (
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/services/deployer"
)

// story is a log made by hand: facts in order, each caused by the one before.
type story struct {
	t        *testing.T
	log      *Log
	ordinals map[string]uint64
	seq      uint64
	last     events.Event
	now      time.Time
	heard    []*Journey
	said     []events.Event
}

func newStory(t *testing.T) *story {
	return &story{
		t: t, log: NewLog(deployer.Config{DefaultDomain: "localhost"}), ordinals: map[string]uint64{},
		now: time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC),
	}
}

// say adds a fact caused by the one before.
func (s *story) say(reason string, data events.Payload) events.Event {
	return s.put(reason, data, s.last, "")
}

// answer adds a fact that answers a wish.
func (s *story) answer(w events.Event, reason string, data events.Payload) events.Event {
	return s.put(reason, data, w, w.Actor)
}

func (s *story) put(reason string, data events.Payload, cause events.Event, actor string) events.Event {
	s.t.Helper()
	about, kind := data.About(), events.KindOf(data)
	guard := events.Guard(kind.Owner, about.App, about.Place)
	s.ordinals[guard]++
	s.seq++
	if actor == "" {
		actor = events.Actor(kind.Owner, about.Place)
	}
	e := events.Event{
		ID: events.ID(guard, s.ordinals[guard]), Source: events.Source(kind.Owner, about.Place), Kind: kind,
		App: about.App, Place: about.Place, Subject: about.Subject, Time: s.now, Stored: s.now, Cause: cause.ID,
		Correlation: cause.Correlation, Actor: actor, Reason: reason, Ordinal: s.ordinals[guard], Data: data,
		Pos: events.Position{Era: 1, Seq: s.seq},
	}
	if cause.Kind.IsWish() {
		e.Wish = cause.Pos
	}
	if e.Cause == "" {
		e.Correlation = e.ID
	}
	s.log.Fold(e)
	s.last, s.said = e, append(s.said, e)
	for _, j := range s.heard {
		j.Hear(s.log, e)
	}
	return e
}

// wish makes a wish at a position and the journey that follows it.
func (s *story) wish(seq uint64, data events.Payload) (events.Event, *Journey) {
	w := events.NewWish("person:alice", data, s.now, "wish-"+events.Position{Era: 1, Seq: seq}.String())
	w.Pos, w.Stored = events.Position{Era: 1, Seq: seq}, s.now
	j := &Journey{App: w.App, Wish: w.Pos, ID: w.ID, Goal: Completed}
	s.heard = append(s.heard, j)
	return w, j
}

func (s *story) wait(d time.Duration) { s.now = s.now.Add(d) }

var shop = events.OfApp{App: "shop"}

func release(n int) events.OfRelease { return events.OfRelease{App: "shop", Release: n} }

func instance(id string) events.OfInstance {
	return events.OfInstance{App: "shop", Node: "n1", Instance: id}
}

// document is an app file of a version, one instance, one port.
func document(version string) events.Document {
	return events.Document{
		Name: "shop", Version: version, Driver: events.DriverProcess, Command: []string{"slipway"}, Replicas: 1,
		Ports:  map[string]events.DeclaredPort{"http": {SpecPort: events.SpecPort{Protocol: events.ProtocolHTTP}, Path: "/"}},
		Deploy: events.DeployPolicy{Strategy: events.Rolling, DeadlineMs: 60_000, RevertMs: 60_000, OnFailure: events.OnFailureRollback, Keep: events.KeepPolicy{History: 10}},
		Stop:   events.StopPolicy{DrainMs: 10_000}, Health: events.Health{Ready: events.HealthCheck{Kind: events.CheckHTTP, Path: "/healthz"}},
	}
}

// cluster adds a node and a gateway.
func (s *story) cluster() {
	s.last = events.Event{}
	s.say("boot", events.NodeJoined{OfNode: events.OfNode{Node: "n1"}, Incarnation: 1, NodeDescription: events.NodeDescription{
		Drivers: []string{events.DriverProcess}, CPUMilli: 2000, MemoryBytes: 1 << 30,
	}})
	s.say("boot", events.GatewayJoined{OfGateway: events.OfGateway{Gateway: "gw1-a", Incarnation: 1}, Addresses: []string{"127.0.0.1:8080"}})
}

// declare wishes a version and says that it is declared.
func (s *story) declare(wish uint64, number int, version string) *Journey {
	d := document(version)
	w, j := s.wish(wish, events.WishAppDeclared{OfApp: shop, Document: d})
	s.answer(w, "by person:alice", events.AppDeclared{OfApp: shop, Declaration: number, Document: d, Hash: d.Hash()})
	return j
}

func (s *story) plan(number, declaration, from int, version string) {
	d := document(version)
	s.say("declared", events.ReleasePlanned{
		OfRelease: release(number), Declaration: declaration, Revision: d.Revision(), SpecHash: d.Revision(),
		Spec: d.Spec(), Strategy: events.Rolling, From: from, How: "deploy", Target: 1,
	})
	s.say("nothing to prepare", events.ReleaseStarted{OfRelease: release(number)})
}

// run brings an instance to ready.
func (s *story) run(id string, number int) {
	s.say("1 of 1 wanted", events.AssignmentRequested{OfInstance: events.OfInstance{App: "shop", Instance: id}, Release: number, Role: events.RoleService, Driver: events.DriverProcess})
	s.say("spread", events.PlacementPlaced{OfInstance: instance(id), Release: number, Role: events.RoleService})
	s.say("content is here", events.InstanceStarting{OfInstance: instance(id), Try: 1, Boot: 1})
	s.say("runs", events.InstanceStarted{OfInstance: instance(id), Release: number, Try: 1, Boot: 1, Pid: 42, Address: "127.0.0.1:20000"})
	s.say("passed", events.InstanceReady{OfInstance: instance(id), Boot: 1})
}

func (s *story) shift(generation int, shares ...events.RouteShare) {
	s.say("follows", events.RouteShifted{
		OfRoute: events.OfRoute{App: "shop", Generation: generation},
		Route:   events.Route{Rules: []events.RouteRule{{Host: "shop.localhost", Path: "/"}}, Shares: shares, MeshPort: deployer.MeshPorts.First},
	})
}

// serve is a whole first release.
func (s *story) serve() *Journey {
	s.cluster()
	j := s.declare(1, 1, "v1")
	s.plan(1, 1, 0, "v1")
	s.run("shop-1-a1", 1)
	s.shift(1, events.RouteShare{Release: 1, ShareBp: 10_000})
	s.wait(time.Second)
	s.say("1 of 1 available", events.ReleasePromoted{OfRelease: release(1), How: "rolling", Available: 1, Target: 1})
	s.say("took 1s", events.ReleaseCompleted{OfRelease: release(1), TookMs: 1000, Requests: 40, Failed: 1, ShareBp: 10_000})
	return j
}
