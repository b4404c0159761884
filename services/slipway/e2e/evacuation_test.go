package e2e

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/services/slipway/load"
)

// lostPromise is how long a node's loss may take to be made good, without the start: a
// lease and ten seconds.
const lostPromise = events.LeaseTTL + events.LostAfter

// nodesOf starts three nodes, and an app of some replicas whose instances are quick.
func nodesOf(t *testing.T, replicas string) *Plane {
	t.Helper()
	p := Start(t, Apart())
	p.AddNodes("n2", "n3")
	file := strings.Replace(Example("web", "v1", "rolling", ""), "replicas: 2", "replicas: "+replicas, 1)
	p.MustDeploy(file, 30*time.Second)
	return p
}

// process is the name of the process that runs a node.
func process(node string) string {
	if node == "n1" {
		return "node"
	}
	return node
}

// delivery-N05: the node with the only replica of an app is drained under load: another
// is in every table before the old one goes, and no request fails.
func TestDrainOfANodeWithTheOnlyReplica(t *testing.T) {
	p := nodesOf(t, "1")
	requests := p.Load(load.Config{Host: "web.localhost", Rate: 200, Methods: []string{"GET", "POST"}, Body: []byte("hello")})
	for range Count(100) {
		before, from := p.Log.Head(), p.NodeOf("web")
		r := p.Slipway("nodes", "drain", from, "-y", "--timeout", "60s", "-m", "new kernel")
		if r.Code != 0 || !strings.Contains(r.Stdout, "drained") {
			t.Fatalf("code %d after %s\n%s%s", r.Code, r.Took, r.Stdout, r.Stderr)
		}
		p.Log.CatchUp()
		ready := p.Log.Await(before, time.Second, "the replacement to be ready", Is("web", "instance", "ready"))
		gone := p.Log.Await(before, time.Second, "the old one to be stopped", Is("web", "instance", "stopped"))
		end := p.Log.Await(before, time.Second, "the end of the drain", Is("", "evacuation", "finished"))
		if d := end.Data.(events.EvacuationFinished); d.Moved != 1 || d.Forced != 0 || d.Cut != 0 || !gone.Pos.After(ready.Pos) || !end.Pos.After(gone.Pos) {
			t.Errorf("ready %s, stopped %s, finished %s: %+v", ready.Pos, gone.Pos, end.Pos, d)
		}
		if to := p.NodeOf("web"); to == from {
			t.Errorf("it is on %s still", to)
		}
		if r := p.Slipway("nodes", "uncordon", from); r.Code != 0 {
			t.Fatalf("code %d: %s", r.Code, r.Stderr)
		}
	}
	Lossless(t, requests.Stop())
	Once(t, p.Log)
}

// delivery-N07: a node dies with all it runs. Its instances serve elsewhere within a
// lease and ten seconds and their start; requests that may be sent again all succeed;
// when the node is back it runs nothing of what was replaced.
func TestANodeDiesAndReturns(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := nodesOf(t, "3")
	p.Log.CatchUp()
	requests := p.Load(load.Config{Host: "web.localhost", Rate: 100})
	Await(t, 10*time.Second, "requests to be answered", func() bool { return requests.Counts().Sent > 50 })
	before, died := p.Log.Head(), time.Now()
	p.KillNode("n2")
	lost := p.Log.Await(before, 5*lostPromise, "n2 to be lost", Is("", "evacuation", "started"))
	if r := p.Slipway("nodes"); !strings.Contains(r.Stdout, "lost") {
		t.Errorf("nodes shows no lost one:\n%s", r.Stdout)
	}
	given := p.Log.Await(lost.Pos, 5*time.Second, "its instance to be given up", Is("web", "placement", "evacuated"))
	back := p.Log.Await(given.Pos, 5*(lostPromise+startMost), "another to be ready", Is("web", "instance", "ready"))
	took := time.Since(died)
	t.Logf("served elsewhere %s after the node's death, promised %s and the start", took.Round(time.Millisecond), lostPromise)
	if took > 5*(lostPromise+startMost) {
		t.Errorf("took %s", took)
	}
	if d := back.Data.(events.InstanceReady); d.Node == "n2" || lost.Place != "n2" {
		t.Errorf("%s is lost, the other one is ready on %s", lost.Place, d.Node)
	}

	p.Process("n2").Start()
	ended := p.Log.Await(back.Pos, 20*time.Second, "n2 to have returned", Is("", "evacuation", "finished"))
	if d := ended.Data.(events.EvacuationFinished); d.Cause != events.EvacuationReturned || d.Moved != 1 {
		t.Errorf("%+v", d)
	}
	gone := given.Data.(events.PlacementEvacuated).Instance
	p.Log.Await(back.Pos, 20*time.Second, "n2 to have ended "+gone, func(e events.Event) bool {
		d, ok := e.Data.(events.InstanceStopped)
		return ok && d.Instance == gone
	})
	for _, e := range p.Log.All(Is("web", "instance", "starting")) {
		if d := e.Data.(events.InstanceStarting); d.Instance == gone && e.Pos.After(lost.Pos) {
			t.Errorf("%s starts again on %s", gone, d.Node)
		}
	}
	if n := len(p.Workloads()); n != 3 {
		t.Errorf("%d workloads, want 3", n)
	}
	Lossless(t, requests.Stop())
	Once(t, p.Log)
}

