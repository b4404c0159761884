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

func TestCommittedSchemasAreFresh(t *testing.T) {
	t.Chdir("../..")
	want, err := schemas()
	if err != nil {
		t.Fatal(err)
	}
	committed, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range committed {
		if _, ok := want[filepath.Base(path)]; !ok {
			t.Errorf("%s belongs to no type", path)
		}
	}
	for name, text := range want {
		got, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Error(err)
		} else if !bytes.Equal(got, text) {
			t.Errorf("%s is stale: run go generate ./events", name)
		}
	}
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
