package process

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"slipway.dev/services/node/driver"
)

func TestAnInstanceStartsIsCheckedAndStops(t *testing.T) {
	d := fresh(t)
	s := spec("web-7-a1", "polite=3", "serve", "wait")
	s.Ports = map[string]int{"http": freePort(t)}
	r := start(t, d, s)
	if r.PID == 0 || r.Adopted || r.Ports["http"] != s.Ports["http"] {
		t.Fatalf("running: %+v", r)
	}
	at := "127.0.0.1:" + strconv.Itoa(s.Ports["http"])
	eventually(t, "its health page answers", func() bool {
		return d.Check(t.Context(), s.ID, driver.Check{HTTP: "/up", Address: at}) == nil
	})
	stopped, err := d.Stop(t.Context(), s.ID, driver.Stop{Signal: "TERM", Grace: 10 * time.Second})
	if err != nil || stopped.Code != 3 || stopped.Killed {
		t.Fatalf("stopped: %+v, %v", stopped, err)
	}
	if runs(r.PID) {
		t.Fatal("it still runs")
	}
	again, err := d.Stop(t.Context(), s.ID, driver.Stop{})
	if err != nil || again != stopped {
		t.Fatalf("a second stop answers %+v, %v; the first %+v", again, err, stopped)
	}
}

func TestChecksTellHealthyFromSick(t *testing.T) {
	d := fresh(t)
	s := spec("web-7-a1", "serve", "wait")
	s.Ports = map[string]int{"http": freePort(t)}
	start(t, d, s)
	at := "127.0.0.1:" + strconv.Itoa(s.Ports["http"])
	eventually(t, "tcp passes", func() bool {
		return d.Check(t.Context(), s.ID, driver.Check{TCP: true, Address: at}) == nil
	})
	for name, c := range map[string]struct {
		check  driver.Check
		reason string // empty: passes
	}{
		"a redirect passes and is not followed": {driver.Check{HTTP: "/moved", Address: at}, ""},
		"a 503 fails":                           {driver.Check{HTTP: "/sick", Address: at}, "answered 503"},
		"a timeout is a failure":                {driver.Check{HTTP: "/slow", Address: at, Timeout: 50 * time.Millisecond}, "timed out"},
		"a closed port fails":                   {driver.Check{TCP: true, Address: "127.0.0.1:1"}, "refused"},
		"exec with exit 0 passes":               {driver.Check{Exec: []string{"/bin/sh", "-c", `test "$SLIPWAY_INSTANCE" = web-7-a1`}}, ""},
		"exec keeps its output for the reason":  {driver.Check{Exec: []string{"/bin/sh", "-c", "echo no database; exit 1"}}, "no database"},
		"exec that hangs is killed":             {driver.Check{Exec: []string{"/bin/sh", "-c", "sleep 60"}, Timeout: 100 * time.Millisecond}, "timed out"},
		"exec has no new privileges":            {driver.Check{Exec: []string{"/bin/sh", "-c", "grep -q 'NoNewPrivs:.1' /proc/self/status"}}, ""},
		"alive passes":                          {driver.Check{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := d.Check(t.Context(), s.ID, c.check)
			if c.reason == "" && err != nil {
				t.Fatal(err)
			}
			if c.reason != "" && (err == nil || !strings.Contains(err.Error(), c.reason)) {
				t.Fatalf("got %v, want %s", err, c.reason)
			}
		})
	}
	d.Stop(t.Context(), s.ID, driver.Stop{})
	if d.Check(t.Context(), s.ID, driver.Check{}) == nil {
		t.Fatal("a stopped instance passes as alive")
	}
}

