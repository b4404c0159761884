package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
	"slipway.dev/services/slipway/e2e"
)

// person types commands at a Slipway that runs.
type person struct {
	*e2e.Plane
	t testing.TB
}

func at(t testing.TB, opts ...e2e.Option) person { return person{e2e.Start(t, opts...), t} }

// file writes an app file and returns its name.
func (p person) file(name, text string) string {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.Dir, name), []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
	return name
}

// does runs a verb that must end with a code.
func (p person) does(code int, args ...string) e2e.Result {
	p.t.Helper()
	r := p.Slipway(args...)
	if r.Code != code {
		p.t.Fatalf("slipway %s: code %d, want %d\n%s%s", strings.Join(args, " "), r.Code, code, r.Stdout, r.Stderr)
	}
	return r
}

// answer is a document of the command line, as far as tests look at it.
type answer struct {
	Kind  string
	Seq   uint64
	Items []map[string]any
	Error *struct {
		Code, Message, State string
		Exit                 int
		Why, Logs, Fix       []string
	}
}

// asks runs a verb with -o json and reads its document; its exit is the process's.
func (p person) asks(code int, args ...string) answer {
	p.t.Helper()
	r := p.does(code, append(args, "-o", "json")...)
	var a answer
	if err := json.Unmarshal([]byte(r.Stdout), &a); err != nil || strings.Count(r.Stdout, "\n") != 1 {
		p.t.Fatalf("slipway %s: %v\n%s", strings.Join(args, " "), err, r.Stdout)
	}
	fits(p.t, a.Kind, r.Stdout)
	e2e.Await(p.t, 20*time.Second, "the test to have read what the verb has", func() bool { return p.Log.Head().Seq >= a.Seq })
	if a.Error != nil && a.Error.Exit != code || a.Error == nil && code != 0 && code != 10 {
		p.t.Fatalf("slipway %s: the process ends with %d, the document says %+v", strings.Join(args, " "), code, a.Error)
	}
	return a
}

// wishes counts what was wished so far.
func (p person) wishes() (n int) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 10*time.Second)
	defer cancel()
	_ = p.Log.Bus.Wishes(ctx, events.Position{}, nil, service.Reader{ // ends with ctx
		Deliver:  func(service.Message) error { n++; return nil },
		CaughtUp: cancel,
	})
	return n
}

// facts counts what was said about an app's declarations.
func (p person) facts(app string) int {
	return len(p.Log.All(func(e events.Event) bool { return e.App == app && e.Kind.Entity == "app" }))
}

// started runs a verb in the background.
type started struct {
	cmd         *exec.Cmd
	out, words  shared
	done        chan struct{}
	description string
}

func (p person) starts(args ...string) *started {
	p.t.Helper()
	s := &started{cmd: exec.Command(e2e.Binary(p.t), args...), done: make(chan struct{}), description: strings.Join(args, " ")}
	s.cmd.Env = append(os.Environ(), "HOME="+p.Dir, "XDG_CONFIG_HOME="+filepath.Join(p.Dir, "config"))
	s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = p.Dir, &s.out, &s.words
	if err := s.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	go func() {
		_ = s.cmd.Wait()
		close(s.done)
	}()
	return s
}

// ends waits for it and compares its code.
func (s *started) ends(t testing.TB, code int, within time.Duration) {
	t.Helper()
	select {
	case <-s.done:
	case <-time.After(within):
		_ = s.cmd.Process.Kill()
		<-s.done
		t.Fatalf("slipway %s has not ended within %s\n%s", s.description, within, s.words.String())
	}
	if got := s.cmd.ProcessState.ExitCode(); got != code {
		t.Fatalf("slipway %s: code %d, want %d\n%s", s.description, got, code, s.words.String())
	}
}

// until waits for words on stdout.
func (s *started) until(t testing.TB, words string) {
	t.Helper()
	e2e.Await(t, 20*time.Second, words, func() bool { return strings.Contains(s.out.String(), words) })
}

// shared is written by a process while a test reads it.
type shared struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write is io.Writer's.
func (s *shared) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *shared) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func (s *started) interrupt(t testing.TB) {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
}

// get asks a URL, whatever its host resolves to here, at the gateway.
func (p person) get(url string) (int, error) {
	gateway := strings.TrimPrefix(p.Gateway, "http://")
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, gateway)
	}}}
	r, err := client.Get(url)
	if err != nil {
		return 0, err
	}
	return r.StatusCode, r.Body.Close()
}

// never is a release of an app that never gets ready: it says something and ends.
func never(name string) string {
	return "name: " + name + "\nversion: bad\ncommand: [/bin/sh, -c, \"echo booting; echo 'panic: nil price table'; exit 3\"]\n" +
		"replicas: 2\nports: { http: {} }\nresources: { cpu: 10m, memory: 16Mi }\nhealth: { minReady: 0s }\n" +
		"restart: { backoff: { min: 100ms, max: 100ms }, giveUp: { failures: 1 } }\n" +
		"deploy: { deadline: 4s, keep: { warm: 0 } }\n"
}

// slow is a release that takes its time to be ready.
func slow(name, version string, start time.Duration) string {
	return "name: " + name + "\nversion: " + version + "\ncommand: [slipway, example, http, --version, " + version + fmt.Sprintf(", --start-delay, %s]\n", start) +
		"replicas: 1\nports: { http: {} }\nresources: { cpu: 10m, memory: 16Mi }\n" +
		"health: { ready: { http: /healthz, interval: 100ms, rise: 1 }, startup: 60s, minReady: 0s }\n" +
		"deploy: { keep: { warm: 0 } }\n"
}
