package e2e

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/services/slipway/load"
)

// The control plane and the bus are killed with -9 under load; node and gateway are
// processes of their own and go on. Once they are back the next release goes well.
func TestTrafficLivesWithoutTheControlPlane(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := Start(t, Apart())
	p.MustDeploy(Example("web", "v1", "rolling", ""), 30*time.Second)
	requests := p.Load(load.Config{Host: "web.localhost", Rate: 100, Methods: []string{"GET", "POST"}, Body: []byte("hello"), Sockets: 2})
	p.Process("control").Kill()
	p.Process("bus").Kill()
	sent := requests.Counts().Sent
	Await(t, 30*time.Second, "requests without a control plane", func() bool { return requests.Counts().Sent > sent+500 })
	p.Process("bus").Start()
	p.Process("control").Start()
	p.MustDeploy(Example("web", "v2", "rolling", ""), 60*time.Second)
	Await(t, 10*time.Second, "v2 to answer", func() bool { return requests.Counts().Answers["v2"] > 20 })
	Lossless(t, requests.Stop())
}

func TestRunNodeLeavesItsWorkloadsRunning(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := Start(t, Apart())
	p.MustDeploy(Example("web", "v1", "rolling", ""), 30*time.Second)
	requests := p.Load(load.Config{Host: "web.localhost", Rate: 100})
	node := p.Process("node")
	if code, _ := node.Stop(); code != 0 || len(p.Workloads()) != 2 {
		t.Errorf("code %d, workloads %v", code, p.Workloads())
	}
	node.Start()
	Await(t, 30*time.Second, "both to be adopted", func() bool { return len(p.Log.All(Is("web", "instance", "adopted"))) == 2 })
	exits := p.Log.All(func(e events.Event) bool {
		x, ok := e.Data.(events.InstanceExited)
		return ok && x.Cause != "port" // somebody else on this machine may have one
	})
	if len(exits) > 0 {
		t.Errorf("%v", exits[0].Reason)
	}
	Lossless(t, requests.Stop())
}

// A gateway that is told to end says so, and what it had in flight is answered.
func TestRunGatewayLeavesCleanly(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := Start(t, Apart())
	slow := strings.Replace(Example("web", "v1", "rolling", ""), "example, http,", "example, http, --delay, 1s,", 1)
	p.MustDeploy(slow, 30*time.Second)
	requests := p.Load(load.Config{Host: "web.localhost", Rate: 20})
	Await(t, 10*time.Second, "v1 to answer", func() bool { return requests.Counts().Answers["v1"] > 0 })
	requests.Halt() // up to a second of requests is in flight
	code, took := p.Process("gateway").Stop()
	if code != 0 || took > stopPromise {
		t.Errorf("code %d after %s", code, took)
	}
	Lossless(t, requests.Stop())
	p.Log.Await(events.Position{}, 5*time.Second, "the gateway's last word", Is("", "gateway", "left"))
}

func TestRunWaitsForABusThatIsAway(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := New(t)
	nats := p.freePort()
	control := p.Add("control", "run", "all", "--nats", "nats://"+nats, "--data", p.Dir+"/control")
	control.Launch()
	bus := p.Add("bus", "run", "bus", "--nats", nats, "--data", p.Dir+"/bus", "--store-max", "1073741824")
	bus.Start()
	Await(t, readyWait, "the control plane to find its bus", func() bool { return control.readReady() })
	if control.Ready["gateway"] != nil || control.Ready["nats"] != nil || bus.Ready["nats"] != "nats://"+nats {
		t.Errorf("control %v, bus %v", control.Ready, bus.Ready)
	}
	for _, x := range []*Process{control, bus} {
		if code, _ := x.Stop(); code != 0 {
			t.Errorf("%s: code %d", x.Name, code)
		}
	}
}

func TestDoctor(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := Start(t, Apart())
	p.MustDeploy(Example("web", "v1", "rolling", ""), 30*time.Second)
	result := func(r Result) map[string]string {
		t.Helper()
		var list struct {
			Items          []struct{ Check, Result string }
			Failed, Warned int
		}
		if err := json.Unmarshal([]byte(r.Stdout), &list); err != nil {
			t.Fatalf("%v: %s", err, r.Stdout)
		}
		of, order := map[string]string{}, []string{}
		for _, i := range list.Items {
			of[i.Check] = i.Result
			order = append(order, i.Check)
		}
		want := "context nats streams clock disk store log services dead-letters nodes drivers gateway certificates environment"
		if got := strings.Join(order, " "); got != want && r.Code != 5 {
			t.Errorf("checks %s, want %s", got, want)
		}
		return of
	}
	well := p.Slipway("doctor", "-o", "json")
	if of := result(well); well.Code != 0 || of["services"] != "ok" || of["gateway"] != "ok" || of["streams"] != "ok" {
		t.Errorf("code %d %v", well.Code, of)
	}
	p.Process("control").Kill()
	if r := p.Slipway("doctor", "-o", "json"); r.Code != 8 || result(r)["services"] != "fail" {
		t.Errorf("without a control plane: code %d %s", r.Code, r.Stdout)
	}
	p.Process("bus").Kill()
	if r := p.Slipway("doctor", "-o", "json"); r.Code != 5 || result(r)["nats"] != "fail" || r.Took > 5*time.Second {
		t.Errorf("without a bus: code %d after %s %s", r.Code, r.Took, r.Stdout)
	}
}
