package events

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

var update = flag.Bool("update", false, "write the golden events that are missing; those that exist never change")

const (
	goldenFolder = "testdata/golden"
	goldenSums   = "testdata/golden/SHA256SUMS"
)

func TestGoldenCorpus(t *testing.T) {
	if *update {
		writeMissing(t)
	}
	files := goldenFiles(t)
	compiler := jsonschema.NewCompiler()
	envelope := compile(t, compiler, "envelope.json")
	seen := make(map[string]bool)
	for name, body := range files {
		t.Run(name, func(t *testing.T) {
			e, err := Scan(body)
			if err != nil {
				t.Fatal(err)
			}
			typ := e.Kind.Type()
			seen[typ] = true
			if !strings.HasPrefix(name, typ+".") {
				t.Errorf("the file holds a %s", typ)
			}
			if err := e.Decode(); err != nil {
				t.Fatal(err)
			}
			if again := encode(t, e); !bytes.Equal(again, body) {
				t.Errorf("written back:\n%s\nwant\n%s", again, body)
			}
			e.Raw = nil
			if again := encode(t, e); !bytes.Equal(again, body) {
				t.Errorf("written from its struct:\n%s\nwant\n%s", again, body)
			}
			parsed, err := Parse(e.StreamSubject(), nil, body)
			if err != nil {
				t.Fatal(err)
			}
			if err := parsed.Decode(); err != nil || !reflect.DeepEqual(parsed.Data, e.Data) {
				t.Errorf("from the bus: %+v, %v", parsed.Data, err)
			}
			data, _ := json.Marshal(e.Data)
			validate(t, envelope, body)
			validate(t, compile(t, compiler, typ+".json"), data)
		})
	}
	for _, r := range Catalog {
		if !seen[r.Kind.Type()] {
			t.Errorf("no golden event of %s: run go test -run Golden -update", r.Kind.Type())
		}
	}
}

func TestGoldenFilesNeverChange(t *testing.T) {
	want, err := os.ReadFile(goldenSums)
	if err != nil {
		t.Fatal(err)
	}
	if got := sums(goldenFiles(t)); got != string(want) {
		t.Errorf("a golden event was changed, added or removed without its hash:\n%s", got)
	}
}

// writeMissing makes the golden event of every type that has none.
func writeMissing(t *testing.T) {
	for _, r := range Catalog {
		path := filepath.Join(goldenFolder, r.Kind.Type()+".filled.json")
		if _, err := os.Stat(path); err == nil {
			continue
		}
		if err := os.WriteFile(path, encode(t, sample(r)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(goldenSums, []byte(sums(goldenFiles(t))), 0o644); err != nil {
		t.Fatal(err)
	}
}

func goldenFiles(t testing.TB) map[string][]byte {
	paths, err := filepath.Glob(filepath.Join(goldenFolder, "*.json"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no golden events: %v", err)
	}
	files := make(map[string][]byte, len(paths))
	for _, path := range paths {
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(path)] = body
	}
	return files
}

func sums(files map[string][]byte) string {
	lines := make([]string, 0, len(files))
	for name, body := range files {
		sum := sha256.Sum256(body)
		lines = append(lines, hex.EncodeToString(sum[:])+"  "+name+"\n")
	}
	sort.Slice(lines, func(i, j int) bool { return lines[i][64:] < lines[j][64:] })
	return strings.Join(lines, "")
}

func compile(t *testing.T, c *jsonschema.Compiler, name string) *jsonschema.Schema {
	t.Helper()
	s, err := c.Compile(filepath.Join("schema", name))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validate(t *testing.T, s *jsonschema.Schema, text []byte) {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(value); err != nil {
		t.Error(err)
	}
}

func encode(t testing.TB, e Event) []byte {
	t.Helper()
	body, err := Encode(e)
	if err != nil {
		t.Fatal(err)
	}
	return body
}