// N20: an agent restart adopts what runs and starts nothing.
func TestN20_RunningInstancesAreAdoptedByTheNextAgent(t *testing.T) {
	dir := t.TempDir()
	first := newDriver(t, dir)
	s := spec("web-7-a1", "say=hello", "wait")
	r := start(t, first, s)

	second := newDriver(t, dir)
	t.Cleanup(func() { stopAll(t, second) })
	all, err := second.List(t.Context())
	if err != nil || len(all) != 1 || all[0].State != driver.StateRunning || all[0].PID != r.PID || all[0].Try != 1 {
		t.Fatalf("listed %+v, %v", all, err)
	}
	again := start(t, second, s)
	if !again.Adopted || again.PID != r.PID {
		t.Fatalf("started again: %+v, was %+v", again, r)
	}
	s.Try = 2
	if later := start(t, second, s); !later.Adopted || later.Try != 1 {
		t.Fatalf("try 2 beside a running try 1: %+v", later)
	}
	ends := watch(t, second)
	eventually(t, "it has spoken", func() bool { return contains(second.Tail(s.ID, 1), "hello") })
	if err := unix.Kill(r.PID, unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if e := next(t, ends, 5*time.Second); e.ID != s.ID || e.Signal != "TERM" || e.Code != -1 || !contains(e.Tail, "hello") {
		t.Fatalf("ended: %+v", e)
	}
}

// R19: the exit code and the last lines of a failed start are kept, also while no agent is there to see it.
func TestR19_ExitCodeAndTailAreThereWhenTheAgentReturns(t *testing.T) {
	dir := t.TempDir()
	s := spec("web-7-a1", "say=starting", "warn=no such table", "exit=17")
	r := start(t, newDriver(t, dir), s)
	eventually(t, "it has ended", func() bool { return !runs(r.PID) })

	d := newDriver(t, dir)
	var all []driver.Found
	eventually(t, "its exit is recorded", func() bool {
		all, _ = d.List(t.Context())
		return len(all) == 1 && all[0].State == driver.StateExited
	})
	e := all[0].Ended
	if e.Code != 17 || e.Signal != "" || e.Try != 1 || strings.Join(e.Tail, "|") != "starting|no such table" {
		t.Fatalf("ended: %+v", e)
	}
	t.Run("the same try is not started twice, its end is told", func(t *testing.T) {
		ends := watch(t, d)
		if again, err := d.Start(t.Context(), s); err != nil || again.PID != r.PID {
			t.Fatalf("started: %+v, %v", again, err)
		}
		if e := next(t, ends, 5*time.Second); e.Code != 17 {
			t.Fatalf("ended: %+v", e)
		}
	})
	t.Run("the next try is", func(t *testing.T) {
		s.Try, s.Command = 2, spec("", "say=second", "exit=0").Command
		ends := watch(t, d)
		start(t, d, s)
		if e := next(t, ends, 5*time.Second); e.Try != 2 || e.Code != 0 || strings.Join(e.Tail, "|") != "second" {
			t.Fatalf("ended: %+v", e)
		}
	})
	t.Run("an older one is refused", func(t *testing.T) {
		s.Try = 1
		if _, err := d.Start(t.Context(), s); !errors.Is(err, driver.ErrStale) {
			t.Fatalf("got %v", err)
		}
	})
}

func TestAStoppedIDNeverStartsAgain(t *testing.T) {
	dir := t.TempDir()
	d := newDriver(t, dir)
	start(t, d, spec("web-7-a1", "wait"))
	if _, err := d.Stop(t.Context(), "web-7-a1", driver.Stop{}); err != nil {
		t.Fatal(err)
	}
	never, err := d.Stop(t.Context(), "web-7-a2", driver.Stop{})
	if err != nil || !never.Absent {
		t.Fatalf("stop of what never ran: %+v, %v", never, err)
	}
	for name, d := range map[string]*Driver{"same agent": d, "next agent": newDriver(t, dir)} {
		t.Run(name, func(t *testing.T) {
			for _, id := range []string{"web-7-a1", "web-7-a2"} {
				s := spec(id, "wait")
				s.Try = 5
				if _, err := d.Start(t.Context(), s); !errors.Is(err, driver.ErrStopped) || !driver.IsFinal(err) {
					t.Fatalf("start %s: %v", id, err)
				}
			}
			if err := d.Remove(t.Context(), "web-7-a1"); err != nil {
				t.Fatal(err)
			}
			if _, err := d.Start(t.Context(), spec("web-7-a1", "wait")); !errors.Is(err, driver.ErrStopped) {
				t.Fatalf("after its folder was removed: %v", err)
			}
		})
	}
	t.Run("a keeper launched before the stop does not start it either", func(t *testing.T) {
		if err := d.prepare(d.folder("web-7-a3"), spec("web-7-a3", "wait")); err != nil {
			t.Fatal(err)
		}
		if _, err := d.marks.put("web-7-a3"); err != nil {
			t.Fatal(err)
		}
		gone, err := d.launch(d.folder("web-7-a3"))
		if err != nil {
			t.Fatal(err)
		}
		if r, err := d.await(t.Context(), d.folder("web-7-a3"), gone); err == nil {
			t.Fatalf("it runs: %+v", r)
		}
	})
}

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

func TestGrandchildrenGoWithTheInstance(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, d *Driver, r driver.Running){
		"on stop": func(t *testing.T, d *Driver, r driver.Running) {
			if _, err := d.Stop(t.Context(), r.ID, driver.Stop{Grace: time.Minute}); err != nil {
				t.Fatal(err)
			}
		},
		"when the main process dies": func(t *testing.T, _ *Driver, r driver.Running) {
			unix.Kill(r.PID, unix.SIGKILL)
		},
		"when the keeper dies": func(t *testing.T, d *Driver, r driver.Running) {
			ends := watch(t, d)
			unix.Kill(keeperOf(t, d, r.ID), unix.SIGKILL)
			next(t, ends, 5*time.Second)
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := fresh(t)
			file := filepath.Join(t.TempDir(), "pid")
			r := start(t, d, spec("web-7-a1", "fork="+file, "wait"))
			grandchild := written(t, file)
			end(t, d, r)
			eventually(t, "both are gone", func() bool { return !runs(grandchild) && !runs(r.PID) })
		})
	}
}

