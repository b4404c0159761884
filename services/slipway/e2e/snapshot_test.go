package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// keys are one of each entity whose service keeps its snapshot in the bus.
var keys = []string{"app/web", "placement/cluster", "pool/web", "lease/node-n1"}

// TestASnapshotIsACache: what the services left behind when they stopped is, byte for
// byte, what the first event and all after it give; without it, and with one that is
// torn or of another fold, they start and go on.
func TestASnapshotIsACache(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := Start(t, Apart())
	p.MustDeploy(Example("web", "v1", "rolling", ""), 30*time.Second)
	parts := []string{"gateway", "node", "control"}
	stop := func() {
		t.Helper()
		for _, name := range parts {
			if code, _ := p.Process(name).Stop(); code != 0 {
				t.Fatalf("%s ended with %d", name, code)
			}
		}
	}
	start := func() {
		t.Helper()
		for _, name := range []string{"control", "node", "gateway"} {
			p.Process(name).Start()
		}
	}
	stop()
	t.Run("bus-8 without any snapshot the state is the same, byte for byte", func(t *testing.T) {
		info, err := p.Log.Bus.Info(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		at := "#" + strconv.FormatUint(info.Last.Seq, 10)
		was := p.states(at)
		bus := p.Process("bus")
		bus.Stop()
		if err := os.RemoveAll(filepath.Join(p.Dir, "bus", "nats", "jetstream", "$G", "streams", "SLIPWAY_SNAPSHOTS")); err != nil {
			t.Fatal(err)
		}
		bus.Start()
		for i, is := range p.states(at) {
			if is != was[i] {
				t.Errorf("%s\nfrom the first event %s\nfrom its snapshot   %s", keys[i], is, was[i])
			}
		}
	})
	for name, spoil := range map[string]func([]byte) []byte{
		"gone":         func([]byte) []byte { return nil },
		"torn":         func(b []byte) []byte { return b[:len(b)/2] },
		"another fold": func(b []byte) []byte { return bytes.Replace(b, []byte(`"version":`), []byte(`"version":9`), 1) },
	} {
		t.Run("bus-8 "+name+": node and gateway start and go on", func(t *testing.T) {
			start()
			stop()
			for _, kept := range []string{"node/node/snapshot", "gateway/gateway/snapshot-gw1-a"} {
				p.spoil(filepath.Join(p.Dir, kept), spoil)
			}
			start()
			if r := p.Slipway("status", "web", "-o", "json"); r.Code != 0 || !strings.Contains(r.Stdout, `"healthy"`) {
				t.Errorf("code %d: %s %s", r.Code, r.Stdout, r.Stderr)
			}
			stop()
		})
	}
	start()
	p.MustDeploy(Example("web", "v2", "rolling", ""), 60*time.Second)
}

// states are the folds of the keys at a place.
func (p *Plane) states(at string) (all []string) {
	p.t.Helper()
	for _, key := range keys {
		r := p.Slipway("state", key, "--at", at)
		if r.Code != 0 {
			p.t.Fatalf("state %s: %s", key, r.Stderr)
		}
		all = append(all, r.Stdout)
	}
	return all
}

// spoil changes a snapshot, or removes it where nothing is left.
func (p *Plane) spoil(path string, change func([]byte) []byte) {
	p.t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		p.t.Fatal(err)
	}
	if b = change(b); b == nil {
		err = os.Remove(path)
	} else {
		err = os.WriteFile(path, b, 0o600)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}
