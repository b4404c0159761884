package e2e

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"slipway.dev/events"
)

// dynasty is a gateway and its successors.
type dynasty struct {
	t     testing.TB
	p     *Plane
	first *Process
	pid   int    // of the one that serves
	slot  string // and its name
}

// found makes a plane's gateway the first of a dynasty: its words go to a file that its
// successors write to, and it is started anew for that.
func (p *Plane) found(flags ...string) *dynasty {
	p.t.Helper()
	x := p.Process("gateway")
	x.Stop()
	x.args = append(x.args, flags...)
	words, err := os.OpenFile(filepath.Join(p.Dir, "gateway.words"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		p.t.Fatal(err)
	}
	x.shared = words
	x.Start()
	d := &dynasty{t: p.t, p: p, first: x, pid: x.Pid(), slot: "gw1-a"}
	p.t.Cleanup(func() {
		words.Close()
		d.end()
	})
	return d
}

// end kills whoever serves: a successor is no child of the test's.
func (d *dynasty) end() {
	d.first.end()
	syscall.Kill(d.pid, syscall.SIGKILL)
	Await(d.t, readyWait, "the last gateway to be gone", func() bool { return !alive(d.pid) })
}

// alive tells whether a process runs; one that nobody has waited for does not.
func alive(pid int) bool {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(after, "Z")
}

// takesOver waits, after what replaces the gateway that serves, until it has gone and
// the other one is ready.
func (d *dynasty) takesOver(within time.Duration, replace func()) {
	d.t.Helper()
	before, was, slot := d.p.Log.Head(), d.pid, d.slot
	replace()
	d.p.Log.Await(before, within, "the successor to join", d.joined(other(slot)))
	d.p.Log.Await(before, within, slot+" to leave", func(e events.Event) bool {
		left, ok := e.Data.(events.GatewayLeft)
		return ok && left.Gateway == slot
	})
	Await(d.t, within, "the predecessor to end", func() bool { return !alive(was) })
	Await(d.t, within, "the successor to be ready", func() bool {
		return d.first.readReady() && int(d.first.Ready["pid"].(float64)) == d.pid
	})
}

// hangup signals the one that serves.
func (d *dynasty) hangup() {
	d.t.Helper()
	if err := syscall.Kill(d.pid, syscall.SIGHUP); err != nil {
		d.t.Fatalf("signal %d: %v", d.pid, err)
	}
}

// joined notes the pid of whoever joined in a slot: it is the next to serve.
func (d *dynasty) joined(slot string) func(events.Event) bool {
	return func(e events.Event) bool {
		x, ok := e.Data.(events.GatewayJoined)
		if !ok || x.Gateway != slot {
			return false
		}
		d.pid, d.slot = x.Pid, slot
		return true
	}
}

func other(slot string) string {
	if slot == "gw1-a" {
		return "gw1-b"
	}
	return "gw1-a"
}
