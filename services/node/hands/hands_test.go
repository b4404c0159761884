package hands

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/bus"
	"slipway.dev/services/node"
	"slipway.dev/services/node/driver"
	"slipway.dev/services/node/process"
)

// pidAt asks a workload who it is.
func pidAt(t *testing.T, address string) int {
	t.Helper()
	res, err := http.Get("http://" + address + "/up")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatalf("answered %q", b)
	}
	return pid
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("still not: %s", what)
		}
	}
}

func TestAnInstanceLivesFromItsPlacementToItsStop(t *testing.T) {
	m, dir := newMemory(), t.TempDir()
	startAgent(t, m, dir, false)
	place(t, m, "web-7-a1", "workload")
	started := await(t, m, first[events.InstanceStarted])
	await(t, m, func(r events.InstanceReady) bool { return r.Boot == 1 && r.Check == "GET /up" })
	if pid := pidAt(t, started.Address); pid != started.Pid {
		t.Fatalf("pid %d answers at %s, started says %d", pid, started.Address, started.Pid)
	}
	m.tell(t, events.AssignmentWithdrawn{OfInstance: of("web-7-a1"), Cause: "replaced", DrainMs: 15_000, StopByMs: time.Now().Add(time.Hour).UnixMilli()})
	m.tell(t, events.EndpointDrained{Endpoint: events.Endpoint{App: "web", Endpoint: "web-7-a1"}})
	stopping := await(t, m, first[events.InstanceStopping])
	stopped := await(t, m, first[events.InstanceStopped])
	if !stopping.Drained || stopped.Code != 0 || stopped.Killed {
		t.Fatalf("stopping %+v, stopped %+v", stopping, stopped)
	}
	eventually(t, "the folder and the check are gone", func() bool {
		_, folder := os.Stat(filepath.Join(dir, "data", "instances", "web-7-a1"))
		_, check := os.Stat(filepath.Join(dir, "checks", "web-7-a1.json"))
		return errors.Is(folder, os.ErrNotExist) && errors.Is(check, os.ErrNotExist)
	})
	if want := []string{"web-7-a1: hello from web-7-a1", "web-7-a1: goodbye"}; !slices.Equal(m.shipped(), want) {
		t.Errorf("shipped %q, want %q", m.shipped(), want)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.leases) < 2 || m.leases[1].N != 2 || m.leases[1].Incarnation != 1 {
		t.Errorf("leases: %+v", m.leases)
	}
}

// delivery-N20, with a real agent and a real process.
func TestARestartedAgentAdoptsWhatRunsAndStartsNothing(t *testing.T) {
	m, dir := newMemory(), t.TempDir()
	agent := startAgent(t, m, dir, false)
	place(t, m, "web-7-a1", "workload")
	started := await(t, m, first[events.InstanceStarted])
	await(t, m, first[events.InstanceReady])
	agent.end()
	if pidAt(t, started.Address) != started.Pid {
		t.Fatal("the instance did not outlive its agent")
	}
	before := len(m.said())
	startAgent(t, m, dir, false)
	await(t, m, func(r events.InstanceReady) bool { return r.Boot == 2 })
	want := []string{"node.joined", "instance.adopted", "instance.ready"}
	if said := m.said()[before:]; !slices.Equal(said, want) {
		t.Errorf("the second boot said %v, want %v", said, want)
	}
	if pid := pidAt(t, started.Address); pid != started.Pid {
		t.Errorf("pid %d answers, want %d", pid, started.Pid)
	}
}