// startMost is what fetching, starting and becoming ready may take on a busy machine.
const startMost = 3 * time.Second

// A drain that meets a release on its way: both come to their end, and nothing is lost.
func TestADrainBesideARelease(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := nodesOf(t, "3")
	requests := p.Load(load.Config{Host: "web.localhost", Rate: 100, Methods: []string{"GET", "POST"}, Body: []byte("hello")})
	before := p.Declare(strings.Replace(Example("web", "v2", "rolling", ""), "replicas: 2", "replicas: 3", 1))
	p.Log.Await(before, 30*time.Second, "the first of the new", Is("web", "instance", "starting"))
	if r := p.Slipway("nodes", "drain", "n2", "-y", "--timeout", "60s"); r.Code != 0 {
		t.Fatalf("code %d after %s\n%s%s", r.Code, r.Took, r.Stdout, r.Stderr)
	}
	p.Log.Await(before, 60*time.Second, "the release to be completed", Is("web", "release", "completed"))
	Lossless(t, requests.Stop())
	Once(t, p.Log)
	Await(t, 10*time.Second, "the last old one to be gone", func() bool { return len(p.Workloads()) == 3 })
	if left := p.keepers(filepath.Join(p.Dir, "n2")); len(left) > 0 {
		t.Errorf("%d run on the drained node", len(left))
	}
}

// A live node is not removed; a lost one is, and it is shown as gone, with the words of who
// removed it.
func TestALostNodeIsRemoved(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := nodesOf(t, "1")
	if r := p.Slipway("nodes", "remove", "n3", "-y"); r.Code != 6 || !strings.Contains(r.Stderr, "drain it first") {
		t.Fatalf("a live one: code %d\n%s%s", r.Code, r.Stdout, r.Stderr)
	}
	before := p.Log.Head()
	p.KillNode("n3")
	p.Log.Await(before, 5*lostPromise, "n3 to be lost", Is("", "evacuation", "started"))
	if r := p.Slipway("nodes", "remove", "n3", "-y", "-m", "it burnt"); r.Code != 0 {
		t.Fatalf("code %d\n%s%s", r.Code, r.Stdout, r.Stderr)
	}
	end := p.Log.Await(before, time.Second, "the end", Is("", "evacuation", "finished"))
	if d := end.Data.(events.EvacuationFinished); d.Cause != events.EvacuationRemoval || !strings.Contains(end.Reason, "it burnt") {
		t.Errorf("%+v: %s", d, end.Reason)
	}
	if r := p.Slipway("nodes"); !strings.Contains(r.Stdout, "gone") || !strings.Contains(r.Stdout, "it burnt") {
		t.Errorf("not shown as gone:\n%s", r.Stdout)
	}
}
