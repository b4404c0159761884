package plane

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

func TestSlotsAlternate(t *testing.T) {
	for id, want := range map[string]string{"gw1-a": "gw1-b", "gw1-b": "gw1-a", "edge": ""} {
		if got, ok := otherSlot(id); ok != (want != "") || ok && got != want {
			t.Errorf("after %s: %q %t", id, got, ok)
		}
	}
}

func TestASuccessorIsStartedAsItsPredecessorWas(t *testing.T) {
	for _, args := range [][]string{
		{"run", "gateway", "--data", "d"},
		{"run", "gateway", "--id", "gw1-a", "--data", "d"},
		{"run", "gateway", "--id=gw1-a", "--data", "d", "--id=gw1-b"},
	} {
		if got := (program{args: args}).as("gw1-b"); !slices.Equal(got, []string{"run", "gateway", "--data", "d", "--id=gw1-b"}) {
			t.Errorf("%v: %v", args, got)
		}
	}
	env := heritable([]string{"HOME=/", "LISTEN_FDS=1", "LISTEN_PID=7", "WATCHDOG_USEC=1", "WATCHDOG_PID=7"})
	if !slices.Equal(env, []string{"HOME=/", "WATCHDOG_USEC=1"}) {
		t.Errorf("%v", env)
	}
}

func TestDescriptorsAreForThePidThatIsNamed(t *testing.T) {
	own := strconv.Itoa(os.Getpid())
	for _, c := range []struct {
		fds, names, pid string
		want            []string
	}{
		{"2", "http:lock", "", []string{"http", "lock"}},
		{"2", "http", own, []string{"http", ""}},
		{"1", "http", "1", nil},
		{"", "http", "", nil},
		{"0", "", own, nil},
	} {
		env := map[string]string{"LISTEN_FDS": c.fds, "LISTEN_FDNAMES": c.names, "LISTEN_PID": c.pid}
		if got, _ := passed(func(name string) string { return env[name] }); !slices.Equal(got, c.want) {
			t.Errorf("%v: %v, want %v", env, got, c.want)
		}
	}
}

// A copy for a successor must not make the original wait in the kernel: an accept that
// hangs there could not be ended.
func TestACopyOfASocketLeavesTheOriginalAsItIs(t *testing.T) {
	d := newDoor("127.0.0.1:0", nil)
	l, err := d.open("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d.address = l.Addr().String()
	files, err := d.files()
	if err != nil || len(files) != 1 || files[0].Name() != nameHTTP {
		t.Fatalf("%v %v", files, err)
	}
	child := exec.Command("true")
	child.ExtraFiles = files
	if err := child.Run(); err != nil {
		t.Fatal(err)
	}
	flags, err := unix.FcntlInt(files[0].Fd(), unix.F_GETFL, 0)
	if err != nil || flags&unix.O_NONBLOCK == 0 {
		t.Errorf("flags %o, %v: the socket blocks", flags, err)
	}
	closeAll(files)
	l.Close()
	if files, err := d.files(); err != nil || len(files) > 0 {
		t.Errorf("of a closed one: %v %v", files, err)
	}
}

// A socket is given out once, by its address; what nobody wants is closed, so that
// nobody waits there for an answer.
func TestAPassedSocketIsGivenOutOnce(t *testing.T) {
	passed, unwanted := mustListen(t), mustListen(t)
	d := newDoor(passed.Addr().String(), passed)
	d.kept = append(d.kept, unwanted)
	l, err := d.open(d.address)
	if err != nil || l != passed {
		t.Fatalf("%v %v", l, err)
	}
	d.close()
	if c, err := net.Dial("tcp", unwanted.Addr().String()); err == nil {
		c.Close()
		t.Error("a socket that nobody serves takes connections")
	}
	if c, err := net.Dial("tcp", d.address); err != nil {
		t.Error(err)
	} else {
		c.Close()
	}
	passed.Close()
}

func mustListen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// spoken is a log that holds what a successor says.
type spoken []events.Payload

// Fetch is bus.Bus's.
func (s spoken) Fetch(_ context.Context, _ string, after, _ events.Position, fn func(service.Message) error) error {
	for i, d := range s {
		at := events.Position{Era: 1, Seq: uint64(i + 1)}
		if !at.After(after) {
			continue
		}
		kind, about := events.KindOf(d), d.About()
		e := events.Event{ID: "x", Source: "/slipway/gateway/gw1-b", Kind: kind, App: about.App, Place: about.Place, Subject: about.Subject, Time: time.Now(), Correlation: "x", Ordinal: uint64(i + 1), Data: d}
		body, err := events.Encode(e)
		if err != nil {
			return err
		}
		if err := fn(service.Message{Subject: events.Subject(kind, about.App, about.Place), Body: body, Pos: at}); err != nil {
			return err
		}
	}
	return nil
}

// A successor takes over once it has joined, applied or refused every app, and listens.
func TestASuccessorTakesOverOnceAllIsSaid(t *testing.T) {
	s, lock := sleeper(t)
	defer s.kill()
	joined := events.GatewayJoined{OfGateway: events.OfGateway{Gateway: "gw1-b", Incarnation: 2}, Pid: s.cmd.Process.Pid}
	web := events.RoutingApplied{OfRouting: events.OfRouting{App: "web", Gateway: "gw1-b", Generation: 1}}
	api := events.RoutingRefused{OfRouting: events.OfRouting{App: "api", Gateway: "gw1-b", Generation: 1}}
	other := joined
	other.Pid++
	apps := func() []string { return []string{"api", "web"} }
	for name, log := range map[string]spoken{
		"nothing":                   nil,
		"joined alone":              {joined},
		"an app is missing":         {joined, web},
		"said before it had joined": {web, api, joined},
		"another process":           {other, web, api},
		"all, but it listens not":   {joined, web, api},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 3*successorPace)
		if err := s.serves(ctx, log, events.Position{}, apps); err == nil || !strings.Contains(err.Error(), "does not serve") {
			t.Errorf("%s: %v", name, err)
		}
		cancel()
	}
	close(s.open)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := s.serves(ctx, spoken{joined, web, api}, events.Position{}, apps); err != nil {
		t.Error(err)
	}
	s.kill()
	if err := s.serves(ctx, spoken{joined, web}, events.Position{}, apps); err == nil || !strings.Contains(err.Error(), "ended") {
		t.Errorf("of a dead one: %v", err)
	}
	if err := own(lock); err != nil {
		t.Errorf("the folder is still this process's: %v", err)
	}
}

