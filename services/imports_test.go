package services_test

import (
	"go/ast"
	"go/token"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "slipway.dev/"

// Examples import events, services import pkg, pkg imports events; no service
// imports another, but the one that puts them all together.
func TestWhoMayImportWhom(t *testing.T) {
	for _, s := range everySource(t) {
		for p := range s.imports() {
			below, ours := strings.CutPrefix(p, module)
			if ours && !mayImport(s.dir, below) {
				t.Errorf("%s imports %s", s.path, p)
			}
			if !ours && s.dir == "events" && !s.test && strings.Contains(p, ".") {
				t.Errorf("%s imports %s: the language needs the standard library alone", s.path, p)
			}
		}
	}
}

func mayImport(dir, p string) bool {
	switch room, _, _ := strings.Cut(dir, "/"); room {
	case "events", "examples":
		return under(p, "events")
	case "pkg":
		return under(p, "events") || under(p, "pkg")
	case "services":
		return under(p, "events") || under(p, "pkg") || under(p, participant(dir)) || under(dir, "services/slipway")
	}
	return false
}

func under(p, folder string) bool { return p == folder || strings.HasPrefix(p, folder+"/") }

// participant is the folder of the service that a folder belongs to.
func participant(dir string) string {
	return strings.Join(strings.SplitN(dir, "/", 3)[:min(2, strings.Count(dir, "/")+1)], "/")
}

// A decider thinks: it touches no network, file, lock, chance or clock, and starts
// nothing that runs beside it.
func TestDecidersArePure(t *testing.T) {
	deciders := map[string]bool{}
	for _, s := range everySource(t) {
		if path.Base(s.path) == "promise.go" {
			deciders[s.dir] = true
		}
	}
	for _, name := range []string{"registry", "deployer", "deployer/placer", "node", "gateway", "provisioner", "metrics"} {
		if !deciders["services/"+name] {
			t.Errorf("services/%s has no promise.go", name)
		}
	}
	pure := withRooms(t, deciders)
	if !pure["services/deployer/inventory"] {
		t.Error("services/deployer/inventory is no decider's")
	}
	for _, s := range everySource(t) {
		if s.test || !pure[s.dir] {
			continue
		}
		for p := range s.imports() {
			if impure(p) {
				t.Errorf("%s imports %s", s.path, p)
			}
		}
		for _, n := range s.calls("time", "Now", "Since", "Until", "After", "AfterFunc", "Sleep", "Tick", "NewTimer", "NewTicker") {
			t.Errorf("%s looks at the clock", s.at(n))
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if g, is := n.(*ast.GoStmt); is {
				t.Errorf("%s starts a goroutine", s.at(g))
			}
			return true
		})
	}
}

// withRooms are deciders and what they import of their own service: it thinks for them.
func withRooms(t *testing.T, deciders map[string]bool) map[string]bool {
	all := maps.Clone(deciders)
	for grown := true; grown; {
		grown = false
		for _, s := range everySource(t) {
			if s.test || !all[s.dir] {
				continue
			}
			for p := range s.imports() {
				room := strings.TrimPrefix(p, module)
				if under(room, participant(s.dir)) && !all[room] {
					all[room], grown = true, true
				}
			}
		}
	}
	return all
}

func impure(p string) bool {
	if p == "net/netip" || p == "net/url" {
		return false // arithmetic on names
	}
	for _, touch := range []string{
		"net", "os", "sync", "math/rand", "crypto/rand", "io/fs", "syscall",
		"github.com/nats-io", "github.com/rs/zerolog",
	} {
		if under(p, touch) {
			return true
		}
	}
	return false
}

// One package writes to the bus, and one spells subjects. The example of a publisher
// is an integrator's, who says wishes and words of their own.
func TestOnlyTheBusPublishes(t *testing.T) {
	publishes := regexp.MustCompile(`^(Publish(Msg|Async|MsgAsync|Request)?|Request(Msg|WithContext|MsgWithContext)?)$`)
	for _, s := range everySource(t) {
		if s.test || under(s.dir, "pkg/bus") || under(s.dir, "events") || under(s.dir, "examples") {
			continue
		}
		nats := imported(s, "github.com/nats-io/nats.go") || imported(s, "github.com/synadia-io/orbit.go")
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if nats && publishes.MatchString(n.Sel.Name) {
					t.Errorf("%s calls %s", s.at(n), n.Sel.Name)
				}
			case *ast.BasicLit:
				if n.Kind == token.STRING && spelled(n.Value) {
					t.Errorf("%s spells a subject: %s", s.at(n), n.Value)
				}
			}
			return true
		})
	}
}

func imported(s source, prefix string) bool {
	for p := range s.imports() {
		if under(p, prefix) {
			return true
		}
	}
	return false
}

// spelled tells a literal from which a subject of the log is put together.
func spelled(literal string) bool {
	v, err := strconv.Unquote(literal)
	return err == nil && strings.HasPrefix(v, "slipway.event.") && (strings.HasSuffix(v, ".") || strings.Contains(v, "%"))
}

// Each module finds its siblings by their folders and replaces nobody else.
func TestReplacementsAreSiblings(t *testing.T) {
	sibling := regexp.MustCompile(`^(replace )?slipway\.dev/[a-z/]+ => (\.\./)+[a-z/]*$`)
	modules := 0
	err := walk(func(p string) error {
		if path.Base(p) != "go.mod" {
			return nil
		}
		modules++
		for line := range strings.Lines(text(t, p)) {
			line = strings.TrimSpace(line)
			if strings.Contains(line, "=>") && !sibling.MatchString(line) {
				t.Errorf("%s: %s", p, line)
			}
			if f := strings.Fields(line); slices.ContainsFunc(f, func(w string) bool { return strings.HasPrefix(w, module) }) &&
				!strings.Contains(line, "=>") && !strings.HasPrefix(line, "module ") && f[len(f)-1] != "v0.0.0" {
				t.Errorf("%s: %s, siblings have the version v0.0.0", p, line)
			}
		}
		return nil
	})
	if err != nil || modules < 5 {
		t.Errorf("%d modules: %v", modules, err)
	}
}
