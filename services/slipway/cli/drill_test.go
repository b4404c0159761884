package cli_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/services/slipway/e2e"
	"slipway.dev/services/slipway/load"
)

// drilled is what a drill came to.
type drilled struct {
	Kind, Drill, Target, Failed string
	DetectedMs, RecoveredMs     *int64
	BoundMs                     int64
	Holds                       bool
	Requests                    struct{ Total, Failed int64 }
	Exposed                     *struct {
		Requests          int64
		Share, BoundShare float64
	}
	Steps []struct {
		What            string
		TookMs, BoundMs *int64
		Holds           bool
	}
}

// drills runs a drill to its end.
func (p person) drills(args ...string) drilled {
	p.t.Helper()
	return p.drilled(p.Slipway(append(append([]string{"drill"}, args...), "-y", "-o", "json")...), args)
}

// drilled reads what a drill came to. A busy machine may be later than promised, which the
// code must tell; five times the promise is too late on any.
func (p person) drilled(r e2e.Result, args []string) (d drilled) {
	p.t.Helper()
	if err := json.Unmarshal([]byte(r.Stdout), &d); err != nil || d.Kind != "Drill" {
		p.t.Fatalf("drill %v: code %d, %v\n%s%s", args, r.Code, err, r.Stdout, r.Stderr)
	}
	fits(p.t, "Drill", r.Stdout)
	if want := map[bool]int{true: 0, false: 8}[d.Holds]; r.Code != want {
		p.t.Errorf("drill %v: code %d, holds %v", args, r.Code, d.Holds)
	}
	if d.Failed != "" || d.RecoveredMs == nil {
		p.t.Fatalf("drill %v did not recover: %s\n%s", args, r.Stdout, r.Stderr)
	}
	for _, s := range d.Steps {
		holds := s.BoundMs == nil || s.TookMs == nil || *s.TookMs <= *s.BoundMs
		if s.Holds != holds {
			p.t.Errorf("drill %v: %+v", args, s)
		}
		if s.BoundMs != nil && s.TookMs != nil && *s.TookMs > 5**s.BoundMs {
			p.t.Errorf("drill %v: %s took %d ms, five times the promised %d ms is less", args, s.What, *s.TookMs, *s.BoundMs)
		}
	}
	p.t.Logf("%s %s: recovered in %d ms, promised %d ms; %d of %d requests failed (%s)", d.Drill, d.Target, *d.RecoveredMs, d.BoundMs, d.Requests.Failed, d.Requests.Total, r.Took.Round(time.Millisecond))
	return d
}

// drillFacts counts what was said of drills so far.
func (p person) drillFacts(happened string) int {
	p.Log.CatchUp()
	return len(p.Log.All(e2e.Is("", "drill", happened)))
}

// TestDrills lets everything fail that can fail in one process.
func TestDrills(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := at(t)
	file := strings.Replace(e2e.Example("shop", "v1", "rolling", ""), "rise: 1", "rise: 1, fall: 2, timeout: 200ms", 1)
	p.MustDeploy(file, 60*time.Second)
	t.Run("a drill says what it will do and does nothing without a yes", func(t *testing.T) {
		wishes := p.wishes()
		r := p.does(2, "drill", "kill-instance", "shop")
		if !strings.Contains(r.Stderr, "kill -9 of shop-1-") || !strings.Contains(r.Stderr, "SLW-U003") || p.wishes() != wishes {
			t.Errorf("%s", r.Stderr)
		}
	})
	t.Run("what is not there is not drilled", func(t *testing.T) {
		for code, args := range map[int][][]string{
			2: {{"kill-service", "deployer"}, {"kill-service", "bus"}, {"partition-gateway", "gw1-a", "--for", "1s"}, {"slow-instance", "shop", "--for", "10ms"}},
			3: {{"kill-instance", "shpo"}, {"kill-node", "n9"}, {"partition-gateway", "gw9-a"}, {"bad-release", "none"}},
		} {
			for _, words := range args {
				if a := p.asks(code, append(append([]string{"drill"}, words...), "-y")...); a.Kind != "Error" {
					t.Errorf("%v: %+v", words, a)
				}
			}
		}
		if a := p.asks(1, "drill", "kill-node", "n1", "-y"); a.Error.Code != "SLW-D002" {
			t.Errorf("%+v", a.Error)
		}
		if n := p.drillFacts(""); n != 0 {
			t.Errorf("%d facts of drills", n)
		}
	})
	t.Run("kill-instance: it is back, and requests told by the verb failed as the client counted", func(t *testing.T) {
		requests := p.Load(load.Config{Host: "shop.localhost", Rate: 100})
		e2e.Await(t, 10*time.Second, "requests to be answered", func() bool { return requests.Counts().Sent > 50 })
		d := p.drills("kill-instance", "shop")
		failed := int64(requests.Stop().Failed)
		if d.Requests.Total == 0 || d.Requests.Failed != failed {
			t.Errorf("%+v, the client counted %d failures", d.Requests, failed)
		}
	})
	t.Run("slow-instance: it is taken out, and fast again by itself", func(t *testing.T) {
		d := p.drills("slow-instance", "shop", "--for", "3s")
		if p.drillFacts("begun") != p.drillFacts("ended") || len(d.Steps) != 3 || d.Steps[0].TookMs == nil {
			t.Errorf("%+v", d)
		}
		for range 10 {
			if code, err := p.get("http://shop.localhost" + p.Gateway[strings.LastIndexByte(p.Gateway, ':'):]); code != 200 || err != nil {
				t.Fatalf("%d %v", code, err)
			}
		}
	})
	t.Run("slow-instance: what its check need not tell of is no failure", func(t *testing.T) {
		r := p.does(0, "drill", "slow-instance", "shop", "--for", "1s", "--delay", "50ms", "-y")
		if strings.Contains(r.Stdout, "never") || !strings.Contains(r.Stdout, "not needed") {
			t.Errorf("%s", r.Stdout)
		}
	})
	t.Run("a drill heals by itself though whoever asked for it is gone", func(t *testing.T) {
		before := p.drillFacts("ended")
		verb := p.starts("drill", "slow-instance", "shop", "--for", "2s", "-y")
		e2e.Await(t, 20*time.Second, "the drill to begin", func() bool { return p.drillFacts("begun") > before })
		if err := verb.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		e2e.Await(t, 20*time.Second, "the drill to end", func() bool { return p.drillFacts("ended") > before })
		e2e.Await(t, 20*time.Second, "both to be ready", func() bool {
			return p.asks(0, "status", "shop").Items[0]["replicas"].(map[string]any)["ready"] == float64(2)
		})
	})
	t.Run("partition-gateway: it serves on, is not counted on, and comes back by itself", func(t *testing.T) {
		requests := p.Load(load.Config{Host: "shop.localhost", Rate: 50})
		p.drills("partition-gateway", "gw1-a", "--for", "5s")
		e2e.Lossless(t, requests.Stop())
	})
	t.Run("bad-release: it is taken back and nothing of what serves notices", func(t *testing.T) {
		requests := p.Load(load.Config{Host: "shop.localhost", Rate: 50})
		p.drills("bad-release", "shop")
		e2e.Lossless(t, requests.Stop())
		if a := p.asks(0, "status", "shop"); a.Items[0]["state"] != "healthy" || a.Items[0]["current"] != float64(1) {
			t.Errorf("%+v", a.Items)
		}
	})
}

