package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"slipway.dev/events"
)

// mainLines is how much a consumer may need.
const mainLines = 30

func TestAConsumerFitsIntoThirtyLines(t *testing.T) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "main.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range file.Decls {
		if f, is := d.(*ast.FuncDecl); is {
			n := set.Position(f.End()).Line - set.Position(f.Pos()).Line + 1
			if f.Name.Name != "main" || n > mainLines {
				t.Errorf("%s has %d lines, %d are allowed in main.go and main alone", f.Name.Name, n, mainLines)
			}
		}
	}
}

func TestRestore(t *testing.T) {
	log := &jetstream.StreamInfo{Config: jetstream.StreamConfig{Metadata: map[string]string{eraKey: "2"}}}
	file := filepath.Join(t.TempDir(), "kept")
	for _, c := range []struct {
		kept  string
		want  events.Position
		fails bool
	}{
		{"2:48", events.Position{Era: 2, Seq: 48}, false},
		{"1:48", events.Position{Era: 2}, false},
		{"48", events.Position{Era: 2}, true},
		{"", events.Position{Era: 2}, false},
	} {
		if err := os.WriteFile(file, []byte(c.kept), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := restore(file, log); got != c.want || (err != nil) != c.fails {
			t.Errorf("kept %q: %v, %v", c.kept, got, err)
		}
	}
	if got, err := restore(file+".none", log); got != (events.Position{Era: 2}) || err != nil {
		t.Errorf("nothing kept: %v, %v", got, err)
	}
}
