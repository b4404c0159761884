package process

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"slipway.dev/services/node/driver"
)

// The test binary is the keeper and the workload too, told apart by its first argument.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "keep":
			os.Exit(Keep(os.Args[2:]))
		case "workload":
			workload(os.Args[2:])
			os.Exit(0)
		}
	}
	os.Exit(m.Run())
}

// workload does the words of its command line one after the other.
func workload(words []string) {
	for _, w := range words {
		word, arg, _ := strings.Cut(w, "=")
		n, _ := strconv.Atoi(arg)
		switch word {
		case "say":
			fmt.Println(arg)
		case "warn":
			fmt.Fprintln(os.Stderr, arg)
		case "write":
			os.WriteFile(arg, []byte(strconv.Itoa(os.Getpid())), 0o644)
		case "lines":
			for i := range n {
				fmt.Println("line", i, strings.Repeat("x", 90))
			}
		case "env":
			fmt.Println(strings.Join(os.Environ(), "\n"))
		case "cat":
			b, _ := os.ReadFile(arg)
			fmt.Println(string(b))
		case "limits":
			b, _ := os.ReadFile("/proc/self/limits")
			s, _ := os.ReadFile("/proc/self/status")
			fmt.Println(string(b) + string(s))
		case "exit":
			os.Exit(n)
		case "deaf":
			signal.Ignore(syscall.SIGTERM)
		case "polite":
			c := make(chan os.Signal, 1)
			signal.Notify(c, syscall.SIGTERM)
			go func() { <-c; fmt.Println("goodbye"); os.Exit(n) }()
		case "fork":
			cmd := exec.Command("/proc/self/exe", "workload", "deaf", "write="+arg, "wait")
			cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // out of the group: only a subreaper still finds it
			cmd.Stdout = os.Stdout
			if err := cmd.Start(); err != nil {
				panic(err)
			}
		case "burn":
			burn(time.Duration(n) * time.Millisecond)
		case "childless":
			signal.Ignore(syscall.SIGCHLD)
		case "breed":
			for range n {
				child("burn=50").Wait()
			}
		case "orphans":
			for i := range n {
				mark := "orphan-" + strconv.Itoa(i)
				child("leave=" + mark).Wait()
				for { // its own child is nobody's it could wait for
					if _, err := os.Stat(mark); err == nil {
						break
					}
					time.Sleep(5 * time.Millisecond)
				}
			}
		case "leave":
			child("burn=50", "write="+arg)
		case "memory":
			b := make([]byte, n<<20)
			for i := 0; i < len(b); i += 4096 {
				b[i] = 1
			}
			defer func() { _ = b[0] }()
		case "serve":
			go serve()
		case "listen":
			if _, err := net.Listen("tcp", "127.0.0.1:"+os.Getenv("PORT")); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
		case "wait":
			select {}
		case "sleep":
			time.Sleep(time.Duration(n) * time.Millisecond)
		}
	}
}

// child starts another workload.
func child(words ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", append([]string{"workload"}, words...)...)
	if err := cmd.Start(); err != nil {
		panic(err)
	}
	return cmd
}

// burn uses so much processor time.
func burn(d time.Duration) {
	used := func() time.Duration {
		var u syscall.Rusage
		syscall.Getrusage(syscall.RUSAGE_SELF, &u)
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	for began := used(); used() < began+d; {
	}
}

func serve() {
	http.HandleFunc("/up", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "up") })
	http.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/sick", 302) })
	http.HandleFunc("/sick", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) })
	http.HandleFunc("/slow", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	if err := http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// newDriver makes a driver on dir, as an agent does at its start.
func newDriver(t *testing.T, dir string) *Driver {
	t.Helper()
	d, err := New(Config{Data: dir})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// fresh is a driver on a directory of its own; what it still runs at the end is stopped.
func fresh(t *testing.T) *Driver {
	t.Helper()
	d := newDriver(t, t.TempDir())
	t.Cleanup(func() { stopAll(t, d) })
	return d
}

func stopAll(t *testing.T, d *Driver) {
	all, err := d.List(context.Background())
	if err != nil {
		t.Error(err)
	}
	for _, f := range all {
		if _, err := d.Stop(context.Background(), f.ID, driver.Stop{}); err != nil {
			t.Error(err)
		}
	}
}

// spec runs the words as a workload without an artifact.
func spec(id string, words ...string) driver.Spec {
	return driver.Spec{
		ID: id, Try: 1, App: "web", Release: 7, Version: "2.4.1", Node: "n1",
		Command: append([]string{self, "workload"}, words...),
	}
}

func start(t *testing.T, d *Driver, s driver.Spec) driver.Running {
	t.Helper()
	r, err := d.Start(t.Context(), s)
	if err != nil {
		t.Fatalf("start %s: %v", s.ID, err)
	}
	return r
}

// watch hands over the ends a driver tells.
func watch(t *testing.T, d *Driver) <-chan driver.Ended {
	t.Helper()
	ends := make(chan driver.Ended, 16)
	go d.Watch(t.Context(), func(e driver.Ended) { ends <- e })
	return ends
}

func next(t *testing.T, ends <-chan driver.Ended, within time.Duration) driver.Ended {
	t.Helper()
	select {
	case e := <-ends:
		return e
	case <-time.After(within):
		t.Fatalf("no end was told within %s", within)
		return driver.Ended{}
	}
}

// eventually polls until ok, and fails after ten seconds with what it waited for.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(pace) {
		if time.Now().After(deadline) {
			t.Fatalf("still not: %s", what)
		}
	}
}

// written waits for a file that holds a pid.
func written(t *testing.T, path string) (pid int) {
	t.Helper()
	eventually(t, path+" is written", func() bool {
		b, _ := os.ReadFile(path)
		pid, _ = strconv.Atoi(string(b))
		return pid > 0
	})
	return pid
}

func runs(pid int) bool {
	s, err := readStat(pid)
	return err == nil && !s.dead()
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// artifact makes one of bytes, and a source that has it.
func artifact(name string, b []byte) (driver.Artifact, Fetcher) {
	sum := sha256.Sum256(b)
	a := driver.Artifact{SHA256: hex.EncodeToString(sum[:]), SizeBytes: int64(len(b)), Name: name}
	return a, func(_ context.Context, digest string) (io.ReadCloser, error) {
		if digest != a.SHA256 {
			return nil, driver.ErrAbsent
		}
		return io.NopCloser(bytes.NewReader(b)), nil
	}
}

func ownBytes(t *testing.T) []byte {
	t.Helper()
	b, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func contains(lines []string, part string) bool {
	for _, l := range lines {
		if strings.Contains(l, part) {
			return true
		}
	}
	return false
}

func logOf(d *Driver, id, stream string) string {
	b, _ := os.ReadFile(filepath.Join(string(d.folder(id)), stream+".log"))
	return string(b)
}
