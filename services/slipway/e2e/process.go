package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Process is one process of the binary, which may be ended and started again.
type Process struct {
	Name  string
	Ready map[string]any // its ready file, of the last start

	t         testing.TB
	binary    string
	args      []string
	env       []string
	readyFile string // empty: none is asked for
	output    lockedBuffer
	passed    []*os.File // from descriptor 3 on
	shared    *os.File   // of output, where processes that it starts write too; nil: output alone

	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
}

// readyWait is how long a process may take to be ready: five times the promise.
const readyWait = 25 * time.Second

// Start starts it and waits until its ready file is there.
func (p *Process) Start() {
	p.t.Helper()
	p.Launch()
	Await(p.t, readyWait, p.Name+" to be ready", func() bool {
		select {
		case <-p.done:
			p.t.Fatalf("%s ended before it was ready, code %d\n%s", p.Name, p.cmd.ProcessState.ExitCode(), p.Output())
		default:
		}
		return p.readReady()
	})
}

// readReady reads the ready file, if it is there.
func (p *Process) readReady() bool {
	p.t.Helper()
	b, err := os.ReadFile(p.readyFile)
	if err != nil {
		return false
	}
	p.Ready = nil
	if err := json.Unmarshal(b, &p.Ready); err != nil {
		p.t.Fatalf("half a ready file: %q", b)
	}
	return true
}

// Launch starts it and does not wait.
func (p *Process) Launch() {
	p.t.Helper()
	args := p.args
	if p.readyFile != "" {
		os.Remove(p.readyFile)
		args = append(args, "--ready-file", p.readyFile)
	}
	p.cmd = exec.Command(p.binary, args...)
	p.cmd.Env, p.cmd.Stderr, p.cmd.Stdout = p.env, &p.output, &p.output
	p.cmd.ExtraFiles = p.passed
	if p.shared != nil {
		p.cmd.Stderr, p.cmd.Stdout = p.shared, p.shared
	}
	if err := p.cmd.Start(); err != nil {
		p.t.Fatalf("start %s: %v", p.Name, err)
	}
	p.done = make(chan struct{})
	go func(cmd *exec.Cmd, done chan struct{}) {
		cmd.Wait()
		close(done)
	}(p.cmd, p.done)
}

// Running tells whether it has not ended.
func (p *Process) Running() bool {
	select {
	case <-p.done:
		return false
	default:
		return p.cmd != nil
	}
}

// Pid is its process id.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Kill ends it as a crash does, and waits until it is gone.
func (p *Process) Kill() {
	p.t.Helper()
	p.Signal(syscall.SIGKILL)
	<-p.done
}

// Stop ends it as an operator does; it returns its exit code and how long it took.
func (p *Process) Stop() (code int, took time.Duration) {
	p.t.Helper()
	began := time.Now()
	p.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(readyWait):
		p.t.Fatalf("%s does not end\n%s", p.Name, p.Output())
	}
	return p.cmd.ProcessState.ExitCode(), time.Since(began)
}

// Signal sends a signal; one that has ended already is no failure.
func (p *Process) Signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Fatalf("signal %s: %v", p.Name, err)
	}
}

// Output is what it has written.
func (p *Process) Output() string {
	if p.shared == nil {
		return p.output.String()
	}
	words, err := os.ReadFile(p.shared.Name())
	if err != nil {
		return err.Error()
	}
	return string(words)
}

func (p *Process) end() {
	if p.cmd == nil || !p.Running() {
		return
	}
	p.cmd.Process.Kill()
	<-p.done
}

// lockedBuffer is written by a process while a test reads it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write is io.Writer's.
func (l *lockedBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Await polls until ok or fails the test.
func Await(t testing.TB, within time.Duration, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(within); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(fmt.Sprintf("waited %s for %s", within, what))
		}
	}
}
