package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
)

// bot is a folder that `slipway consumer init` wrote.
type bot struct {
	lang, tool, build, run string

	folder string
	told   []*typed // each time it ran
}

// seenWithin is five times the promise.
const seenWithin = 5 * time.Second

// What `slipway consumer init` writes builds, hears a fact at once, and after a kill
// hears what it missed, each fact once.
func TestConsumersBegunInEachLanguage(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := Start(t)
	for _, b := range []*bot{
		{lang: "go", tool: "go", build: "GOWORK=off go build -o bot .", run: "exec ./bot"},
		{lang: "python", tool: "python3", run: "exec python3 consumer.py"},
		{lang: "ts", tool: "node", run: "exec node consumer.mjs"},
		{lang: "sh", tool: "nats", run: "exec sh consumer.sh"},
	} {
		t.Run("interface-26 a consumer in "+b.lang+" hears each fact once, those said while it was dead too", func(t *testing.T) {
			if _, err := exec.LookPath(b.tool); err != nil {
				absent(t, b.tool)
			}
			was := p.t
			p.t = t
			defer func() { p.t = was }()
			p.begin(b)
			b.lives(t, p)
		})
	}
}

// begin writes the folder and builds it.
func (p *Plane) begin(b *bot) {
	p.t.Helper()
	b.folder = filepath.Join(p.t.TempDir(), "bot-"+b.lang)
	if r := p.Slipway("consumer", "init", b.folder, "--lang", b.lang); r.Code != 0 || !strings.Contains(r.Stderr, "next: cd") {
		p.t.Fatalf("init: code %d %s", r.Code, r.Stderr)
	}
	if r := p.Slipway("consumer", "init", b.folder, "--lang", b.lang); r.Code != 2 || !strings.Contains(r.Stderr, "SLW-U004") {
		p.t.Errorf("init again: code %d %s", r.Code, r.Stderr)
	}
	if b.build == "" {
		return
	}
	x := p.typesIn(b.folder, b.build)
	<-x.done
	if !x.cmd.ProcessState.Success() {
		p.t.Fatalf("%s: %s", b.build, x.out.String())
	}
}

// lives lets it see a release, kills it, and lets it catch up with the next one.
func (b *bot) lives(t *testing.T, p *Plane) {
	if b.lang == "python" { // that one finds the consumer that the server keeps for it
		if r := p.Slipway("consumer", "add", "bot-python", "--filter", "slipway.event.*.*.*.release.*"); r.Code != 0 {
			t.Fatalf("add: code %d %s", r.Code, r.Stderr)
		}
	}
	app := "for-" + b.lang
	first := b.starts(t, p)
	start := p.Log.Head()
	p.MustDeploy(Example(app, "v1", "rolling", ""), 30*time.Second)
	said := p.Log.Await(start, 10*time.Second, "the promotion", Is(app, "release", "promoted"))
	Await(t, seenWithin, "the promotion to be seen", func() bool { return b.times(said.ID) == 1 })
	want := p.releases(start)
	Await(t, seenWithin, "all of the release", func() bool { return b.saw(want) })
	b.restsAt(t, p)
	first.kill()
	p.MustDeploy(Example(app, "v2", "rolling", ""), 60*time.Second)
	b.starts(t, p)
	want = p.releases(start)
	Await(t, seenWithin, "what it missed", func() bool { return b.saw(want) })
	for _, id := range want {
		if n := b.times(id); n != 1 {
			t.Errorf("%s was seen %d times", id, n)
		}
	}
}

// starts runs it until it listens.
func (b *bot) starts(t *testing.T, p *Plane) *typed {
	t.Helper()
	x := p.typesIn(b.folder, b.run)
	b.told = append(b.told, x)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s said:\n%s", b.lang, tail(x.out.String()))
		}
	})
	Await(t, exampleWait, b.lang+" to listen", func() bool { return strings.Contains(x.out.String(), " reads "+events.StreamEvents+" behind ") })
	return x
}

// times is how often an event was shown, however often it ran.
func (b *bot) times(id string) (n int) {
	for _, x := range b.told {
		for line := range strings.Lines(x.out.String()) {
			if strings.HasPrefix(line, id+" ") {
				n++
			}
		}
	}
	return n
}

func (b *bot) saw(ids []string) bool {
	return len(ids) > 0 && !slices.ContainsFunc(ids, func(id string) bool { return b.times(id) == 0 })
}

// restsAt waits until it has kept the last fact it showed: a kill before that would
// rightly show it twice.
func (b *bot) restsAt(t *testing.T, p *Plane) {
	t.Helper()
	all := p.Log.All(Is("", "release", ""))
	last := all[len(all)-1].Pos
	Await(t, seenWithin, b.lang+" to keep "+last.String(), func() bool { return b.kept() == last })
}

// kept is the position in its file.
func (b *bot) kept() (at events.Position) {
	if text, err := os.ReadFile(filepath.Join(b.folder, "position")); err == nil {
		first, _, _ := strings.Cut(string(text), "\n")
		at, _ = events.ParsePosition(strings.ReplaceAll(first, " ", ":"))
		return at
	}
	var kept struct{ Era, Sequence uint64 }
	if text, err := os.ReadFile(filepath.Join(b.folder, "position.json")); err == nil && json.Unmarshal(text, &kept) == nil {
		at, _ = events.ParsePosition(strconv.FormatUint(kept.Era, 10) + ":" + strconv.FormatUint(kept.Sequence, 10))
	}
	return at
}
