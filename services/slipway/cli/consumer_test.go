package cli_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/services/slipway/e2e"
)

// TestConsumers: who reads is granted, listed and ended; what cannot be is said.
func TestConsumers(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := at(t)
	t.Run("a consumer is added once, shown with its place, and removed", func(t *testing.T) {
		p.t = t
		a := p.asks(0, "consumer", "add", "mybot", "--filter", "slipway.event.web.>", "--filter", "slipway.event.api.>", "--publisher", "shop", "--bearer")
		if a.Kind != "ConsumerList" || len(a.Items) != 1 {
			t.Fatalf("%+v", a)
		}
		c := a.Items[0]
		if c["name"] != "mybot" || c["stream"] != "SLIPWAY_EVENTS" || c["publisher"] != "shop" || c["connected"] != false || c["pending"] != 0.0 || len(c["filters"].([]any)) != 2 {
			t.Errorf("%v", c)
		}
		before := p.Log.Head()
		if r := p.does(0, "integration", "add", "mybot", "--filter", "slipway.event.api.>,slipway.event.web.>", "--publisher", "shop", "--bearer"); !strings.Contains(r.Stderr, "stands already") {
			t.Errorf("again: %s", r.Stderr)
		}
		p.Log.Await(before, 10*time.Second, "the refusal", e2e.Is("", "consumer", "refused"))
		p.does(0, "consumer", "add", "old", "--filter", "slipway.event.>", "--from-start")
		list := p.asks(0, "consumer", "ls")
		if len(list.Items) != 2 || list.Items[1]["name"] != "old" || list.Items[1]["pending"].(float64) < 2 || list.Items[1]["from"] != "1:1" {
			t.Errorf("%v", list.Items)
		}
		if r := p.does(0, "consumer", "ls", "-o", "name"); r.Stdout != "mybot\nold\n" {
			t.Errorf("names %q", r.Stdout)
		}
		p.does(0, "consumer", "rm", "mybot", "-m", "moved")
		gone := p.Log.Await(events.Position{}, 10*time.Second, "its end", e2e.Is("", "consumer", "removed"))
		if gone.Reason != "withdrawn: moved" || !strings.HasPrefix(gone.Actor, "person:") {
			t.Errorf("%s by %s", gone.Reason, gone.Actor)
		}
		if list := p.asks(0, "consumer", "ls"); len(list.Items) != 1 {
			t.Errorf("%v", list.Items)
		}
	})
	t.Run("what is not there is E001, what cannot be is U002, and nothing is wished", func(t *testing.T) {
		p.t = t
		if a := p.asks(3, "consumer", "rm", "mybot"); a.Error.Code != "SLW-E001" {
			t.Errorf("%+v", a.Error)
		}
		head := p.Log.Head()
		for _, args := range [][]string{
			{"consumer", "add", "a b", "--filter", "slipway.event.>"}, {"consumer", "add", "mybot"},
			{"consumer", "add", "mybot", "--filter", "slipway.wish.>"}, {"consumer", "init", "x", "--lang", "cobol"}, {"consumer", "rm", "_"},
		} {
			if a := p.asks(2, args...); a.Error.Code != "SLW-U002" {
				t.Errorf("%v: %+v", args, a.Error)
			}
		}
		if now := p.Log.Head(); now != head {
			t.Errorf("the log went on from %s to %s", head, now)
		}
	})
}

// The Go consumer needs the versions that this binary is built with, which are known to
// work together.
func TestTheGoConsumerNeedsOurVersions(t *testing.T) {
	ours, theirs := requirements(t, "../go.mod"), requirements(t, "templates/consumer/go/go.mod.txt")
	if len(theirs) < 3 {
		t.Fatalf("%v", theirs)
	}
	for module, version := range theirs {
		if ours[module] != version {
			t.Errorf("%s %s, ours is %q", module, version, ours[module])
		}
	}
}

// requirements are the modules a go.mod requires, with their versions.
func requirements(t *testing.T, file string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(strings.TrimPrefix(line, "require ")); len(f) > 1 && strings.HasPrefix(f[1], "v") {
			all[f[0]] = f[1]
		}
	}
	return all
}
