package process

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"slipway.dev/services/node/driver"
)

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
	if took := time.Since(began); err != nil || !stopped.Killed || took < grace || stopped.Took >= grace {
		t.Fatalf("stopped: %+v, %v after %s in all", stopped, err, took)
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
