package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/services/slipway/load"
)

const backupPage = checkout + "/docs/how-to/back-up-and-restore.md"

// typed in the how-to, as they stand there.
const (
	takeIt    = "slipway backup --to slipway.backup"
	restoreIt = "slipway restore slipway.backup --data restored"
	startIt   = "slipway dev --data restored"
)

// The machine is lost, with its data, while it was written to and served. What was
// backed up comes back from the file alone: the same state, byte for byte, and the
// apps serve.
func TestAClusterComesBackFromItsBackup(t *testing.T) {
	t.Parallel() // it waits most of its time
	page, err := os.ReadFile(backupPage)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{takeIt, restoreIt, startIt} {
		if !strings.Contains(string(page), "    "+line+"\n") {
			t.Fatalf("the how-to does not say %s", line)
		}
	}
	p := Start(t)
	p.MustDeploy(Example("web", "v1", "rolling", ""), 30*time.Second)
	requests := p.Load(load.Config{Host: "web.localhost", Rate: 50})
	Await(t, 10*time.Second, "v1 to answer", func() bool { return requests.Counts().Answers["v1"] > 20 })
	more := []string{"more1", "more2", "more3"}
	for _, name := range more { // under way while the backup is taken
		p.Declare(Example(name, "v1", "rolling", ""))
	}
	taken := p.backUp()
	at := "#" + strconv.FormatUint(taken.Seq, 10)
	p.Log.Await(events.Position{}, 30*time.Second, "an event behind the backup", func(e events.Event) bool { return e.Pos.Seq > taken.Seq })
	was := p.stateAt(at)
	Lossless(t, requests.Stop())

	p.Process("dev").Kill()
	p.endWorkloads()
	if err := os.RemoveAll(filepath.Join(p.Dir, "data")); err != nil {
		t.Fatal(err)
	}
	p.refusesDamage(filepath.Join(p.Dir, "slipway.backup"))
	if r := p.typed(restoreIt); r.Code != 0 || !strings.Contains(r.Stdout, "next   slipway dev --data "+filepath.Join(p.Dir, "restored")) {
		t.Fatalf("code %d %s%s", r.Code, r.Stdout, r.Stderr)
	}
	if r := p.typed(restoreIt); r.Code != 2 || !strings.Contains(r.Stderr, "SLW-U004") {
		t.Errorf("over a log: code %d %s", r.Code, r.Stderr)
	}

	dev := p.Add("restored", DevFlags(filepath.Join(p.Dir, "restored"))...)
	dev.Start()
	p.Gateway, p.NATS = dev.Ready["gateway"].(string), dev.Ready["nats"].(string)
	p.Log = p.follow()
	e := p.Log.Await(events.Position{}, 10*time.Second, "the restored log's first word", Is("", "cluster", "restored"))
	if e.Pos != (events.Position{Era: 2, Seq: taken.Seq + 1}) || e.Data.(events.ClusterRestored).Position != taken.Position {
		t.Errorf("%+v", e)
	}
	if is := p.stateAt(at); is != was {
		t.Errorf("at %s it was\n%s\nand is\n%s", at, was, is)
	}
	requests = p.Load(load.Config{Host: "web.localhost", Rate: 50})
	Await(t, 30*time.Second, "v1 to answer", func() bool { return requests.Counts().Answers["v1"] > 20 })
	requests.Stop()             // those before an instance was up may have failed
	for _, name := range more { // what was under way goes on, what was wished is answered
		p.Log.Await(events.Position{}, 60*time.Second, name+" to be released", Is(name, "release", "completed"))
	}
	p.MustDeploy(Example("web", "v2", "rolling", ""), 60*time.Second)
}

