package process

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// stat is what we read of /proc/<pid>/stat.
type stat struct {
	State   byte
	Parent  int
	Group   int
	Session int
	Start   uint64 // clock ticks since boot
	Pages   int64  // resident
	Own     uint64 // processor time, in ticks
	Waited  uint64 // that of children that ended and were waited for
}

// dead tells a process that only waits to be reaped.
func (s stat) dead() bool { return s.State == 'Z' || s.State == 'X' }

func readStat(pid int) (stat, error) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return stat{}, err
	}
	return parseStat(b)
}

// parseStat reads from the last ')': the command name before it may hold spaces and brackets.
func parseStat(b []byte) (stat, error) {
	end := bytes.LastIndexByte(b, ')')
	if end < 0 {
		return stat{}, fmt.Errorf("read process stat: no command name in %q", b)
	}
	f := strings.Fields(string(b[end+1:])) // f[0] is field 3 of proc(5)
	if len(f) < 22 {
		return stat{}, fmt.Errorf("read process stat: %d fields", len(f))
	}
	s := stat{State: f[0][0]}
	var errs [9]error
	var user, system, childUser, childSystem uint64
	s.Parent, errs[0] = strconv.Atoi(f[1])
	s.Group, errs[1] = strconv.Atoi(f[2])
	s.Session, errs[2] = strconv.Atoi(f[3])
	s.Start, errs[3] = strconv.ParseUint(f[19], 10, 64)
	s.Pages, errs[4] = strconv.ParseInt(f[21], 10, 64)
	user, errs[5] = strconv.ParseUint(f[11], 10, 64)
	system, errs[6] = strconv.ParseUint(f[12], 10, 64)
	childUser, errs[7] = strconv.ParseUint(f[13], 10, 64)
	childSystem, errs[8] = strconv.ParseUint(f[14], 10, 64)
	s.Own, s.Waited = user+system, childUser+childSystem
	for _, err := range errs {
		if err != nil {
			return stat{}, fmt.Errorf("read process stat: %w", err)
		}
	}
	return s, nil
}

// bootID changes with every start of the machine; pids and start times mean nothing across one.
var bootID = sync.OnceValue(func() string {
	b, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return string(bytes.TrimSpace(b))
})

// identity is a process that cannot be mistaken for a later one of the same pid.
type identity struct {
	PID   int    `json:"pid"`
	Start uint64 `json:"start"` // field 22 of its stat
}

func identify(pid int) (identity, error) {
	s, err := readStat(pid)
	return identity{PID: pid, Start: s.Start}, err
}

// alive needs the boot to be the current one, which the caller has compared.
func (i identity) alive() bool {
	s, err := readStat(i.PID)
	return err == nil && i.PID > 0 && s.Start == i.Start && !s.dead()
}

// names tells whether the environment the process was started with names the instance.
func names(pid int, id string) bool {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	if err != nil {
		return false
	}
	want := []byte("SLIPWAY_INSTANCE=" + id)
	for v := range bytes.SplitSeq(b, []byte{0}) {
		if bytes.Equal(v, want) {
			return true
		}
	}
	return false
}

// pids are all processes of the machine.
func pids() []int {
	dirs, _ := os.ReadDir("/proc")
	var all []int
	for _, d := range dirs {
		if pid, err := strconv.Atoi(d.Name()); err == nil {
			all = append(all, pid)
		}
	}
	return all
}

// children are the direct ones of pid, zombies included. The kernel lists them under the thread that forked them.
func children(pid int) []int {
	tasks, _ := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/children")
	if len(tasks) == 0 {
		return childrenByParent(pid)
	}
	var all []int
	for _, t := range tasks {
		b, _ := os.ReadFile(t)
		for _, f := range strings.Fields(string(b)) {
			if child, err := strconv.Atoi(f); err == nil {
				all = append(all, child)
			}
		}
	}
	return all
}

// childrenByParent is for kernels built without CONFIG_PROC_CHILDREN.
func childrenByParent(pid int) []int {
	var all []int
	for _, p := range pids() {
		if s, err := readStat(p); err == nil && s.Parent == pid {
			all = append(all, p)
		}
	}
	return all
}

// descendants are the children of pid and theirs, parents first.
func descendants(pid int) []int {
	all := children(pid)
	for n := 0; n < len(all); n++ {
		all = append(all, children(all[n])...)
	}
	return all
}
