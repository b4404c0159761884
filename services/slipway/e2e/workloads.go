package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"slipway.dev/events"
)

// Workloads are the pids of the keepers of this plane's instances: what lives on
// when everything else was killed.
func (p *Plane) Workloads() (pids []int) {
	all, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range all {
		words, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(words, []byte("\x00keep\x00"+p.Dir)) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// endWorkloads kills them; a killed keeper takes its workload along.
func (p *Plane) endWorkloads() {
	for _, pid := range p.Workloads() {
		syscall.Kill(pid, syscall.SIGKILL)
	}
}

// KillOne kills, with -9, the process of one running instance of an app.
func (p *Plane) KillOne(app string) {
	p.t.Helper()
	pids := map[string]int{}
	for _, e := range p.Log.All(func(e events.Event) bool { return e.App == app }) {
		switch d := e.Data.(type) {
		case events.InstanceStarted:
			pids[d.Instance] = d.Pid
		case events.InstanceExited:
			delete(pids, d.Instance)
		case events.InstanceStopped:
			delete(pids, d.Instance)
		}
	}
	for id, pid := range pids {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			p.t.Fatalf("kill %s, pid %d: %v", id, pid, err)
		}
		return
	}
	p.t.Fatalf("no instance of %s runs", app)
}
