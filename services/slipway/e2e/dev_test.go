package e2e

import (
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/jsm.go/natscontext"

	"slipway.dev/events"
	"slipway.dev/services/gateway/proxy"
	"slipway.dev/services/slipway/load"
)

// What a person is promised; a test allows five times of it.
const (
	stopPromise  = 5 * time.Second
	startPromise = 5 * time.Second
)

func TestInterface1(t *testing.T) {
	p := Start(t)
	ready := p.Process("dev").Ready
	t.Run("interface-1 every address of the ready file answers, null stands for what is not built", func(t *testing.T) {
		for _, absent := range []string{"ui", "metrics", "alerting"} {
			if at, named := ready[absent]; at != nil || !named {
				t.Errorf("%s is %v, want null", absent, at)
			}
		}
		conn, err := net.Dial("tcp", strings.TrimPrefix(p.NATS, "nats://"))
		if err != nil {
			t.Fatal(err)
		}
		conn.Close()
		if code := get(t, p.Gateway+proxy.HealthPath); code != http.StatusOK {
			t.Errorf("the gateway's health path answers %d", code)
		}
		if ms := ready["readyMs"].(float64); ms <= 0 || ms > 5*float64(startPromise.Milliseconds()) {
			t.Errorf("ready in %v ms", ms)
		}
		if ready["data"] != filepath.Join(p.Dir, "data") || int(ready["pid"].(float64)) != p.Process("dev").Pid() || ready["context"] != "slipway-dev" {
			t.Errorf("%v", ready)
		}
	})
	t.Run("interface-1 the context works for nats", func(t *testing.T) {
		path := filepath.Join(p.Dir, "config", "nats", "context", "slipway-dev.json")
		c, err := natscontext.NewFromFile(path)
		if err != nil {
			t.Fatal(err)
		}
		nc, err := c.Connect()
		if err != nil {
			t.Fatal(err)
		}
		nc.Close()
		if c.ServerURL() != p.NATS {
			t.Errorf("url %s, want %s", c.ServerURL(), p.NATS)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v %v", info.Mode(), err)
		}
	})
	t.Run("interface-1 the context works for slipway", func(t *testing.T) {
		r := p.Slipway("context", "ls", "-o", "json")
		var list struct {
			Items []struct {
				Name, NATS string
				Selected   bool
			}
		}
		if err := json.Unmarshal([]byte(r.Stdout), &list); err != nil || r.Code != 0 {
			t.Fatalf("%v %+v", err, r)
		}
		if len(list.Items) != 1 || list.Items[0].Name != "dev" || list.Items[0].NATS != p.NATS || !list.Items[0].Selected {
			t.Errorf("%+v", list)
		}
	})
}

func TestInterface2(t *testing.T) {
	p := New(t)
	dev := p.Add("dev", DevFlags(filepath.Join(p.Dir, "data"))...)
	t.Run("interface-2 a ready file from before is gone at once and is never seen half", func(t *testing.T) {
		dev.Launch()
		if err := os.WriteFile(dev.readyFile, []byte(`{"pid":1}`), 0o600); err != nil {
			t.Fatal(err)
		}
		seen := 0
		Await(t, readyWait, "this start's ready file", func() bool {
			b, err := os.ReadFile(dev.readyFile)
			if err != nil {
				return false
			}
			seen++
			if err := json.Unmarshal(b, &dev.Ready); err != nil {
				t.Fatalf("half a file: %q", b)
			}
			return int(dev.Ready["pid"].(float64)) == dev.Pid()
		})
	})
	t.Run("interface-2 kill -9 leaves the file, its pid tells", func(t *testing.T) {
		dev.Kill()
		b, err := os.ReadFile(dev.readyFile)
		if err != nil || json.Unmarshal(b, &dev.Ready) != nil || int(dev.Ready["pid"].(float64)) != dev.Pid() {
			t.Errorf("%v %s", err, b)
		}
	})
	dev.Start()
	p.NATS, p.Gateway = dev.Ready["nats"].(string), dev.Ready["gateway"].(string)
	p.Log = p.follow()
	p.MustDeploy(Example("web", "v1", "rolling", ""), 30*time.Second)
	t.Run("interface-2 a clean stop removes it with code 0 within 5 s and leaves no process of ours", func(t *testing.T) {
		code, took := dev.Stop()
		if code != 0 || took > stopPromise {
			t.Errorf("code %d after %s", code, took)
		}
		if _, err := os.Stat(dev.readyFile); !os.IsNotExist(err) {
			t.Errorf("the ready file is still there: %v", err)
		}
		if left := p.Workloads(); len(left) > 0 {
			t.Errorf("workloads %v live on", left)
		}
	})
	t.Run("interface-2 the log says instance.exited and the next start the same instances with try + 1", func(t *testing.T) {
		dev.Start()
		p.NATS = dev.Ready["nats"].(string)
		p.Log = p.follow()
		Await(t, readyWait, "both instances to be ready again", func() bool {
			return len(p.Log.All(tried(2))) == 2 && len(p.Log.All(Is("web", "instance", "ready"))) == 4
		})
		if exited := p.Log.All(planned); len(exited) != 2 || exited[0].Reason != "node stopped" {
			t.Errorf("%d planned exits", len(exited))
		}
		if stopped := p.Log.All(Is("web", "instance", "stopped")); len(stopped) > 0 {
			t.Errorf("an instance was stopped for good: %v", stopped[0].Reason)
		}
	})
	t.Run("interface-2 after kill -9 the workloads live on and are adopted", func(t *testing.T) {
		before := p.Workloads()
		dev.Kill()
		if after := p.Workloads(); len(after) != len(before) || len(after) != 2 {
			t.Errorf("workloads %v, then %v", before, after)
		}
		dev.Start()
		p.NATS = dev.Ready["nats"].(string)
		p.Log = p.follow()
		Await(t, readyWait, "both to be adopted", func() bool { return len(p.Log.All(Is("web", "instance", "adopted"))) == 2 })
		if after := p.Workloads(); !slices.Equal(before, after) {
			t.Errorf("workloads %v, want those of before: %v", after, before)
		}
	})
}

