package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
)

const upgradePage = checkout + "/docs/how-to/upgrade-a-gateway.md"

// upgradeCommand is the one line of the how-to that begins so.
func upgradeCommand(t *testing.T, begins string) string {
	t.Helper()
	page, err := os.ReadFile(upgradePage)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range indented.FindAllStringSubmatch(string(page), -1) {
		if strings.HasPrefix(m[1], begins) {
			return m[1]
		}
	}
	t.Fatalf("the how-to has no command %s", begins)
	return ""
}

func TestEveryCommandOfTheUpgradePageIsRun(t *testing.T) {
	page, err := os.ReadFile(upgradePage)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(indented.FindAllString(string(page), -1)); n != 3 {
		t.Errorf("%d commands, want install, kill and slipway events", n)
	}
}

// dataplane-27: a successor that dies before it has joined changes nothing; the next
// one takes over. By the commands of the how-to.
func TestASuccessorThatDiesBeforeItHasJoined(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := New(t)
	theirs := filepath.Join(p.Dir, "bin", "slipway")
	if err := os.Mkdir(filepath.Dir(theirs), 0o700); err != nil {
		t.Fatal(err)
	}
	program(t, Binary(t), theirs)
	p.binary = theirs // replaced below, as an operator does
	p.startApart(options{control: []string{"control"}})
	p.Log = p.follow()
	g := p.found("--drain", streamDrain.String())
	p.MustDeploy(Example("web", "v1", "rolling", ""), time.Minute)
	clients := everyKind(p)
	Await(t, upgradeWait, "v1 to answer", func() bool { return clients[0].Counts().Answers["v1"] > 10 })

	broken := filepath.Join(p.Dir, "slipway.new")
	if err := os.WriteFile(broken, []byte("#!/bin/sh\nexit 3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := p.Log.Head()
	g.typesUpgrade()
	Await(t, upgradeWait, "the gateway to say that it serves on", func() bool {
		return strings.Contains(g.first.Output(), "not replaced, serves on")
	})
	if said := p.Log.All(func(e events.Event) bool { return e.Pos.After(before) && e.Kind.Entity == "gateway" }); len(said) > 0 {
		t.Errorf("%s %s", said[0].Kind.Name(), said[0].Subject)
	}
	program(t, Binary(t), broken)
	g.takesOver(upgradeWait, g.typesUpgrade)
	said := p.typesAs(p.Dir, upgradeCommand(t, "slipway events")).finishes(t)
	for _, happened := range []string{"joined", "draining", "drained", "left"} {
		if !strings.Contains(said, happened) {
			t.Errorf("no %s in\n%s", happened, said)
		}
	}
	for _, c := range clients {
		Lossless(t, c.Stop())
	}
}

// typesUpgrade types what the how-to says.
func (g *dynasty) typesUpgrade() {
	t := g.t.(*testing.T)
	t.Helper()
	g.p.typesAs(g.p.Dir, upgradeCommand(t, "install ")).finishes(t)
	g.p.typesAs(g.p.Dir, upgradeCommand(t, "kill ")).finishes(t)
}

// program makes a copy of one.
func program(t *testing.T, from, to string) {
	t.Helper()
	words, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, words, 0o700); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
}
