package compat

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const base = `{"type":"object","required":["app","port"],"$defs":{
	"Port":{"type":"object","properties":{"number":{"type":"integer","maximum":65535},"name":{"type":"string"},"next":{"$ref":"#/$defs/Port"}},"required":["number"]}},
	"properties":{"app":{"type":"string","maxLength":80},"how":{"type":"string","enum":["rolling","recreate"]},"port":{"$ref":"#/$defs/Port"},
	"many":{"type":"array","items":{"$ref":"#/$defs/Port"}},"by":{"type":"object","additionalProperties":{"type":"string"}},"free":true}}`

func TestBreaks(t *testing.T) {
	for _, c := range []struct{ what, from, to, want string }{
		{"nothing changed", "", "", ""},
		{"an optional field is added", `"app":{`, `"zone":{"type":"string"},"app":{`, ""},
		{"an optional field is added within", `"name":{"type":"string"}`, `"name":{"type":"string"},"host":{"type":"string"}`, ""},
		{"a value is added", `"recreate"]`, `"recreate","canary"]`, ""},
		{"a bound is widened", `"maxLength":80`, `"maxLength":90`, ""},
		{"a comment is changed", `"app":{`, `"app":{"description":"name",`, ""},
		{"a field is removed", `"how":{"type":"string","enum":["rolling","recreate"]},`, "", "how was removed or renamed"},
		{"a field is renamed", `"name":{`, `"label":{`, "port.name was removed or renamed"},
		{"a field is retyped", `"app":{"type":"string"`, `"app":{"type":"integer"`, "app was string and is integer"},
		{"a field is retyped in a map", `"additionalProperties":{"type":"string"}`, `"additionalProperties":{"type":"integer"}`, "by[] was string and is integer"},
		{"a field gets a type", `"free":true`, `"free":{"type":"string"}`, "free was anything and is string"},
		{"a field is required", `["number"]`, `["number","name"]`, "port.name is required now"},
		{"a field is optional now", `["app","port"]`, `["app"]`, "port is no longer always there"},
		{"a value is taken away", `"rolling","recreate"`, `"rolling"`, "how may no longer be recreate"},
		{"a text takes only some values", `"maxLength":80`, `"maxLength":80,"enum":["web"]`, "app takes only some values now"},
		{"a text has a pattern", `"maxLength":80`, `"maxLength":80,"pattern":"^w"`, "app has another pattern"},
		{"a bound is narrowed", `"maxLength":80`, `"maxLength":70`, "app has a narrower maxLength"},
		{"a bound is narrowed in a list", `"maximum":65535`, `"maximum":1024`, "many[].number has a narrower maximum"},
	} {
		t.Run(c.what, func(t *testing.T) {
			found, err := Breaks([]byte(base), []byte(replaced(t, c.from, c.to)))
			if err != nil {
				t.Fatal(err)
			}
			if c.want == "" && len(found) > 0 || c.want != "" && !slices.Contains(found, c.want) {
				t.Errorf("found %q, want %q", found, c.want)
			}
		})
	}
}

func TestARequiredFieldThatIsNewBreaks(t *testing.T) {
	found, err := Breaks([]byte(`{"type":"object"}`), []byte(`{"type":"object","properties":{"zone":{"type":"string"}},"required":["zone"]}`))
	if err != nil || !slices.Equal(found, []string{"zone is required now"}) {
		t.Errorf("%q, %v", found, err)
	}
	if _, err := Breaks([]byte("{"), []byte("{}")); err == nil {
		t.Error("half a schema is one")
	}
}

func replaced(t *testing.T, from, to string) string {
	t.Helper()
	if from == "" {
		return base
	}
	before, after, ok := strings.Cut(base, from)
	if !ok {
		t.Fatalf("the base has no %s", from)
	}
	return before + to + after
}

// Whatever a release could read and write, this version can: events/testdata/released
// has the schemas of each release, copied when it was made and never changed.
func TestNoReleaseIsBroken(t *testing.T) {
	released, err := filepath.Glob("../../testdata/released/*/*.json")
	if err != nil || len(released) < 100 {
		t.Fatalf("%d released schemas: %v", len(released), err)
	}
	for _, path := range released {
		old, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		now, err := os.ReadFile(filepath.Join("../../schema", filepath.Base(path)))
		if err != nil {
			t.Errorf("%s: the type is gone: %v", path, err)
			continue
		}
		found, err := Breaks(old, now)
		if err != nil {
			t.Fatal(err)
		}
		for _, what := range found {
			t.Errorf("%s: %s", filepath.Base(path), what)
		}
	}
}
