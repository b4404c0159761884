package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"slipway.dev/events"
)

// AddNodes starts further nodes, and waits until they hold their leases.
func (p *Plane) AddNodes(names ...string) {
	p.t.Helper()
	for _, name := range names {
		p.Add(name, "run", "node", "--nats", p.NATS, "--id", name, "--data", filepath.Join(p.Dir, name), "--log-level", "info").Start()
		p.Log.Await(events.Position{}, 10*time.Second, name+" to hold its lease", func(e events.Event) bool {
			d, ok := e.Data.(events.LeaseGranted)
			return ok && d.Name == name
		})
	}
}

// KillNode kills a node as a power cut does: its agent and the keepers of all it runs.
func (p *Plane) KillNode(process string) {
	p.t.Helper()
	p.Process(process).Kill()
	for _, pid := range p.keepers(filepath.Join(p.Dir, process)) {
		syscall.Kill(pid, syscall.SIGKILL)
	}
	Await(p.t, 10*time.Second, "the keepers of "+process+" to be gone", func() bool { return len(p.keepers(filepath.Join(p.Dir, process))) == 0 })
}

// keepers are the pids of the keepers of instances below a folder.
func (p *Plane) keepers(folder string) (pids []int) {
	all, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range all {
		words, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(words, []byte("\x00keep\x00"+folder+"/")) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// NodeOf is the node on which an app's one wanted instance is ready; empty: on none.
func (p *Plane) NodeOf(app string) (node string) {
	for _, e := range p.Log.All(func(e events.Event) bool { return e.App == app }) {
		if d, ok := e.Data.(events.InstanceReady); ok {
			node = d.Node
		}
	}
	return node
}

// Once fails the test if an instance was started more than once in one try, or runs on
// two nodes.
func Once(t testing.TB, l *Log) {
	t.Helper()
	starts := map[string]string{}
	for _, e := range l.All(nil) {
		d, ok := e.Data.(events.InstanceStarting)
		if !ok {
			continue
		}
		key := d.Instance + "/" + strconv.Itoa(d.Try)
		if before, twice := starts[key]; twice {
			t.Errorf("%s starts on %s and on %s", key, before, d.Node)
		}
		starts[key] = d.Node
	}
}
