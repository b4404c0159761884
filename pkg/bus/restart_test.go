//go:build linux || darwin

package bus

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"slipway.dev/events"
)

// fileMax keeps the store's files so small that its writes fail as on a full disk.
const fileMax = 1 << 20

// fullVariable tells this test binary that it runs for the test of a full disk alone.
const fullVariable = "SLIPWAY_TEST_FULL"

// A server whose write has failed refuses all others even when the disk has room
// again. It tells, and a new start on the same store mends it: what was acknowledged
// is there, and connections come back by themselves.
//
// The limit holds for every file of a process, the log of the test run among them, so
// the test runs in a process of its own.
func TestAStoreThatFailedAWriteTakesThemAgainAfterARestart(t *testing.T) {
	if os.Getenv(fullVariable) == "" {
		inItsOwnProcess(t)
		return
	}
	s := startTest(t)
	b := connectTest(t, s, "test")
	ensure(t, b)
	if err := s.WriteError(); err != nil {
		t.Fatalf("before: %v", err)
	}
	words := strings.Repeat("x", 200<<10)
	tail := say(t, b, 0, fact(1, words)).Last.Seq
	n := uint64(1)
	lift := limitFiles(t)
	for range 2 * fileMax / len(words) {
		r, err := b.Append(limit(t), testGuard, tail, []events.Event{fact(n+1, words)})
		if err != nil {
			break
		}
		tail, n = r.Last.Seq, n+1
	}
	await(t, "the server to tell of it", func() bool { return errors.Is(s.WriteError(), ErrWrites) })
	lift()
	if _, err := b.Append(limit(t), testGuard, tail, []events.Event{fact(n+1, "")}); err == nil {
		t.Fatal("it takes writes again by itself: no restart is needed any more")
	}
	if !s.Room() {
		t.Fatal("there is no room on this disk")
	}
	if err := s.Restart(); err != nil {
		t.Fatal(err)
	}
	if err := s.WriteError(); err != nil {
		t.Fatalf("after: %v", err)
	}
	await(t, "the connection to come back", func() bool { return b.Connected() })
	i, err := b.Info(limit(t))
	if err != nil || i.Last.Seq < tail || i.Deleted != 0 {
		t.Fatalf("acknowledged to %d, kept %+v %v", tail, i, err)
	}
	for i.Last.Seq > tail { // what was never acknowledged may be stored all the same
		tail, n = tail+1, n+1
	}
	say(t, b, tail, fact(n+1, ""))
}

// inItsOwnProcess runs the calling test alone, in a process that limits its files.
func inItsOwnProcess(t *testing.T) {
	t.Helper()
	cmd := exec.CommandContext(limit(t), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), fullVariable+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Fatalf("%v\n%s", err, out)
	}
}

// limitFiles makes writes fail beyond a size until the function returned is called.
func limitFiles(t *testing.T) (lift func()) {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ)
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	small := before
	small.Cur = fileMax
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &small); err != nil {
		t.Fatal(err)
	}
	lift = func() { syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before) }
	t.Cleanup(lift)
	return lift
}
