package process

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"slipway.dev/services/node/driver"
)

// TestAKilledTryIsToldLikeACrash: only the try that is meant is killed.
func TestAKilledTryIsToldLikeACrash(t *testing.T) {
	d := fresh(t)
	ends := watch(t, d)
	start(t, d, spec("web-7-a1", "wait"))
	if err := d.Kill("web-7-a1", 2); !errors.Is(err, driver.ErrStale) {
		t.Errorf("another try: %v", err)
	}
	if err := d.Kill("web-9-a1", 1); !errors.Is(err, driver.ErrUnknown) {
		t.Errorf("nobody: %v", err)
	}
	if err := d.Kill("web-7-a1", 1); err != nil {
		t.Fatal(err)
	}
	if e := next(t, ends, 10*time.Second); e.ID != "web-7-a1" || e.Signal != "KILL" || e.Reason != "" {
		t.Errorf("%+v", e)
	}
}

// TestAFrozenInstanceAnswersNothingUntilItIsThawed and then as before.
func TestAFrozenInstanceAnswersNothingUntilItIsThawed(t *testing.T) {
	d := fresh(t)
	s := spec("web-7-a1", "serve", "wait")
	s.Ports = map[string]int{"http": freePort(t)}
	start(t, d, s)
	up := driver.Check{HTTP: "/up", Address: "127.0.0.1:" + strconv.Itoa(s.Ports["http"]), Timeout: 200 * time.Millisecond}
	eventually(t, "its health page answers", func() bool { return d.Check(t.Context(), s.ID, up) == nil })
	if err := d.Freeze(s.ID, 1); err != nil {
		t.Fatal(err)
	}
	eventually(t, "its health page to be silent", func() bool { return d.Check(t.Context(), s.ID, up) != nil })
	if err := d.Freeze(s.ID, 2); !errors.Is(err, driver.ErrStale) {
		t.Errorf("another try: %v", err)
	}
	if err := d.Thaw(s.ID); err != nil {
		t.Fatal(err)
	}
	eventually(t, "its health page answers again", func() bool { return d.Check(t.Context(), s.ID, up) == nil })
	if err := d.Thaw(s.ID); err != nil {
		t.Errorf("one that runs: %v", err)
	}
}

// TestAThawTakesBackAStopThatIsUnderWay: on a busy machine a stop arrives late, and nobody would come again to end it.
func TestAThawTakesBackAStopThatIsUnderWay(t *testing.T) {
	d := fresh(t)
	s := spec("web-7-a1", "serve", "wait")
	s.Ports = map[string]int{"http": freePort(t)}
	start(t, d, s)
	up := driver.Check{HTTP: "/up", Address: "127.0.0.1:" + strconv.Itoa(s.Ports["http"]), Timeout: time.Second}
	for n := range 50 {
		if err := d.Freeze(s.ID, 1); err != nil {
			t.Fatal(err)
		}
		if err := d.Thaw(s.ID); err != nil {
			t.Fatal(err)
		}
		eventually(t, "its health page answers after stop "+strconv.Itoa(n+1), func() bool { return d.Check(t.Context(), s.ID, up) == nil })
	}
}

// TestAPowerCutLeavesNobody: neither keeper nor workload, and no word of how it ended.
func TestAPowerCutLeavesNobody(t *testing.T) {
	d := fresh(t)
	a, b := start(t, d, spec("web-7-a1", "wait")), start(t, d, spec("web-7-b1", "wait"))
	if err := d.KillAll(); err != nil {
		t.Fatal(err)
	}
	for _, r := range []driver.Running{a, b} {
		eventually(t, "the workload to be gone", func() bool { return !runs(r.PID) })
	}
	found, err := d.List(t.Context())
	if err != nil || len(found) != 2 || found[0].State != driver.StateMissing || found[0].Ended.Reason != driver.ReasonLost {
		t.Errorf("%+v, %v", found, err)
	}
}