func TestWhatIgnoresTermIsKilledAfterTheGrace(t *testing.T) {
	d := fresh(t)
	file := filepath.Join(t.TempDir(), "pid")
	start(t, d, spec("web-7-a1", "deaf", "write="+file, "wait"))
	written(t, file)
	const grace = 300 * time.Millisecond
	stopped, err := d.Stop(t.Context(), "web-7-a1", driver.Stop{Grace: grace})
	if err != nil || !stopped.Killed || stopped.Signal != "KILL" || stopped.Took < grace-10*time.Millisecond {
		t.Fatalf("stopped: %+v, %v", stopped, err)
	}
}

func TestAStopCutShortGoesOnFromTheFirstCall(t *testing.T) {
	dir := t.TempDir()
	d := newDriver(t, dir)
	file := filepath.Join(t.TempDir(), "pid")
	start(t, d, spec("web-7-a1", "deaf", "write="+file, "wait"))
	written(t, file)
	const grace = time.Second
	ctx, cancel := context.WithTimeout(t.Context(), grace/2)
	defer cancel()
	began := time.Now()
	if _, err := d.Stop(ctx, "web-7-a1", driver.Stop{Grace: grace}); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("cut short: %v", err)
	}
	stopped, err := newDriver(t, dir).Stop(t.Context(), "web-7-a1", driver.Stop{Grace: grace})
	if took := time.Since(began); err != nil || !stopped.Killed || took < grace || took > grace*5 {
		t.Fatalf("stopped: %+v, %v after %s", stopped, err, took)
	}
}

