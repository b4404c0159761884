package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway.dev/events"
)

const (
	checkout  = "../../.."
	howToPage = checkout + "/docs/how-to/consume-events.md"

	exampleWait = 60 * time.Second // go run compiles first
)

// command is the one line of the how-to that begins so.
func command(t *testing.T, begins string) string {
	t.Helper()
	page, err := os.ReadFile(howToPage)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(page)) {
		if strings.HasPrefix(line, "    "+begins) {
			return strings.TrimSpace(line)
		}
	}
	t.Fatalf("the how-to has no command %s", begins)
	return ""
}

// typed is a command that a person typed, with all that it started.
type typed struct {
	out  lockedBuffer
	cmd  *exec.Cmd
	done chan struct{}
}

// types starts a command of the how-to at the checkout's root.
func (p *Plane) types(line string) *typed {
	p.t.Helper()
	return p.typesIn(checkout, line)
}

// typesIn starts a command in a folder.
func (p *Plane) typesIn(folder, line string) *typed {
	p.t.Helper()
	x := &typed{cmd: exec.Command("sh", "-c", line), done: make(chan struct{})}
	x.cmd.Dir, x.cmd.Stdout, x.cmd.Stderr = folder, &x.out, &x.out
	x.cmd.Env = append(os.Environ(), "NATS_URL="+p.NATS, "XDG_CONFIG_HOME="+filepath.Join(p.Dir, "nobody")) // no context of this machine's
	x.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := x.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	go func() {
		x.cmd.Wait()
		close(x.done)
	}()
	p.t.Cleanup(x.kill)
	return x
}

// kill ends it and its children, and waits until they are gone.
func (x *typed) kill() {
	syscall.Kill(-x.cmd.Process.Pid, syscall.SIGKILL)
	<-x.done
}

// ids are the first words of its lines, each once.
func (x *typed) ids() (ids []string) {
	for line := range strings.Lines(x.out.String()) {
		if id, _, whole := strings.Cut(line, " "); whole && strings.HasSuffix(line, "\n") && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// shows waits until it has printed these first of all, in this order.
func (x *typed) shows(t *testing.T, want []string) {
	t.Helper()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s said:\n%s", x.cmd, x.out.String())
		}
	})
	Await(t, exampleWait, "the consumer to show each event, in order", func() bool {
		select {
		case <-x.done:
			t.Fatalf("it has ended")
		default:
		}
		ids := x.ids()
		return len(ids) >= len(want) && slices.Equal(ids[:len(want)], want)
	})
}

// releases are the ids of the facts about releases after a position, in order.
func (p *Plane) releases(after events.Position) (ids []string) {
	for _, e := range p.Log.All(Is("", "release", "")) {
		if e.Pos.After(after) {
			ids = append(ids, e.ID)
		}
	}
	return ids
}

// keptIn is the position that the Go consumer keeps in a file.
func keptIn(t *testing.T, file string) events.Position {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	at, err := events.ParsePosition(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestTheHowToShowsTheExampleAsItIs(t *testing.T) {
	page, err := os.ReadFile(howToPage)
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(checkout + "/examples/consumer/main.go")
	if err != nil {
		t.Fatal(err)
	}
	_, shown, _ := strings.Cut(string(page), "```go\n")
	shown, _, _ = strings.Cut(shown, "```")
	if shown == "" || !strings.HasSuffix(string(source), shown) {
		t.Error("the Go consumer of the how-to is not examples/consumer/main.go")
	}
}

// TestExamples types what the how-to says, at a Slipway that deploys.
func TestExamples(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := Start(t)
	done := p.MustDeploy(Example("web", "v1", "rolling", ""), 30*time.Second)
	before := p.releases(events.Position{})
	position := filepath.Join(t.TempDir(), "releases.position")
	golang := strings.Replace(command(t, "go run ./examples/consumer"), "releases.position", position, 1)
	python := command(t, "python3 examples/python/consumer.py")
	_, noPython := exec.LookPath("python3")

	first := p.types(golang)
	first.shows(t, before)
	Await(t, exampleWait, "the consumer to keep its position", func() bool {
		return !done.Pos.After(keptIn(t, position))
	})
	first.kill()
	kept := keptIn(t, position)
	var snake *typed
	if noPython == nil {
		snake = p.types(python)
		snake.shows(t, before)
		snake.kill()
	}
	p.MustDeploy(Example("web", "v2", "rolling", ""), 60*time.Second)
	t.Run("a Go consumer that was killed goes on with what it missed, each once", func(t *testing.T) {
		p.types(golang).shows(t, p.releases(kept))
	})
	t.Run("a Python consumer that was killed misses nothing", func(t *testing.T) {
		if noPython != nil {
			absent(t, "python3")
		}
		all, again := p.releases(events.Position{}), p.types(python)
		Await(t, exampleWait, "the consumer to show what it missed", func() bool {
			seen := append(snake.ids(), again.ids()...)
			return !slices.ContainsFunc(all, func(id string) bool { return !slices.Contains(seen, id) })
		})
	})
	t.Run("an event of a user's own is stored once, as a CloudEvent", func(t *testing.T) { p.publishTwice(t) })
}

// absent skips at home and fails where .ci/run should have installed it.
func absent(t *testing.T, tool string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("no %s, though .ci/run installs it", tool)
	}
	t.Skipf("no %s", tool)
}

func (p *Plane) publishTwice(t *testing.T) {
	line := command(t, "go run ./examples/publisher")
	for _, want := range []string{"stored before: false", "stored before: true"} {
		x := p.types(line)
		select {
		case <-x.done:
		case <-time.After(exampleWait):
			t.Fatalf("%s does not end", line)
		}
		if got := x.out.String(); !strings.Contains(got, "slipway.ext.shop.orders.placed, "+want) {
			t.Errorf("it says %q, want %q", got, want)
		}
	}
	nc, err := nats.Connect(p.NATS)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	s, err := js.Stream(t.Context(), events.StreamExt)
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.GetLastMsgForSubject(t.Context(), "slipway.ext.shop.orders.placed")
	if err != nil {
		t.Fatal(err)
	}
	e, err := events.Parse(m.Subject, m.Header, m.Data)
	if err != nil || e.ID != "o-1" || e.Kind.Type() != "shop.orders.placed" || string(e.Raw) != `{"order":1}` || s.CachedInfo().State.Msgs != 1 {
		t.Errorf("%+v, %v; %d messages", e, err, s.CachedInfo().State.Msgs)
	}
}
