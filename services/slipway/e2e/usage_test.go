package e2e

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/services/slipway/load"
)

// memoryCheck is of what is reserved.
const memoryCheck = "{ metric: memory, max: 80%, interval: 5s, failures: 1 }"

// roomy is an app of one replica with memory for itself, whose canary is judged by it.
func roomy(version string) string {
	return strings.Replace(judged(version, memoryCheck), "memory: 16Mi", "memory: 96Mi", 1)
}

// hungry is a version of it that holds 100 MB beside what it serves.
func (p *Plane) hungry(version string) string {
	return strings.Replace(roomy(version), "command: [slipway, example, http, --version, "+version+"]",
		"command: [/bin/sh, -c, 'head -c 100M /dev/zero | tail -c 100M | sleep 600 & exec "+p.binary+" example http --version "+version+"']", 1)
}

// measured tells whether a window has both, and does not name them unknown.
func measured(l events.Load) bool {
	return l.CPU != nil && l.Memory != nil && !slices.Contains(l.Unknown, "cpu") && !slices.Contains(l.Unknown, "memory")
}

// An app under load: its windows tell what it uses, and a canary that eats memory is taken
// back for it.
func TestWindowsTellWhatAnAppUses(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := Start(t)
	p.MustDeploy(roomy("v1"), time.Minute)
	p.Load(load.Config{Host: "web.localhost", Rate: 300})
	var l events.Load
	Await(t, 40*time.Second, "windows of an app under load that tell its processor time", func() bool {
		all := p.windows("web")
		at := slices.IndexFunc(all, func(x events.Load) bool {
			return measured(x) && x.Requests > 200 && x.CPU.UsedMillicores > 0
		})
		if at >= 0 {
			l = all[at]
		}
		return at >= 0
	})
	if l.CPU.UsedMillicores > 2000 || l.Memory.UsedBytes < 5<<20 || l.Memory.UsedBytes > 90<<20 || l.Memory.LimitBytes != 96<<20 {
		t.Errorf("cpu %+v, memory %+v", *l.CPU, *l.Memory)
	}
	if now := p.resident(t, "web"); l.Memory.UsedBytes < now/2 || l.Memory.UsedBytes > 2*now {
		t.Errorf("%d bytes are told, the kernel says %d", l.Memory.UsedBytes, now)
	}
	t.Logf("%d requests from %s to %s: %d m, %d MiB", l.Requests, l.From, l.To, l.CPU.UsedMillicores, l.Memory.UsedBytes>>20)
	e := p.Deploy(p.hungry("v2"), time.Minute)
	if e.Kind.Name() != "release.rolled-back" || !strings.Contains(e.Reason, "memory ") || !strings.Contains(e.Reason, "> 80") {
		t.Errorf("the one that eats memory: %s, %s", e.Kind.Name(), e.Reason)
	}
	t.Log(e.Reason)
}

// resident is what the kernel says of an app's only instance.
func (p *Plane) resident(t *testing.T, app string) (bytes int64) {
	for _, e := range p.Log.All(func(e events.Event) bool { return e.App == app }) {
		if d, ok := e.Data.(events.InstanceStarted); ok {
			b, err := os.ReadFile("/proc/" + strconv.Itoa(d.Pid) + "/statm")
			var pages int64
			if _, scan := fmt.Sscanf(string(b), "%d %d", new(int64), &pages); err != nil || scan != nil {
				t.Fatal(err, scan)
			}
			bytes = pages * int64(os.Getpagesize())
		}
	}
	return bytes
}
