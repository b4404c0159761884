package process

import (
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"slipway.dev/services/node/driver"
)

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
		all, _ = newDriver(t, dir).List(t.Context()) // not d's: who lists it running waits for its end
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

func TestTwoDriversDoNotSeeEachOthersInstances(t *testing.T) {
	a, b := fresh(t), fresh(t)
	rb := start(t, b, spec("web-7-a1", "wait"))
	ra := start(t, a, spec("web-7-a1", "wait")) // the later one: nothing but where it runs tells it from a child of b's
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
	t.Run("nor is it swept", func(t *testing.T) {
		forged := *r
		forged.Keeper.PID = keeperOf(t, other, "db-1-a1") // a session of that number, but another instance in it
		if left := sweep(d.folder("web-7-a9"), "web-7-a9", forged); left != 0 || !runs(stranger.PID) {
			t.Fatalf("%d left, the stranger runs: %v", left, runs(stranger.PID))
		}
	})
	if !ours("web-7-a1", *r) || r.Main != mine {
		t.Fatal("our own process is not recognised")
	}
}
