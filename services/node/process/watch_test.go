package process

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"slipway.dev/services/node/driver"
)

// N18: a killed process is found within a second.
func TestN18_AKilledProcessIsToldWithinASecond(t *testing.T) {
	dir := t.TempDir()
	r := start(t, newDriver(t, dir), spec("web-7-a1", "wait"))
	d := newDriver(t, dir) // not its keeper's parent: the slow way to know
	if _, err := d.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	ends := watch(t, d)
	began := time.Now()
	if err := unix.Kill(r.PID, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	e := next(t, ends, 5*time.Second) // five times the promise
	t.Logf("told after %s", time.Since(began))
	if e.Signal != "KILL" || e.Oom || e.Reason != "" {
		t.Fatalf("ended: %+v", e)
	}
}

func keeperOf(t *testing.T, d *Driver, id string) int {
	t.Helper()
	r, err := readJSON[running](d.folder(id).path("running.json"))
	if err != nil {
		t.Fatal(err)
	}
	return r.Keeper.PID
}

func TestAKilledKeeperTakesItsWorkloadAlongAndIsSensed(t *testing.T) {
	d := fresh(t)
	r := start(t, d, spec("web-7-a1", "deaf", "wait"))
	keeper := keeperOf(t, d, r.ID)
	if err := unix.Kill(keeper, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the workload is gone", func() bool { return !runs(r.PID) })
	eventually(t, "it is listed as missing", func() bool { // the keeper's lock may go after its workload
		all, err := d.List(t.Context())
		return err == nil && len(all) == 1 && all[0].State == driver.StateMissing
	})
	if e := next(t, watch(t, d), 5*time.Second); e.Reason != driver.ReasonLost || e.Code != -1 || e.Try != 1 {
		t.Fatalf("ended: %+v", e)
	}
	s := spec("web-7-a1", "wait")
	s.Try = 2
	start(t, d, s)
}

func TestAPolitelyKilledKeeperHandsTheSignalOn(t *testing.T) {
	d := fresh(t)
	file := filepath.Join(t.TempDir(), "pid")
	r := start(t, d, spec("web-7-a1", "polite=4", "write="+file, "wait"))
	written(t, file)
	ends := watch(t, d)
	unix.Kill(keeperOf(t, d, r.ID), unix.SIGTERM)
	if e := next(t, ends, 5*time.Second); e.Code != 4 || !contains(e.Tail, "goodbye") {
		t.Fatalf("ended: %+v", e)
	}
}

func TestMemoryOverItsLimitEndsTheInstance(t *testing.T) {
	d := fresh(t)
	s := spec("web-7-a1", "memory=200", "wait")
	s.Limits.MemoryBytes = 100 << 20
	ends := watch(t, d)
	start(t, d, s)
	e := next(t, ends, 20*time.Second)
	if !e.Oom || e.Signal != "KILL" || !strings.HasPrefix(e.Reason, driver.ReasonMemory+": ") {
		t.Fatalf("ended: %+v", e)
	}
	t.Log(e.Reason)
}

func TestKeeperStaysSmall(t *testing.T) {
	d := fresh(t)
	start(t, d, spec("web-7-a1", "wait"))
	pid := keeperOf(t, d, "web-7-a1")
	s, err := readStat(pid)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	for _, line := range strings.Split(string(b), "\n") {
		if strings.HasPrefix(line, "Rss") || strings.HasPrefix(line, "VmHWM") || strings.HasPrefix(line, "Threads") {
			t.Log(line)
		}
	}
	// The aim is 8 MiB. Pages of the executable, which all keepers share, count in here; the race detector takes 24 MiB.
	const most = 32 << 20
	if rss := s.Pages * int64(os.Getpagesize()); rss > most {
		t.Fatalf("a keeper takes %d KiB", rss>>10)
	}
}

// Three samples in a row are too many; two, and later two more, are a garbage collector at
// work.
func TestALimitIsSamplesInARow(t *testing.T) {
	k := &keeper{over: map[string]int{}, main: 1 << 30} // nobody's group
	for n, over := range []bool{true, true, false, true, true} {
		if k.judge(driver.ReasonMemory, over, "9 MiB > 8 MiB"); k.reason != "" {
			t.Fatalf("sample %d: %s", n+1, k.reason)
		}
	}
	if k.judge(driver.ReasonMemory, true, "9 MiB > 8 MiB"); k.reason != driver.ReasonMemory+": 9 MiB > 8 MiB" {
		t.Errorf("after three in a row: %q", k.reason)
	}
}

// An agent that crashed around a start may launch a second keeper when the first one's
// whole life is over: a try runs once.
func TestASecondKeeperOfATryRunsNothing(t *testing.T) {
	d := fresh(t)
	file := filepath.Join(t.TempDir(), "pid")
	ends := watch(t, d)
	start(t, d, spec("web-7-a1", "write="+file, "exit=0"))
	next(t, ends, 5*time.Second)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	gone, err := d.launch(d.folder("web-7-a1"))
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-gone:
	case <-time.After(20 * time.Second):
		t.Fatal("the second keeper keeps something")
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("the try ran again")
	}
}
