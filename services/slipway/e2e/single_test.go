package e2e

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"slipway.dev/services/slipway/load"
)

const (
	singleFolder    = checkout + "/deployments/single"
	installed       = "/usr/local/bin/slipway" // in the units
	watchdogForTest = 3 * time.Second          // in place of WatchdogSec: several rounds fit a test
)

// singleParts are the units that slipway.target wants, the bus first.
var singleParts = []string{"bus", "registry", "deployer", "metrics", "node", "gateway"}

// The units are as systemd wants them.
func TestUnitsOfSingleAreVerified(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("no systemd-analyze: .ci/run installs it")
		}
		t.Skip("no systemd-analyze")
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(singleFolder)); err != nil {
		t.Fatal(err)
	}
	// It asks whether the program is there.
	template := filepath.Join(dir, "slipway@.service")
	words, err := os.ReadFile(template)
	if err != nil {
		t.Fatal(err)
	}
	words = []byte(strings.ReplaceAll(string(words), installed, "/bin/true"))
	if err := os.WriteFile(template, words, 0o600); err != nil {
		t.Fatal(err)
	}
	units := []string{"slipway.target"}
	for _, name := range singleParts {
		units = append(units, "slipway@"+name+".service")
	}
	verify := exec.Command(analyze, append([]string{"verify", "--man=no"}, units...)...)
	verify.Env = append(os.Environ(), "SYSTEMD_UNIT_PATH="+dir+":")
	if out, err := verify.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}

// What the target wants is what the units start: one data folder, each part ready
// when it says so, alive as often as asked, and gone after TERM without a word of
// failure. Workloads live on: the node is alone in being killed by itself.
func TestTheUnitsOfSingleStartASlipwayAndStopIt(t *testing.T) {
	p := New(t)
	p.lasts()
	nats, way := p.freePort(), p.freePort()
	p.NATS, p.Gateway = "nats://"+nats, "http://"+way
	more := []string{"SLIPWAY_NATS=" + nats, "SLIPWAY_LISTEN=" + way, "SLIPWAY_DEFAULT_DOMAIN=localhost", "SLIPWAY_STORE_MAX=1073741824"}
	heard := map[string]*supervisor{}
	for _, name := range singleParts {
		u := readUnit(t, name)
		heard[name] = supervise(t)
		p.startUnit(u, name, append(more, "STATE_DIRECTORY="+filepath.Join(p.Dir, "state"), "NOTIFY_SOCKET="+heard[name].path, "WATCHDOG_USEC="+strconv.FormatInt(watchdogForTest.Microseconds(), 10)))
	}
	for _, name := range singleParts {
		Await(t, readyWait, name+" to say READY", func() bool { return heard[name].times("READY=1") == 1 })
	}
	p.Log = p.follow()
	p.MustDeploy(Example("web", "v1", "rolling", ""), 30*time.Second)
	requests := p.Load(load.Config{Host: "web.localhost", Rate: 50})
	Await(t, 10*time.Second, "v1 to answer", func() bool { return requests.Counts().Answers["v1"] > 20 })
	Lossless(t, requests.Stop())
	// Idle for longer than the watchdog waits: three words, two a round.
	before := map[string]int{}
	for _, name := range singleParts {
		before[name] = heard[name].times("WATCHDOG=1")
	}
	for _, name := range singleParts {
		Await(t, 5*watchdogForTest, name+" to say WATCHDOG, idle", func() bool { return heard[name].times("WATCHDOG=1") >= before[name]+3 })
	}
	for i := range singleParts {
		name := singleParts[len(singleParts)-1-i]
		if code, took := p.Process(name).Stop(); code != 0 || took > stopPromise {
			t.Errorf("%s: code %d after %s", name, code, took)
		}
		Await(t, readyWait, name+" to say STOPPING", func() bool { return heard[name].times("STOPPING=1") == 1 })
	}
	if u := readUnit(t, "node"); u["KillMode"] != "process" || len(p.Workloads()) != 2 {
		t.Errorf("KillMode %q, workloads %v", u["KillMode"], p.Workloads())
	}
}

// startUnit starts what a unit starts, in systemd's environment.
func (p *Plane) startUnit(u map[string]string, name string, env []string) {
	p.t.Helper()
	words := strings.Fields(strings.ReplaceAll(u["ExecStart"], "%i", name))
	if len(words) < 2 || words[0] != installed {
		p.t.Fatalf("ExecStart=%s", u["ExecStart"])
	}
	x := p.Add(name, words[1:]...)
	x.readyFile = ""
	x.env = append(append(append([]string{}, x.env...), u["Environment"]), env...)
	x.Launch()
}

// readUnit is an instance of the template with its drop-ins, the last word on each
// setting.
func readUnit(t *testing.T, name string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(singleFolder, "slipway@"+name+".service.d", "*.conf"))
	if err != nil {
		t.Fatal(err)
	}
	u := map[string]string{}
	for _, path := range append([]string{filepath.Join(singleFolder, "slipway@.service")}, files...) {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if key, value, ok := strings.Cut(lines.Text(), "="); ok && !strings.HasPrefix(key, "#") {
				u[key] = value
			}
		}
	}
	return u
}

// supervisor is systemd's end of sd_notify.
type supervisor struct {
	path string

	mu    sync.Mutex
	heard map[string]int
}

func supervise(t *testing.T) *supervisor {
	t.Helper()
	dir, err := os.MkdirTemp("", "notify-") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	s := &supervisor{path: filepath.Join(dir, "s"), heard: map[string]int{}}
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: s.path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	var done sync.WaitGroup
	done.Go(func() { s.listen(socket) })
	t.Cleanup(func() {
		socket.Close()
		done.Wait()
		os.RemoveAll(dir)
	})
	return s
}

func (s *supervisor) listen(socket *net.UnixConn) {
	for word := make([]byte, 256); ; {
		n, err := socket.Read(word)
		if err != nil {
			return
		}
		s.mu.Lock()
		s.heard[string(word[:n])]++
		s.mu.Unlock()
	}
}

// times is how often a word was heard.
func (s *supervisor) times(word string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.heard[word]
}
