package main

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/invopop/jsonschema"
)

func TestCommittedFilesAreFresh(t *testing.T) {
	want := generated(t)
	committed, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range committed {
		if _, ok := want[filepath.ToSlash(path)]; !ok {
			t.Errorf("%s belongs to no type", path)
		}
	}
	for path, text := range want {
		got, err := os.ReadFile(path)
		if err != nil {
			t.Error(err)
		} else if !bytes.Equal(got, text) {
			t.Errorf("%s is stale: run go generate ./events", path)
		}
	}
}

// generated are all files as they should be; the test then stands where go generate does.
func generated(t *testing.T) map[string][]byte {
	t.Helper()
	t.Chdir("../..")
	c, err := read()
	if err != nil {
		t.Fatal(err)
	}
	files, err := c.files()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestAFieldWithoutACommentIsNamed(t *testing.T) {
	type inner struct{ Bare, Told int }
	type outer struct {
		Told  int
		Inner map[string][]*inner
	}
	pkg := reflect.TypeFor[outer]().PkgPath()
	r := &jsonschema.Reflector{CommentMap: map[string]string{
		pkg + ".outer.Told": "told", pkg + ".outer.Inner": "told", pkg + ".inner.Told": "told",
	}}
	if got := uncommentedIn(r, reflect.TypeFor[outer]()); !slices.Equal(got, []string{"inner.Bare"}) {
		t.Errorf("got %v", got)
	}
}
