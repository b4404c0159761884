package e2e

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

var loss = regexp.MustCompile(`measured (\d+) of (\d+) requests failed`)

// make run: everything starts, an app is deployed, its version is replaced twice
// under load, the loss is told, and it stays until it is ended.
func TestDemo(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := New(t)
	_, here, _, _ := runtime.Caller(0)
	root := filepath.Join(filepath.Dir(here), "..", "..", "..")
	var out lockedBuffer
	flags := DevFlags(filepath.Join(p.Dir, "data"))[1:]
	cmd := exec.Command(p.binary, append([]string{"demo", "examples/hello/app.yaml"}, flags...)...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = root, p.env, &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	Await(t, 2*time.Minute, "the loss to be told", func() bool {
		select {
		case err := <-ended:
			t.Fatalf("it ended: %v\n%s", err, out.String())
		default:
		}
		return strings.Contains(out.String(), "Ctrl-C ends everything")
	})
	found := loss.FindStringSubmatch(out.String())
	if found == nil || found[1] != "0" || found[2] == "0" {
		t.Errorf("the loss:\n%s", out.String())
	}
	cmd.Process.Signal(syscall.SIGINT)
	select {
	case <-ended:
	case <-time.After(readyWait):
		t.Fatal("it does not end")
	}
	if code := cmd.ProcessState.ExitCode(); code != 0 || len(p.Workloads()) > 0 {
		t.Errorf("code %d, workloads %v", code, p.Workloads())
	}
}
