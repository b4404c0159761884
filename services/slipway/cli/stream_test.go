package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/services/slipway/e2e"
)

func TestFollow(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := at(t, e2e.Apart())
	p.does(0, "deploy", p.file("v1.yaml", e2e.Example("shop", "v1", "rolling", "")), "-y")
	t.Run("interface-14 events -f across a restart of the server shows each event once, in order", func(t *testing.T) {
		f := p.starts("events", "-f", "--from", "1", "-o", "name", "--subject", "slipway.event.shop.deployer.>")
		planned := p.Log.All(e2e.Is("shop", "release", "planned"))[0]
		f.until(t, planned.ID)
		bus := p.Process("bus")
		bus.Kill()
		bus.Start()
		before := p.Log.Head()
		p.does(0, "deploy", p.file("v2.yaml", e2e.Example("shop", "v2", "rolling", "")), "-y", "--timeout", "60s")
		last := p.Log.Await(before, 60*time.Second, "release 2 to be completed", e2e.Is("shop", "release", "completed"))
		f.until(t, last.ID)
		f.interrupt(t)
		f.ends(t, 130, 10*time.Second)
		var want []string
		for _, e := range p.Log.All(func(e events.Event) bool {
			return e.App == "shop" && e.Kind.Owner == "deployer" && !e.Pos.After(last.Pos)
		}) {
			want = append(want, e.ID)
		}
		got := strings.Fields(f.out.String())
		if len(got) < len(want) || strings.Join(got[:len(want)], "\n") != strings.Join(want, "\n") {
			t.Errorf("%d events, want %d, each once and in order", len(got), len(want))
		}
	})
	t.Run("interface-14 a reader of a pipe that closes: the verb ends silently with 0", func(t *testing.T) {
		script := `{ "` + e2e.Binary(t) + `" events -o json; echo "code $?" >&2; } | head -1`
		cmd := exec.Command("sh", "-c", script)
		cmd.Env = append(os.Environ(), "HOME="+p.Dir, "XDG_CONFIG_HOME="+filepath.Join(p.Dir, "config"))
		var words strings.Builder
		cmd.Stderr = &words
		out, err := cmd.Output()
		if err != nil || strings.Count(string(out), "\n") != 1 || words.String() != "code 0\n" {
			t.Errorf("%v, stdout %q, stderr %q", err, out, words.String())
		}
	})
}
