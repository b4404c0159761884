package e2e

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/slipway/load"
)

// smallStore makes a log of 4 MiB, largeStore one of 16.
const (
	smallStore = "16777216"
	largeStore = "67108864"
)

// The log gets nearly full, then full, then more room, under load.
func TestBus12(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := Start(t, Apart(), Flags("--store-max", smallStore))
	p.MustDeploy(Example("web", "v1", "rolling", ""), 30*time.Second)
	p.MustDeploy(Example("web", "v2", "rolling", ""), 30*time.Second)
	requests := p.Load(load.Config{Host: "web.localhost", Rate: 50})
	file := filepath.Join(p.Dir, "app.yaml")
	deploy := func(app, version string) Result {
		if err := os.WriteFile(file, []byte(Example(app, version, "rolling", "")), 0o600); err != nil {
			t.Fatal(err)
		}
		return p.Slipway("deploy", file, "-y", "--timeout", "30s")
	}
	f := &filler{p: p}
	f.to(91)
	Await(t, 20*time.Second, "the deployer to sense it", func() bool {
		return deploy("spare", "v"+strconv.FormatInt(time.Now().UnixMilli(), 10)).Code == 1
	})
	t.Run("bus-12 at 91 % a deploy is refused with SLW-C009", func(t *testing.T) {
		if r := deploy("web", "v3"); r.Code != 1 || !strings.Contains(r.Stderr, "SLW-C009") {
			t.Errorf("code %d\n%s", r.Code, r.Stderr)
		}
	})
	t.Run("bus-12 at 91 % a rollback and its drains run to the end", func(t *testing.T) {
		before := p.Log.Head()
		if r := p.Slipway("rollback", "web", "-y", "--timeout", "30s"); r.Code != 0 {
			t.Fatalf("code %d\n%s", r.Code, r.Stderr)
		}
		p.Log.Await(before, 20*time.Second, "an endpoint to be drained", Is("web", "endpoint", "drained"))
		p.Log.Await(before, 20*time.Second, "the rollback to be completed", Is("web", "release", "completed"))
	})
	t.Run("bus-12 at 91 % a lost node's instance and the node itself come back", func(t *testing.T) {
		before := p.Log.Head()
		p.Process("node").Kill()
		p.Log.Await(before, 30*time.Second, "the lease to lapse", Is("", "lease", "lapsed"))
		p.Process("node").Start()
		Await(t, 30*time.Second, "both instances to be adopted and ready", func() bool {
			again := p.Log.All(func(e events.Event) bool { return e.Pos.After(before) && Is("web", "instance", "ready")(e) })
			return len(again) == 2
		})
	})
	f.to(100)
	t.Run("bus-12 full, a person gets one clear message and a remedy", func(t *testing.T) {
		if r := deploy("web", "v3"); r.Code != 1 || strings.Count(r.Stderr, "error[SLW-C009]") != 1 {
			t.Errorf("code %d\n%s", r.Code, r.Stderr)
		}
		if r := p.Slipway("doctor"); r.Code != 8 || !strings.Contains(r.Stdout, "--store-max") {
			t.Errorf("code %d\n%s", r.Code, r.Stdout)
		}
	})
	p.Process("bus").Kill()
	for _, x := range p.processes {
		if x.Name == "bus" {
			x.args = append(x.args, "--store-max", largeStore)
		}
	}
	p.Process("bus").Start()
	t.Run("bus-12 with more room all resumes", func(t *testing.T) {
		Await(t, 30*time.Second, "a deploy to run to its end", func() bool { return deploy("web", "v4").Code == 0 })
		Await(t, 10*time.Second, "v4 to answer", func() bool { return requests.Counts().Answers["v4"] > 0 })
	})
	Lossless(t, requests.Stop())
}

// filler says facts of an app nobody declared until the log is as full as wanted.
type filler struct {
	p    *Plane
	n    uint64
	tail uint64
}

// fillBytes is the size of one such fact; what is left at the end is filled by less.
const fillBytes = 100 << 10

func (f *filler) to(percent int) {
	f.p.t.Helper()
	for size := fillBytes; size > 0; {
		info, err := f.p.Log.Bus.Info(f.p.t.Context())
		if err != nil {
			f.p.t.Fatal(err)
		}
		if percent < 100 && info.Percent() >= percent {
			return
		}
		err = f.say(size)
		switch {
		case errors.Is(err, service.ErrFull) && percent == 100:
			size /= 4
		case err != nil:
			f.p.t.Fatal(err)
		}
	}
}

func (f *filler) say(size int) error {
	guard := events.Guard("deployer", "filler", "")
	data := events.ReleasePaused{OfRelease: events.OfRelease{App: "filler", Release: 1}, Cause: "manual", Message: strings.Repeat("x", size)}
	id := events.ID(guard, f.n+1)
	r, err := f.p.Log.Bus.Append(f.p.t.Context(), guard, f.tail, []events.Event{{
		ID: id, Source: "/slipway/deployer", Kind: events.KindOf(data), App: "filler", Subject: data.About().Subject,
		Time: time.Now().UTC(), Correlation: id, Actor: "service:deployer", Ordinal: f.n + 1, Data: data,
	}})
	if err == nil {
		f.n, f.tail = f.n+1, r.Last.Seq
	}
	return err
}