// A node and a gateway that served the log that was lost know of what the restored one
// does not: they end, stay away until they are told to begin anew, and then serve.
func TestWhoServedTheLostLogIsToldToBeginAnew(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := Start(t, Apart())
	p.MustDeploy(Example("web", "v1", "rolling", ""), 30*time.Second)
	p.backUp()
	p.MustDeploy(Example("web", "v2", "rolling", ""), 30*time.Second) // release 2 of the lost life
	p.Process("bus").Kill()
	if r := p.typed(restoreIt); r.Code != 0 || !strings.Contains(r.Stdout, "is refused until its folder is moved away") {
		t.Fatalf("code %d %s%s", r.Code, r.Stdout, r.Stderr)
	}
	nats := strings.TrimPrefix(p.NATS, "nats://")
	p.Add("bus again", "run", "bus", "--nats", nats, "--data", filepath.Join(p.Dir, "restored"), "--profile", "dev").Start()
	for _, name := range []string{"control", "node", "gateway"} {
		x := p.Process(name)
		Await(t, 30*time.Second, name+" to end", func() bool { return !x.Running() })
		if code := x.cmd.ProcessState.ExitCode(); code != 1 || !strings.Contains(x.Output(), "SLW-C010") {
			t.Errorf("%s: code %d\n%s", name, code, tail(x.Output()))
		}
	}
	p.Process("control").Start() // remembers nothing
	for _, name := range []string{"node", "gateway"} {
		x := p.Process(name)
		x.Launch()
		Await(t, 30*time.Second, name+" to be refused", func() bool { return !x.Running() })
		p.follows(x.Output())
		x.Start()
	}
	if len(p.Workloads()) > 2 {
		t.Errorf("workloads of two lives: %v", p.Workloads())
	}
	requests := p.Load(load.Config{Host: "web.localhost", Rate: 50})
	Await(t, 30*time.Second, "v1 to answer", func() bool { return requests.Counts().Answers["v1"] > 20 })
	if requests.Stop().Answers["v2"] > 0 {
		t.Error("release 2 of the lost life answers")
	}
}

// follows does what a refusal says.
func (p *Plane) follows(output string) {
	p.t.Helper()
	_, refusal, told := strings.Cut(output, "it was restored from a backup")
	if !told {
		p.t.Fatalf("it does not say why:\n%s", tail(output))
	}
	did := 0
	for line := range strings.Lines(refusal) {
		line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "fix"))
		if strings.HasPrefix(line, "pkill ") || strings.HasPrefix(line, "mv ") {
			did++
			if r := p.typed(line); r.Code != 0 {
				p.t.Errorf("%s: code %d %s", line, r.Code, r.Stderr)
			}
		}
	}
	if did == 0 {
		p.t.Fatalf("it does not say what to do:\n%s", tail(output))
	}
}

// taken is what backup says of itself.
type taken struct {
	Position string
	Seq      uint64
}

func (p *Plane) backUp() (b taken) {
	p.t.Helper()
	r := p.typed(takeIt + " -o json")
	if err := json.Unmarshal([]byte(r.Stdout), &b); err != nil || r.Code != 0 {
		p.t.Fatalf("code %d, %v: %s%s", r.Code, err, r.Stdout, r.Stderr)
	}
	return b
}

// stateAt is what the log says and what it comes to at a position: events and apps.
func (p *Plane) stateAt(at string) string {
	p.t.Helper()
	log := p.Slipway("events", "--from", "1", "--to", strings.TrimPrefix(at, "#"), "--raw")
	apps := p.Slipway("status", "--at", at, "-o", "json")
	var list struct{ Items json.RawMessage }
	if err := json.Unmarshal([]byte(apps.Stdout), &list); err != nil || log.Code != 0 || log.Stdout == "" {
		p.t.Fatalf("%v: %s%s", err, apps.Stderr, log.Stderr)
	}
	return string(list.Items) + "\n" + log.Stdout
}

// refusesDamage: cut or altered, the file is refused with the place.
func (p *Plane) refusesDamage(path string) {
	p.t.Helper()
	whole, err := os.ReadFile(path)
	if err != nil {
		p.t.Fatal(err)
	}
	altered := bytes.Clone(whole)
	altered[len(whole)/3] ^= 1
	for words, b := range map[string][]byte{"missing at byte " + strconv.Itoa(len(whole)/2): whole[:len(whole)/2], "begins at byte ": altered} {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			p.t.Fatal(err)
		}
		r := p.typed(restoreIt)
		if _, err := os.Stat(filepath.Join(p.Dir, "restored", "nats")); r.Code != 2 || !strings.Contains(r.Stderr, words) || !errors.Is(err, os.ErrNotExist) {
			p.t.Errorf("code %d, %v: %s", r.Code, err, r.Stderr)
		}
	}
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// typed runs a command of a page, where a person would type it.
func (p *Plane) typed(line string) Result {
	p.t.Helper()
	var out, words bytes.Buffer
	cmd := exec.Command("sh", "-c", line)
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.Dir, &out, &words
	cmd.Env = append(append([]string{}, p.env...), "PATH="+filepath.Dir(p.binary)+":"+os.Getenv("PATH"))
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.t.Fatalf("%s: %v", line, err)
	}
	return Result{Code: cmd.ProcessState.ExitCode(), Stdout: out.String(), Stderr: words.String()}
}