// delivery-N18, with a real agent and a real process.
func TestAKilledProcessIsFoundAndStartedAgain(t *testing.T) {
	m := newMemory()
	startAgent(t, m, t.TempDir(), false)
	place(t, m, "web-7-a1", "workload")
	started := await(t, m, first[events.InstanceStarted])
	await(t, m, first[events.InstanceReady])
	killed := time.Now()
	if err := syscall.Kill(started.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	await(t, m, func(d events.DriftFound) bool { return d.Kind == "missing" })
	if took := time.Since(killed); took > 5*time.Second { // five times what is promised
		t.Errorf("found after %s", took)
	}
	exited := await(t, m, first[events.InstanceExited])
	await(t, m, first[events.InstanceBackingOff])
	await(t, m, func(s events.InstanceStarting) bool { return s.Try == 2 })
	again := await(t, m, func(s events.InstanceStarted) bool { return s.Try == 2 })
	await(t, m, first[events.DriftRepaired])
	if exited.Signal != "KILL" || exited.Try != 1 || again.Pid == started.Pid || again.Address == started.Address {
		t.Errorf("exited %+v, started again %+v", exited, again)
	}
	eventually(t, "it is ready again", func() bool { return strings.Count(strings.Join(m.said(), " "), "instance.ready") == 2 })
	if pid := pidAt(t, again.Address); pid != again.Pid {
		t.Errorf("pid %d answers, want %d", pid, again.Pid)
	}
}

// delivery-N21, with a real agent and a real process.
func TestANodeThatLeavesTakesItsWorkloadsAlongAndStartsThemAgain(t *testing.T) {
	m, dir := newMemory(), t.TempDir()
	agent := startAgent(t, m, dir, true)
	place(t, m, "web-7-a1", "workload")
	started := await(t, m, first[events.InstanceStarted])
	await(t, m, first[events.InstanceReady])
	if err := agent.hands.Leave(t.Context()); err != nil {
		t.Fatal(err)
	}
	agent.end()
	if err := syscall.Kill(started.Pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("pid %d: %v, want that it is gone", started.Pid, err)
	}
	exited := await(t, m, first[events.InstanceExited])
	if !exited.Planned || exited.Code != 0 {
		t.Errorf("exited %+v", exited)
	}
	startAgent(t, m, dir, true)
	await(t, m, func(r events.InstanceReady) bool { return r.Boot == 2 })
	if said := m.said(); slices.Contains(said, "instance.backing-off") || slices.Contains(said, "node.left") {
		t.Errorf("said %v", said)
	}
}

// delivery-R19, with a real agent and a real process.
func TestAStartThatFailsTellsItsExitCodeAndLastLines(t *testing.T) {
	m := newMemory()
	startAgent(t, m, t.TempDir(), false)
	place(t, m, "web-7-a1", "fail")
	exited := await(t, m, func(e events.InstanceExited) bool { return e.Cause != "port" }) // somebody else may have one
	failed := await(t, m, first[events.InstanceFailed])
	if exited.Code != 3 || !slices.Equal(exited.Tail, []string{"no database"}) || failed.Code != 3 || !slices.Equal(failed.Tail, exited.Tail) {
		t.Errorf("exited %+v, failed %+v", exited, failed)
	}
	if said := m.said(); slices.Index(said, "instance.failed") < 0 || strings.Count(strings.Join(said, " "), "instance.starting") < 3 {
		t.Errorf("want three tries: %v", said)
	}
}

// dying is a driver whose agent dies in the middle of a start: before it, or after it and before its word.
type dying struct {
	driver.Driver
	after bool
	begun chan struct{}
}

func (d dying) Start(ctx context.Context, s driver.Spec) (driver.Running, error) {
	if d.after {
		if _, err := d.Driver.Start(ctx, s); err != nil {
			return driver.Running{}, err
		}
	}
	close(d.begun)
	<-ctx.Done()
	return driver.Running{}, ctx.Err()
}

// bus-25, with a real agent and a real process.
func TestACrashBetweenIntentAndOutcomeRunsAnIDOnceAndAStoppedOneNeverAgain(t *testing.T) {
	for name, after := range map[string]bool{"before the act": false, "after the act": true} {
		t.Run(name, func(t *testing.T) {
			m, dir := newMemory(), t.TempDir()
			begun := make(chan struct{})
			agent := startWith(t, m, dir, false, func(d driver.Driver) driver.Driver { return dying{d, after, begun} })
			place(t, m, "web-7-a1", "workload")
			<-begun
			agent.end()
			second := startAgent(t, m, dir, false)
			started := await(t, m, first[events.InstanceStarted])
			await(t, m, first[events.InstanceReady])
			if started.Try != 1 || started.Boot != 2 || strings.Count(strings.Join(m.said(), " "), "instance.starting") != 1 {
				t.Errorf("started %+v; said %v", started, m.said())
			}
			eventually(t, "its first line is shipped", func() bool { return m.shipped() != nil })
			m.tell(t, events.AssignmentWithdrawn{OfInstance: of("web-7-a1"), Cause: "replaced", StopByMs: 1})
			await(t, m, first[events.InstanceStopped])
			if want := []string{"web-7-a1: hello from web-7-a1"}; !slices.Equal(m.shipped()[:1], want) || slices.Contains(m.shipped()[1:], want[0]) {
				t.Errorf("shipped %q: it ran more than once", m.shipped())
			}
			second.end()
			d, err := process.New(process.Config{Data: filepath.Join(dir, "data")})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := d.Start(t.Context(), driver.Spec{ID: "web-7-a1", Try: 2, App: "web", Command: []string{"slipway", "workload"}}); !errors.Is(err, driver.ErrStopped) {
				t.Errorf("a stopped id starts again: %v", err)
			}
		})
	}
}

type store struct{ err error }

func (s store) GetObject(_ context.Context, name string) (io.ReadCloser, error) {
	if s.err != nil {
		return nil, fmt.Errorf("%w: %s", s.err, name)
	}
	return io.NopCloser(strings.NewReader(name)), nil
}

func TestArtifactsAreNamedByTheirDigestAndAbsenceIsFinal(t *testing.T) {
	body, err := Artifacts(store{})(t.Context(), "ab12")
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := io.ReadAll(body); string(b) != "sha256:ab12" {
		t.Errorf("asked for %s", b)
	}
	if _, err := Artifacts(store{bus.ErrNoObject})(t.Context(), "ab12"); !errors.Is(err, driver.ErrAbsent) || !driver.IsFinal(err) {
		t.Errorf("absent: %v", err)
	}
	if _, err := Artifacts(store{errors.New("away")})(t.Context(), "ab12"); err == nil || driver.IsFinal(err) {
		t.Errorf("away: %v", err)
	}
}

func TestOutputIsShippedInBatchesThatFitAMessage(t *testing.T) {
	var lines []driver.Line
	for range 10 {
		lines = append(lines, driver.Line{Instance: "web-7-a1", Stream: "stdout", Text: strings.Repeat("x", driver.LineBytes)})
	}
	total := 0
	for _, b := range batches(lines) {
		size := 0
		for _, l := range b.Lines {
			size += len(l.Line)
		}
		if total += len(b.Lines); size > batchBytes {
			t.Errorf("a batch of %d bytes", size)
		}
	}
	if total != len(lines) {
		t.Errorf("%d lines shipped of %d", total, len(lines))
	}
}

func TestTheDeciderKnowsTheDriversWords(t *testing.T) {
	for own, theirs := range map[string]string{
		node.ReasonAddressInUse: driver.ReasonAddressInUse,
		node.ReasonLost:         driver.ReasonLost,
		node.ReasonBooted:       driver.ReasonBooted,
	} {
		if own != theirs {
			t.Errorf("the decider says %q, the driver %q", own, theirs)
		}
	}
}