func TestAHaltedInstanceStartsAgain(t *testing.T) {
	d := fresh(t)
	start(t, d, spec("web-7-a1", "wait"))
	if _, err := d.Halt(t.Context(), "web-7-a1", 2, driver.Stop{}); !errors.Is(err, driver.ErrStale) {
		t.Fatalf("halt of another try: %v", err)
	}
	halted, err := d.Halt(t.Context(), "web-7-a1", 1, driver.Stop{Grace: 10 * time.Second})
	if err != nil || halted.Signal != "TERM" {
		t.Fatalf("halted: %+v, %v", halted, err)
	}
	s := spec("web-7-a1", "wait")
	s.Try = 2
	if r := start(t, d, s); r.Try != 2 || r.Adopted {
		t.Fatalf("running: %+v", r)
	}
	if err := d.Remove(t.Context(), s.ID); !errors.Is(err, driver.ErrRunning) {
		t.Fatalf("remove of a running one: %v", err)
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
	all, err := d.List(t.Context())
	if err != nil || len(all) != 1 || all[0].State != driver.StateMissing {
		t.Fatalf("listed %+v, %v", all, err)
	}
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

func TestTwoDriversDoNotSeeEachOthersInstances(t *testing.T) {
	a, b := fresh(t), fresh(t)
	ra := start(t, a, spec("web-7-a1", "wait"))
	rb := start(t, b, spec("web-7-a1", "wait"))
	if ra.PID == rb.PID || rb.Adopted {
		t.Fatalf("%+v, %+v", ra, rb)
	}
	// The hardest case: b's keeper is killed and b sweeps by the same instance id.
	ends := watch(t, b)
	unix.Kill(keeperOf(t, b, rb.ID), unix.SIGKILL)
	next(t, ends, 5*time.Second)
	if !runs(ra.PID) {
		t.Fatal("b's sweep killed a's instance")
	}
	start(t, b, spec("only-1-b1", "wait"))
	if all, _ := a.List(t.Context()); len(all) != 1 {
		t.Fatalf("a lists %+v", all)
	}
}

func TestARecordOfAnotherProcessIsNotSignalled(t *testing.T) {
	d, other := fresh(t), fresh(t)
	stranger := start(t, other, spec("db-1-a1", "wait"))
	start(t, d, spec("web-7-a1", "wait"))
	path := d.folder("web-7-a1").path("running.json")
	r, err := readJSON[running](path)
	if err != nil {
		t.Fatal(err)
	}
	mine := r.Main
	for name, forge := range map[string]func(r *running){
		"a later process of the same pid": func(r *running) { r.Main.PID = stranger.PID },
		"of another boot":                 func(r *running) { r.Boot = "b0071d" },
		"another instance's process":      func(r *running) { r.Main, _ = identify(stranger.PID) },
	} {
		t.Run(name, func(t *testing.T) {
			forged := *r
			forge(&forged)
			if ours("web-7-a1", forged) {
				t.Fatal("taken for ours")
			}
		})
	}
	if !ours("web-7-a1", *r) || r.Main != mine {
		t.Fatal("our own process is not recognised")
	}
}

func TestAStartThatCannotSucceedSaysWhy(t *testing.T) {
	d := fresh(t)
	for name, c := range map[string]struct {
		change func(s *driver.Spec)
		reason string
	}{
		"no such file":          {func(s *driver.Spec) { s.Command = []string{"/nowhere/app"} }, "no such file"},
		"relative, no artifact": {func(s *driver.Spec) { s.Command = []string{"app"} }, "no artifact"},
		"workdir leaves":        {func(s *driver.Spec) { s.Workdir = "../.." }, "leaves the artifact"},
		"file leaves":           {func(s *driver.Spec) { s.Files = []driver.File{{Path: "../x"}} }, "not below the workdir"},
		"unknown user":          {func(s *driver.Spec) { s.User = "nobody-of-that-name" }, "not known here"},
	} {
		t.Run(name, func(t *testing.T) {
			s := spec("x-1-"+strings.ReplaceAll(strings.ReplaceAll(name, " ", "-"), ",", ""), "wait")
			c.change(&s)
			_, err := d.Start(t.Context(), s)
			if err == nil || !strings.Contains(err.Error(), c.reason) || !driver.IsFinal(err) {
				t.Fatalf("got %v (final %v), want %s", err, driver.IsFinal(err), c.reason)
			}
			if _, again := d.Start(t.Context(), s); again == nil || again.Error() != err.Error() {
				t.Fatalf("the second time: %v", again)
			}
		})
	}
	if _, err := d.Start(t.Context(), spec("../x", "wait")); !driver.IsFinal(err) {
		t.Fatalf("an id that is a path: %v", err)
	}
}

func TestAddressInUseIsRecognised(t *testing.T) {
	d := fresh(t)
	s := spec("web-7-a1", "serve", "wait")
	s.Ports = map[string]int{"http": freePort(t)}
	if !PortFree(s.Ports["http"]) {
		t.Fatal("a free port is called taken")
	}
	start(t, d, s)
	eventually(t, "the port is taken", func() bool { return !PortFree(s.Ports["http"]) })
	ends := watch(t, d)
	s.ID = "web-7-a2"
	start(t, d, s)
	if e := next(t, ends, 5*time.Second); e.ID != s.ID || e.Reason != driver.ReasonAddressInUse {
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
	const most = 24 << 20 // the aim is 8 MiB; shared pages of the executable count in here
	if rss := s.Pages * int64(os.Getpagesize()); rss > most {
		t.Fatalf("a keeper takes %d KiB", rss>>10)
	}
}
