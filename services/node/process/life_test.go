package process

import (
	"strconv"
	"strings"
	"testing"
	"time"

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
	s.ID = "web-7-a2"
	if _, err := d.Start(t.Context(), s); err == nil || driver.IsFinal(err) || !strings.HasPrefix(err.Error(), driver.ReasonAddressInUse) {
		t.Fatalf("a start on a port somebody has: %v", err)
	}
	late := exit{Code: 1, Began: time.Now(), Ended: time.Now()}
	if !addressInUse(late, []string{"listen tcp 127.0.0.1:20001: bind: address already in use"}) || addressInUse(late, []string{"no such file"}) {
		t.Fatal("a workload that tells of its port is not understood")
	}
}