// TestDrillsOfProcesses kills a service and a node that are processes of their own.
func TestDrillsOfProcesses(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := at(t, e2e.Apart())
	p.Add("n2", "run", "node", "--nats", p.NATS, "--id", "n2", "--data", filepath.Join(p.Dir, "n2"), "--drills").Start()
	file := e2e.Example("shop", "v1", "rolling", "")
	p.MustDeploy(file, 60*time.Second)
	t.Run("a node without the config obeys none, with the remedy", func(t *testing.T) {
		a := p.asks(4, "drill", "kill-node", "n1", "-y")
		if a.Error.Code != "SLW-Z004" || !strings.Contains(a.Error.Fix[0], "SLIPWAY_DRILLS=true") {
			t.Errorf("%+v", a.Error)
		}
		if a := p.asks(4, "drill", "partition-gateway", "gw1-a", "-y"); a.Error.Code != "SLW-Z004" {
			t.Errorf("%+v", a.Error)
		}
	})
	requests := p.Load(load.Config{Host: "shop.localhost", Rate: 50})
	t.Run("kill-service: whoever starts it again is measured, requests do not notice", func(t *testing.T) {
		control := p.Process("control")
		verb := p.starts("drill", "kill-service", "deployer", "-y", "-o", "json", "--data", filepath.Join(p.Dir, "control"))
		e2e.Await(t, 20*time.Second, "the service to be killed", func() bool { return !control.Running() })
		control.Start()
		select {
		case <-verb.done:
		case <-time.After(time.Minute):
			t.Fatal("the verb does not end")
		}
		r := e2e.Result{Code: verb.cmd.ProcessState.ExitCode(), Stdout: verb.out.String(), Stderr: verb.words.String()}
		if d := p.drilled(r, []string{"kill-service", "deployer"}); d.Requests.Failed != 0 {
			t.Errorf("%+v", d)
		}
	})
	t.Run("kill-node: what ran there serves elsewhere, and no request is lost", func(t *testing.T) {
		d := p.drills("kill-node", "n2")
		if len(d.Steps) != 2 || p.Process("n2").Running() {
			t.Errorf("%+v", d)
		}
		e2e.Lossless(t, requests.Stop())
		p.Process("n2").Start()
		p.Log.Await(events.Position{}, 20*time.Second, "the node to say that its drill is over", e2e.Is("", "drill", "ended"))
	})
}

// TestDrillOfACanary: a bad version harms at most its share of the requests, as the
// client counts them and as the guarantee is measured, and is taken back by itself.
func TestDrillOfACanary(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := at(t)
	canary := "strategy: canary, steps: [{ weight: 10%, pause: 1m }], " +
		"analysis: { background: [{ metric: error_ratio, max: 5%, interval: 5s, failures: 1 }] },"
	p.MustDeploy(strings.Replace(e2e.Example("shop", "v1", "canary", ""), "strategy: canary,", canary, 1), 60*time.Second)
	requests := p.Load(load.Config{Host: "shop.localhost", Rate: 200})
	e2e.Await(t, 10*time.Second, "requests to be answered", func() bool { return requests.Counts().Sent > 50 })
	d := p.drills("bad-release", "shop")
	counts := requests.Stop()
	if counts.Failed == 0 || counts.Failed*10 > counts.Sent {
		t.Errorf("%d of %d requests failed: a tenth may go to a version that fails four of ten", counts.Failed, counts.Sent)
	}
	if d.Requests.Failed != int64(counts.Failed) {
		t.Errorf("the verb tells %d failures, the client counted %d", d.Requests.Failed, counts.Failed)
	}
	if e := d.Exposed; e == nil || e.Requests == 0 || e.Share > e.BoundShare || e.BoundShare != 0.1 {
		t.Errorf("exposed %+v", e)
	}
	a := p.measures(0)
	if g := a.row(t, "canary-share"); g["holds"] != true || g["samples"].(float64) < 1 || g["measured"].(map[string]any)["value"].(float64) > 0 {
		t.Errorf("%v", g)
	}
}