// sleeper is a successor that does nothing but hold what it was passed.
func sleeper(t *testing.T) (*successor, *os.File) {
	t.Helper()
	dir := t.TempDir()
	held, err := lock(dir, "gateway", slotPart("gw1-a"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(held.release)
	script := filepath.Join(dir, "sleeper")
	if err := os.WriteFile(script, []byte("#!/bin/sh\nexec sleep 600\n"), 0o700); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	s, err := beget(program{path: script}, "gw1-b", nil, held.gateway())
	if err != nil {
		t.Fatal(err)
	}
	return s, held.gateway()
}

// The gateway's part of a data folder has an owner at every moment of a handing over:
// the lock is the successor's as soon as it has started.
func TestTheFolderOfAGatewayIsNeverNobodys(t *testing.T) {
	dir := t.TempDir()
	c := RunConfig{Data: dir, ID: "gw1-a"}
	first, err := c.own([]string{"gateway"}, inherited{})
	if err != nil {
		t.Fatal(err)
	}
	defer first.release()
	if slotFree(dir, "gw1-a") || !slotFree(dir, "gw1-b") {
		t.Error("the slots are not as they are taken")
	}
	copied, err := unix.FcntlInt(first.gateway().Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	c.ID = "gw1-b"
	next, err := c.own([]string{"gateway"}, inherited{lock: os.NewFile(uintptr(copied), nameLock)})
	if err != nil {
		t.Fatal(err)
	}
	first.release()
	if _, err := lock(dir, "gateway"); code(err) != "SLW-C006" {
		t.Errorf("somebody else has it: %v", err)
	}
	if !slotFree(dir, "gw1-a") {
		t.Error("the slot of who has left is taken")
	}
	next.release()
	last, err := lock(dir, "gateway")
	if err != nil {
		t.Errorf("nobody's, and not to be had: %v", err)
	}
	last.release()
}

// A successor says one word when it listens; one that ends without it has not.
func TestASuccessorSaysWhenItListens(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	run := &runner{door: newDoor("127.0.0.1:0", nil)}
	run.inherits(inherited{heir: w})
	if !run.door.heir {
		t.Error("it does not know of its predecessor")
	}
	run.door.opened()
	if b, err := io.ReadAll(r); err != nil || len(b) != 1 {
		t.Errorf("%v %v", b, err)
	}
	if _, err := w.Write([]byte{1}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("the pipe stays open: %v", err)
	}
}
