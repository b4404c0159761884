package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// indented is a command of a page: a line of its own block.
var indented = regexp.MustCompile(`(?m)^    (\S.*)$`)

// ranByTests are the beginnings of all commands of the how-to, each run by a test.
var ranByTests = []string{
	"go run ./examples/consumer", "go run ./examples/publisher", "python3 examples/python/consumer.py",
	"slipway consumer ", "python3 mybot/consumer.py", "nats pub ", "nats sub ",
}

func TestEverySnippetOfTheHowToIsRun(t *testing.T) {
	page, err := os.ReadFile(howToPage)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range indented.FindAllStringSubmatch(string(page), -1) {
		if !slices.ContainsFunc(ranByTests, func(begins string) bool { return strings.HasPrefix(m[1], begins) }) {
			t.Errorf("no test runs %q", m[1])
		}
	}
}

// typesAs starts a command in a folder, as somebody who has slipway on the path.
func (p *Plane) typesAs(folder, line string) *typed {
	p.t.Helper()
	path := filepath.Dir(p.binary) + string(os.PathListSeparator) + os.Getenv("PATH")
	return p.typesIn(folder, "export PATH='"+path+"' XDG_CONFIG_HOME='"+filepath.Join(p.Dir, "config")+"'; "+line)
}

// finishes waits for a command's end, which must be good, and returns what it said.
func (x *typed) finishes(t *testing.T) string {
	t.Helper()
	select {
	case <-x.done:
	case <-time.After(exampleWait):
		t.Fatalf("%s does not end: %s", x.cmd, x.out.String())
	}
	if !x.cmd.ProcessState.Success() {
		t.Fatalf("%s: %s", x.cmd, x.out.String())
	}
	return x.out.String()
}

func TestHowToAConsumerBegunForYou(t *testing.T) {
	if _, err := exec.LookPath("python3"); err != nil {
		absent(t, "python3")
	}
	p := Start(t)
	dir := t.TempDir()
	p.typesAs(dir, command(t, "slipway consumer init")).finishes(t)
	p.typesAs(dir, command(t, "slipway consumer add")).finishes(t)
	bot := p.typesAs(dir, command(t, "python3 mybot"))
	p.MustDeploy(Example("web", "v1", "rolling", ""), 30*time.Second)
	bot.showsAll(t, p)
	Await(t, exampleWait, "all to be acknowledged", func() bool {
		said := p.typesAs(dir, command(t, "slipway consumer ls")).finishes(t)
		return strings.Contains(said, "mybot") && regexp.MustCompile(`SLIPWAY_EVENTS +#\d+ +0 +yes`).MatchString(said)
	})
	bot.kill()
	if said := p.typesAs(dir, command(t, "slipway consumer rm")).finishes(t); !strings.Contains(said, "removed mybot") {
		t.Errorf("it says %q", said)
	}
}

// showsAll waits until every release is among what was printed.
func (x *typed) showsAll(t *testing.T, p *Plane) {
	t.Helper()
	all := p.Log.All(Is("", "release", ""))
	Await(t, exampleWait, "the consumer to show each release", func() bool {
		ids := x.ids()
		for _, e := range all {
			if !slices.Contains(ids, e.ID) {
				return false
			}
		}
		return len(all) > 0
	})
}

func TestHowToPublishWithTheStockClient(t *testing.T) {
	if _, err := exec.LookPath("nats"); err != nil {
		absent(t, "nats")
	}
	p := Start(t)
	for range 2 { // the same id is stored once
		p.types(command(t, "nats pub")).finishes(t)
	}
	reader := p.types(command(t, "nats sub"))
	Await(t, exampleWait, "the event to be read", func() bool { return strings.Contains(reader.out.String(), `{"order":2}`) })
	if n := strings.Count(reader.out.String(), `{"order":2}`); n != 1 {
		t.Errorf("stored %d times", n)
	}
}
