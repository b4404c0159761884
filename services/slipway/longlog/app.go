package longlog

import (
	"fmt"

	"slipway.dev/events"
)

// replicas of every app, and the port its first instance answers at.
const (
	replicas  = 3
	firstPort = 20_000
	fullBp    = 10_000
	everyBad  = 7 // of so many releases one is taken back
)

// app is one app on its way from release to release.
type app struct {
	*teller
	name     string
	nodes    int
	declared int
	release  int
	stable   int // 0: none
	route    int
	pool     int
	mesh     int        // port other apps reach it at
	live     []instance // that serve
}

// instance is one that runs.
type instance struct {
	events.OfInstance
	release int
	address string
	said    events.Event // its last fact
}

// ship makes the next release and takes the former one's instances away.
func (a *app) ship() {
	old := a.live
	planned := a.plan()
	if a.release%everyBad == 0 && a.stable != 0 {
		a.fail(planned)
		return
	}
	a.live = nil
	for i := range replicas {
		a.live = append(a.live, a.run(planned, i))
	}
	a.list(a.live[0].said, append(append([]instance{}, old...), a.live...), nil)
	promoted := a.say(a.settle(a.shift(planned)), "3 of 3 available", events.ReleasePromoted{OfRelease: a.is(), How: events.Rolling, Available: replicas, Target: replicas, Route: a.route})
	if former := a.stable; former != 0 {
		a.say(promoted, "another one serves", events.ReleaseDemoted{OfRelease: events.OfRelease{App: a.name, Release: former}})
		a.end(promoted, old, "replaced")
	}
	a.stable = a.release
	a.say(promoted, "took 1s", events.ReleaseCompleted{OfRelease: a.is(), TookMs: 1000, Requests: 4000, ShareBp: fullBp})
}

func (a *app) is() events.OfRelease { return events.OfRelease{App: a.name, Release: a.release} }

func (a *app) plan() events.Event {
	a.declared++
	a.release++
	d := a.document()
	declared := a.say(events.Event{}, "by person:alice", events.AppDeclared{OfApp: events.OfApp{App: a.name}, Declaration: a.declared, Document: d, Hash: d.Hash()})
	planned := a.say(declared, "declared", events.ReleasePlanned{
		OfRelease: a.is(), Declaration: a.declared, Revision: d.Revision(), SpecHash: d.Revision(), Spec: d.Spec(),
		Strategy: events.Rolling, From: a.stable, How: "deploy", Target: replicas,
	})
	return a.say(planned, "nothing to prepare", events.ReleaseStarted{OfRelease: a.is()})
}

func (a *app) document() events.Document {
	return events.Document{
		Name: a.name, Version: fmt.Sprintf("v%d", a.declared), Driver: events.DriverProcess, Command: []string{"serve", a.name}, Replicas: replicas,
		Env:    map[string]string{"VERSION": fmt.Sprint(a.declared)},
		Ports:  map[string]events.DeclaredPort{"http": {SpecPort: events.SpecPort{Protocol: events.ProtocolHTTP}, Path: "/"}},
		Deploy: events.DeployPolicy{Strategy: events.Rolling, DeadlineMs: 60_000, RevertMs: 60_000, OnFailure: events.OnFailureRollback, Keep: events.KeepPolicy{History: 10}},
		Stop:   events.StopPolicy{DrainMs: 10_000}, Health: events.Health{Ready: events.HealthCheck{Kind: events.CheckHTTP, Path: "/healthz"}},
	}
}

// run brings an instance to available.
func (a *app) run(planned events.Event, i int) instance {
	x := instance{release: a.release, address: fmt.Sprintf("127.0.0.1:%d", firstPort+i)}
	x.OfInstance = events.OfInstance{App: a.name, Node: node((a.release + i) % a.nodes), Instance: fmt.Sprintf("%s-%d-a%d", a.name, a.release, i+1)}
	spec := a.document().Revision()
	unplaced := x.OfInstance
	unplaced.Node = ""
	asked := a.say(planned, fmt.Sprintf("%d of 3 wanted", i+1), events.AssignmentRequested{OfInstance: unplaced, Release: a.release, SpecHash: spec, Role: events.RoleService, Driver: events.DriverProcess})
	placed := a.say(asked, "spread on 4 nodes", events.PlacementPlaced{OfInstance: x.OfInstance, Release: a.release, SpecHash: spec, Role: events.RoleService})
	starting := a.say(placed, "content is here", events.InstanceStarting{OfInstance: x.OfInstance, Try: 1, Boot: 1, Ports: map[string]int{"http": firstPort + i}})
	started := a.say(starting, "runs", events.InstanceStarted{OfInstance: x.OfInstance, Release: a.release, Try: 1, Boot: 1, Pid: 4000 + i, Address: x.address})
	a.say(started, "it runs", events.EndpointRegistered{Endpoint: a.endpoint(x, events.EndpointConditions{})})
	ready := a.say(started, "GET /healthz answered 200", events.InstanceReady{OfInstance: x.OfInstance, Boot: 1, Check: "GET /healthz", TookMs: 12})
	x.said = a.say(ready, "its checks pass", events.EndpointAvailable{Endpoint: a.endpoint(x, events.EndpointConditions{Ready: true, Serving: true})})
	return x
}

func (a *app) endpoint(x instance, is events.EndpointConditions) events.Endpoint {
	return events.Endpoint{App: a.name, Endpoint: x.Instance, Release: x.release, Node: x.Node, Address: x.address, Weight: 100, Conditions: is, Since: a.now}
}

// fail is a release whose instance never gets ready. It is always the same node it
// fails on, so that a fleet soon has said every subject it has.
func (a *app) fail(planned events.Event) {
	x := events.OfInstance{App: a.name, Node: node(0), Instance: fmt.Sprintf("%s-%d-a1", a.name, a.release)}
	unplaced := x
	unplaced.Node = ""
	asked := a.say(planned, "1 of 3 wanted", events.AssignmentRequested{OfInstance: unplaced, Release: a.release, Role: events.RoleService, Driver: events.DriverProcess})
	placed := a.say(asked, "spread on 4 nodes", events.PlacementPlaced{OfInstance: x, Release: a.release, Role: events.RoleService})
	starting := a.say(placed, "content is here", events.InstanceStarting{OfInstance: x, Try: 1, Boot: 1})
	exited := a.say(starting, "exit code 3", events.InstanceExited{OfInstance: x, Try: 1, Code: 3, Tail: []string{"panic: no price table"}})
	failed := a.say(exited, "1 exit within 60s", events.InstanceFailed{OfInstance: x, Code: 3, Tail: []string{"panic: no price table"}})
	aborted := a.say(failed, x.Instance+" exited with 3", events.ReleaseAborted{OfRelease: a.is(), Cause: "unhealthy"})
	a.say(aborted, "release "+fmt.Sprint(a.stable)+" serves", events.ReleaseRolledBack{OfRelease: a.is(), To: a.stable, TookMs: 900})
}
