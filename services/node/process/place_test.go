package process

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"slipway.dev/services/node/driver"
)

func TestAWorkloadGetsItsOwnEnvironmentOnly(t *testing.T) {
	t.Setenv("AGENT_SECRET", "must not leak")
	d := fresh(t)
	s := spec("web-7-a1", "env", "wait")
	s.Env = map[string]string{"COLOR": "blue", "SLIPWAY_NODE": "forged"}
	http, admin := freePort(t), freePort(t)
	s.Ports = map[string]int{"http": http, "admin-api": admin}
	start(t, d, s)
	var got string
	eventually(t, "the last variable was printed", func() bool {
		got = strings.TrimSpace(logOf(d, s.ID, "stdout"))
		return strings.HasSuffix(got, "SLIPWAY_VERSION=2.4.1")
	})
	want := strings.Join([]string{
		"COLOR=blue", "HOME=" + d.folder(s.ID).work(), "PATH=" + searchPath,
		fmt.Sprint("PORT=", http), fmt.Sprint("PORT_ADMIN_API=", admin), fmt.Sprint("PORT_HTTP=", http),
		"SLIPWAY_APP=web", "SLIPWAY_INSTANCE=web-7-a1", "SLIPWAY_NODE=n1", "SLIPWAY_RELEASE=7", "SLIPWAY_VERSION=2.4.1",
	}, "\n")
	if got != want {
		t.Fatalf("environment:\n%s\nwant:\n%s", got, want)
	}
	// A workload may read its parent's environment.
	if b, err := os.ReadFile("/proc/" + strconv.Itoa(keeperOf(t, d, s.ID)) + "/environ"); err != nil || len(b) > 0 {
		t.Fatalf("environment of the keeper: %q, %v", b, err)
	}
}

func TestPortIsThatOfHTTPElseTheFirstByName(t *testing.T) {
	for want, ports := range map[string]map[string]int{
		"http": {"admin": 1, "http": 2},
		"a":    {"b": 1, "a": 2},
		"":     {},
	} {
		if got := mainPort(ports); got != want {
			t.Errorf("main port of %v is %q, want %q", ports, got, want)
		}
	}
}

func TestAWorkloadIsConfined(t *testing.T) {
	d := fresh(t)
	s := spec("web-7-a1", "limits", "exit=0")
	s.Limits.Files = 256
	ends := watch(t, d)
	start(t, d, s)
	next(t, ends, 5*time.Second)
	out := strings.Join(strings.Fields(logOf(d, s.ID, "stdout")), " ")
	for _, want := range []string{"Max open files 256 256", "Max core file size 0 0", "NoNewPrivs: 1", "Umask: 0022"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in %s", want, out)
		}
	}
}

func TestAnotherUserRunsTheWorkloadAndOwnsItsDirectory(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: only a root agent can start workloads of another user")
	}
	strictUmask(t)
	dir, err := os.MkdirTemp("", "slipway") // t.TempDir lies in a directory other users cannot reach
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	d := newDriver(t, dir)
	t.Cleanup(func() { stopAll(t, d) })
	s := spec("web-7-a1")
	s.Command = []string{"/bin/sh", "-c", "id -u; id -G; cat conf/a; echo mine > own && cat own; echo again > /dev/stderr"}
	s.User = "1234:4321"
	s.Files = []driver.File{{Path: "conf/a", Content: "declared", Mode: 0o400}}
	ends := watch(t, d)
	start(t, d, s)
	e := next(t, ends, 5*time.Second)
	if got := strings.Join(strings.Fields(strings.Join(e.Tail, " ")), " "); e.Code != 0 || got != "1234 4321 declaredmine again" {
		t.Fatalf("ended: %+v: %s", e, got)
	}
}

// strictUmask is that of the unit of deployments/single, under which an agent runs.
func strictUmask(t *testing.T) {
	t.Helper()
	was := syscall.Umask(0o077)
	t.Cleanup(func() { syscall.Umask(was) })
}

func TestDeclaredFilesAreWrittenBelowTheWorkdir(t *testing.T) {
	d := fresh(t)
	s := spec("web-7-a1", "cat=etc/app.toml", "exit=0")
	s.Workdir = "sub"
	s.Files = []driver.File{{Path: "etc/app.toml", Content: "workers = 4"}}
	ends := watch(t, d)
	start(t, d, s)
	if e := next(t, ends, 5*time.Second); !contains(e.Tail, "workers = 4") {
		t.Fatalf("ended: %+v", e)
	}
	info, err := os.Stat(d.folder(s.ID).path("work/sub/etc/app.toml"))
	if err != nil || info.Mode().Perm() != 0o444 {
		t.Fatalf("mode: %v, %v", info, err)
	}
}

func TestStatIsReadFromTheLastBracket(t *testing.T) {
	const line = "42 (a) b (c)) S 7 42 40 0 -1 4194304 1 0 0 0 3 4 20 100 20 0 5 0 987654 1000 321 18446744073709551615"
	s, err := parseStat([]byte(line))
	if err != nil || s != (stat{State: 'S', Parent: 7, Group: 42, Session: 40, Start: 987654, Pages: 321, Own: 7, Waited: 120}) {
		t.Fatalf("%+v, %v", s, err)
	}
	for _, bad := range []string{"", "42 (x) S 1", "no bracket"} {
		if _, err := parseStat([]byte(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}