// planned wants the ends that count as no failure. Others there may be: a port that
// somebody else on this machine has costs a try.
func planned(e events.Event) bool {
	x, ok := e.Data.(events.InstanceExited)
	return ok && x.Planned
}

// tried wants the starts of one try.
func tried(try int) func(events.Event) bool {
	return func(e events.Event) bool {
		s, ok := e.Data.(events.InstanceStarting)
		return ok && s.Try == try
	}
}

// interface-2: a request that hangs and a workload that does not hear TERM do not
// make the end longer than 5 s.
func TestACleanStopTakesFiveSecondsAtMost(t *testing.T) {
	p := Start(t)
	slow := strings.Replace(Example("web", "v1", "rolling", ""), "example, http,", "example, http, --delay, 1h,", 1)
	p.MustDeploy(slow, 30*time.Second)
	p.MustDeploy(deaf, 30*time.Second)
	requests := p.Load(load.Config{Host: "web.localhost", Rate: 20, Timeout: time.Minute})
	before := time.Now()
	Await(t, 10*time.Second, "requests to hang", func() bool { return time.Since(before) > 500*time.Millisecond })
	code, took := p.Process("dev").Stop()
	if code != 0 || took > stopPromise {
		t.Errorf("code %d after %s", code, took)
	}
	if left := p.Workloads(); len(left) > 0 {
		t.Errorf("workloads %v live on", left)
	}
	requests.Stop()
}

func TestInterface3(t *testing.T) {
	p := Start(t)
	second := func(name string, args ...string) *Process {
		x := p.Add(name, args...)
		x.Launch()
		return x
	}
	refused := func(t *testing.T, x *Process, code string) {
		t.Helper()
		select {
		case <-x.done:
		case <-time.After(readyWait):
			t.Fatal("it runs")
		}
		if got := x.cmd.ProcessState.ExitCode(); got != 6 || !strings.Contains(x.Output(), code) {
			t.Errorf("code %d\n%s", got, x.Output())
		}
	}
	t.Run("interface-3 two dev on the same data: the second ends with 6, C006 and the pid", func(t *testing.T) {
		x := second("same data", DevFlags(filepath.Join(p.Dir, "data"))...)
		refused(t, x, "SLW-C006")
		if !strings.Contains(x.Output(), p.pidText("dev")) {
			t.Errorf("the owner's pid is not named: %s", x.Output())
		}
	})
	t.Run("interface-3 other data, same context: the second ends with 6, C007", func(t *testing.T) {
		x := second("same context", DevFlags(filepath.Join(p.Dir, "other"))...)
		refused(t, x, "SLW-C007")
		_, fix, _ := strings.Cut(x.Output(), "fix    slipway dev ")
		fix, _, _ = strings.Cut(fix, "\n")
		on := p.Add("as its fix says", append([]string{"dev"}, strings.Fields(fix)...)...)
		on.Start()
		if on.Ready["context"] != "slipway-dev-2" || !p.Process("dev").Running() {
			t.Errorf("%v after %q", on.Ready, x.Output())
		}
		on.Stop()
	})
	t.Run("interface-3 other data, other context, ports 0: both run", func(t *testing.T) {
		x := p.Add("other", append(DevFlags(filepath.Join(p.Dir, "other")), "--context", "other")...)
		x.Start()
		if x.Ready["context"] != "slipway-other" || !p.Process("dev").Running() {
			t.Errorf("%v", x.Ready)
		}
	})
}

func TestAPortInUseIsToldWithItsFlag(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := New(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, flag := range []string{"--listen", "--nats"} {
		r := p.Slipway(append(DevFlags(filepath.Join(p.Dir, "data")), flag, l.Addr().String())...)
		if r.Code != 1 || !strings.Contains(r.Stderr, "SLW-C005") || !strings.Contains(r.Stderr, flag+" "+l.Addr().String()) {
			t.Errorf("%s: %d %s", flag, r.Code, r.Stderr)
		}
	}
}

// deaf is an app that does not hear TERM.
const deaf = "name: deaf\ncommand: [/bin/sh, -c, \"trap '' TERM; while :; do sleep 1; done\"]\nhealth: { minReady: 0s }\n"

func TestASecondSignalEndsAtOnceWith130(t *testing.T) {
	p := Start(t)
	p.MustDeploy(deaf, 30*time.Second)
	dev, began := p.Process("dev"), time.Now()
	dev.Signal(syscall.SIGINT)
	dev.Signal(syscall.SIGTERM) // the same end, said twice
	Await(t, 5*time.Second, "a moment to pass", func() bool { return time.Since(began) > 500*time.Millisecond })
	if !dev.Running() {
		t.Fatalf("code %d: two signals at once are one", dev.cmd.ProcessState.ExitCode())
	}
	dev.Signal(syscall.SIGINT)
	<-dev.done
	if code := dev.cmd.ProcessState.ExitCode(); code != 130 {
		t.Errorf("code %d", code)
	}
}

func get(t *testing.T, url string) int {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	return r.StatusCode
}
