package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// interface-17: without a deployer deploy says so within 6 s, the wish stays, and
// once a deployer is there the deploy ends normally.
func TestADeployWithoutADeployer(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := Start(t, Apart())
	p.Process("control").Kill()
	file := filepath.Join(p.Dir, "app.yaml")
	if err := os.WriteFile(file, []byte(Example("web", "v1", "rolling", "")), 0o600); err != nil {
		t.Fatal(err)
	}
	var words, out lockedBuffer
	cmd := exec.Command(p.binary, "deploy", "-y", "--progress", "plain", file)
	cmd.Env, cmd.Stderr, cmd.Stdout = p.env, &words, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	Await(t, 30*time.Second, "deploy to say that nobody answers", func() bool {
		return strings.Contains(words.String(), "no deployer is alive")
	})
	p.Process("control").Start()
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Fatalf("it does not end: %s", words.String())
	}
	if cmd.ProcessState.ExitCode() != 0 || !strings.Contains(out.String(), "web release 1") {
		t.Errorf("code %d\n%s%s", cmd.ProcessState.ExitCode(), out.String(), words.String())
	}
}

// interface-17: also when the person had gone meanwhile.
func TestAWishOutlivesThePersonAndTheDeployer(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := Start(t, Apart())
	p.Process("control").Kill()
	before := p.Declare(Example("web", "v1", "rolling", ""))
	p.Process("control").Start()
	p.Log.Await(before, 30*time.Second, "the wish to be answered", Is("web", "release", "completed"))
	if r := p.Slipway("status", "web", "--wait"); r.Code != 0 || !strings.Contains(r.Stdout, "healthy") {
		t.Errorf("%+v", r)
	}
}
