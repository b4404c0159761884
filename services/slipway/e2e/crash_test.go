package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/pkg/service"
	"slipway.dev/services/deployer"
	"slipway.dev/services/gateway"
	"slipway.dev/services/node"
	"slipway.dev/services/registry"
	"slipway.dev/services/slipway/load"
	"slipway.dev/services/slipway/plane"
)

// cleanly is every how many ends a process is told to end instead of killed: then it
// leaves its state as it has lived, to be compared, and to begin from.
const cleanly = 5

// The whole of Slipway in one process is killed with -9 in the midst of
// releases, 200 times. After each start requests are answered again and the release
// comes to its end; the state of every service is the fold of the log from the first
// event, byte for byte; nothing is said or run twice.
func TestDevIsKilled(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := New(t)
	nats, way := p.freePort(), p.freePort()
	p.NATS, p.Gateway = "nats://"+nats, "http://"+way
	dev := p.Add("dev", "dev", "--data", filepath.Join(p.Dir, "data"), "--listen", way, "--nats", nats,
		"--ui", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--alerting", "127.0.0.1:0", "--log-level", "info")
	dev.Start()
	p.Log = p.follow()
	p.MustDeploy(p.Noted(Example("web", "v0", "rolling", "")), 30*time.Second)
	requests := p.Load(load.Config{Host: "web.localhost", Rate: 100})
	r, lived := chance(t), 0
	for n := 1; n <= Count(200); n++ {
		version := fmt.Sprintf("v%d", n)
		before := p.Declare(p.Noted(Example("web", version, []string{"rolling", "blue-green"}[r.IntN(2)], "")))
		during(p, 1+r.IntN(30))
		if n%cleanly == 0 {
			dev.Stop()
			dev.Start()
			lived += compare(t, p, "as it lived")
		} else {
			dev.Kill()
			dev.Start()
		}
		compare(t, p, "from its snapshot")
		answered := requests.Counts().OK
		end := p.Log.Await(before, time.Minute, "release "+version+" to end", func(e events.Event) bool {
			return e.App == "web" && e.Kind.Entity == "release" && ends[e.Kind.Happened]
		})
		if end.Kind.Happened != "completed" {
			t.Fatalf("%s: %s %s", version, end.Kind.Happened, end.Reason)
		}
		Await(t, 10*time.Second, "requests to be answered again", func() bool { return requests.Counts().OK > answered+10 })
	}
	c := requests.Stop()
	t.Logf("%d of %d requests answered; the others met nobody", c.OK, c.Sent)
	Whole(t, p.Log)
	p.RunOnce()
	if lived == 0 {
		t.Error("no state was compared as it had lived")
	}
}

// compare folds the log from the first event and from the newest snapshot of every
// service, up to where the snapshot was made and to the end; it returns how many
// snapshots there are.
func compare(t *testing.T, p *Plane, what string) (snapshots int) {
	t.Helper()
	for _, svc := range []service.Service{
		deployer.Service(deployer.Config{DefaultDomain: "localhost"}), registry.Service(registry.Config{}),
		node.Service(node.Config{Name: plane.DevNode}, nil), gateway.Service(gateway.Config{Name: plane.DevGateway}, nil),
	} {
		kept, stream := snapshotOf(t, p, svc)
		if kept == nil {
			continue
		}
		snapshots++
		first, later, all := service.NewCore(svc), service.NewCore(svc), p.Log.read(svc)
		if err := later.Import(kept, stream); err != nil {
			t.Fatal(err)
		}
		for _, upTo := range []events.Position{later.Position(), all[len(all)-1].Pos} {
			for _, e := range all {
				if !e.Pos.After(upTo) {
					hear(first, e)
					hear(later, e)
				}
			}
			a, errA := first.Export(stream)
			b, errB := later.Export(stream)
			if errA != nil || errB != nil || !bytes.Equal(a, b) {
				t.Errorf("%s %s at %s (%v, %v):\n%s\nfrom the first event:\n%s", svc.Participant(), what, upTo, errA, errB, b, a)
			}
		}
	}
	return snapshots
}

func hear(c *service.Core, e events.Event) {
	if c.HearsOwner(e.Kind.Owner) {
		c.Hear(e)
	} else {
		c.Skip(e.Pos)
	}
}

// snapshotOf is a service's newest snapshot, nil for none, and what it must be of.
func snapshotOf(t *testing.T, p *Plane, svc service.Service) (kept []byte, stream string) {
	t.Helper()
	kept, stream, err := plane.Kept(t.Context(), p.Log.Bus, svc.Name)
	if svc.Place != "" {
		kept, err = os.ReadFile(filepath.Join(p.Dir, "data", svc.Name, "snapshot"))
	}
	if err != nil && !errors.Is(err, bus.ErrNoSnapshot) && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return kept, stream
}
