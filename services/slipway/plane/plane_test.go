package plane

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/pkg/wait"
	"slipway.dev/services/slipway/fault"
)

func code(err error) string {
	var f *fault.Fault
	if errors.As(err, &f) {
		return f.Code
	}
	return ""
}

func TestADataFolderHasOneOwnerForEachPart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	first, err := lock(dir, "node", "gateway")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock(dir, "bus", "gateway"); code(err) != "SLW-C006" || !strings.Contains(err.Error(), strconv.Itoa(os.Getpid())) {
		t.Errorf("a part twice: %v", err)
	}
	other, err := lock(dir, "bus") // what was refused above holds nothing
	if err != nil {
		t.Fatal(err)
	}
	other.release()
	first.release()
	again, err := lock(dir, "node")
	if err != nil {
		t.Fatal(err)
	}
	again.release()
}

// A process killed while it started a workload: the workload has the locks until it is
// the program it is to be, and the next start waits for that, but not for ever.
func TestADeadOwnersLocksAreWaitedFor(t *testing.T) {
	dir := t.TempDir()
	dead := exec.Command("true")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	orphan := func() locks {
		t.Helper()
		l, err := lock(dir, "bus")
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, "bus.lock"), []byte(strconv.Itoa(dead.Process.Pid)), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	held := orphan()
	time.AfterFunc(orphanWait/10, held.release)
	next, err := lock(dir, "bus")
	if err != nil {
		t.Fatal(err)
	}
	next.release()
	held = orphan()
	defer held.release()
	if _, err := lock(dir, "bus"); code(err) != "SLW-C006" {
		t.Errorf("held for ever: %v", err)
	}
}

func TestNamesOfRun(t *testing.T) {
	for _, c := range []struct {
		names, want []string
		code, fix   string
	}{
		{names: []string{"node", "gateway"}, want: []string{"node", "gateway"}},
		{names: []string{"all"}, want: []string{"all", "registry", "deployer", "metrics"}},
		{names: []string{"gatway"}, code: "SLW-U002", fix: "slipway run gateway"},
		{names: []string{"scaler"}, code: "SLW-U002"},
		{names: nil, code: "SLW-U002"},
	} {
		got, err := chosen(c.names)
		if !slices.Equal(got, c.want) || code(err) != c.code {
			t.Errorf("%v: %v, %v", c.names, got, err)
		}
		if c.fix != "" && !slices.Contains(fault.Of(err).Fix, c.fix) {
			t.Errorf("%v: fix %v", c.names, fault.Of(err).Fix)
		}
	}
}

func TestDevRefusesWhatIsForNetworks(t *testing.T) {
	well := DevConfig{Data: "x", Listen: "0.0.0.0:8080", NATS: "127.0.0.1:0", UI: "localhost:0", Metrics: "[::1]:0", Alerting: Off, Context: "dev"}
	if err := well.check(); err != nil || well.Context != "slipway-dev" {
		t.Errorf("%v, context %s", err, well.Context)
	}
	for name, change := range map[string]func(*DevConfig){
		"nats":     func(c *DevConfig) { c.NATS = "0.0.0.0:4222" },
		"ui":       func(c *DevConfig) { c.UI = "192.0.2.1:80" },
		"expose":   func(c *DevConfig) { c.Expose = true },
		"listen":   func(c *DevConfig) { c.Listen = Off },
		"metrics":  func(c *DevConfig) { c.Metrics = "127.0.0.1" },
		"alerting": func(c *DevConfig) { c.Alerting = "127.0.0.1:70000" },
	} {
		bad := well
		change(&bad)
		if err := bad.check(); code(err) != "SLW-U002" || !strings.Contains(err.Error(), "--"+name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestASupervisorHearsReadyStoppingAndTheWatchdog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	hear := func() string {
		t.Helper()
		socket.SetReadDeadline(time.Now().Add(5 * time.Second))
		b := make([]byte, 64)
		n, err := socket.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		return string(b[:n])
	}
	s := supervisorOf(func(name string) string {
		return map[string]string{"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "20000"}[name]
	})
	if err := s.tell("READY=1"); err != nil || hear() != "READY=1" {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	defer end()
	b := newBeats()
	turning, done := context.WithCancel(ctx)
	go func() {
		for turning.Err() == nil {
			b.beat("registry", events.Position{})
			wait.For(turning, time.Millisecond)
		}
	}()
	go s.pet(ctx, b)
	if got := hear(); got != "WATCHDOG=1" {
		t.Fatalf("heard %q", got)
	}
	done()
	for b.still(s.watchdog) == "" { // the loop stands still now
		time.Sleep(time.Millisecond)
	}
	for heard := true; heard; { // what was said before
		socket.SetReadDeadline(time.Now().Add(3 * s.watchdog))
		_, err := socket.Read(make([]byte, 64))
		heard = err == nil
	}
	if supervisorOf(func(string) string { return "" }).tell("READY=1") != nil {
		t.Error("without a supervisor there is nobody to tell")
	}
}

func TestAParticipantIsStartedAgainUntilNothingMends(t *testing.T) {
	tries := 0
	p := part{name: "registry", log: zerolog.Nop(), run: func(context.Context, func()) error {
		if tries++; tries == 1 {
			return errors.New("once")
		}
		return service.ErrNewerLog
	}}
	if err := p.keep(t.Context(), func() {}); code(err) != "SLW-C008" || tries != 2 {
		t.Errorf("%v after %d tries", err, tries)
	}
}

func TestASnapshotComesBackAsItWas(t *testing.T) {
	k := fileKeeper(filepath.Join(t.TempDir(), "node", "snapshot"))
	s := newSaver(k, zerolog.Nop())
	s.offer([]byte("old"))
	s.offer([]byte("new"))
	s.close()
	if b, err := k.load(t.Context()); err != nil || string(b) != "new" {
		t.Errorf("%q, %v", b, err)
	}
}

func TestFiltersOfLeases(t *testing.T) {
	for _, c := range []struct {
		filter, subject string
		want            bool
	}{
		{"slipway.lease.node.*", "slipway.lease.node.n1", true},
		{"slipway.lease.node.*", "slipway.lease.gateway.gw1-a", false},
		{"slipway.lease.node.*", "slipway.lease.node", false},
		{"slipway.lease.node.*", "slipway.lease.node.a.b", false},
		{"slipway.lease.>", "slipway.lease.endpoint.web.x", true},
		{"slipway.lease.>", "slipway.lease", false},
	} {
		if got := matches(c.filter, c.subject); got != c.want {
			t.Errorf("%s over %s: %v", c.filter, c.subject, got)
		}
	}
}
