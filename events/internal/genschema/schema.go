package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/invopop/jsonschema"

	"slipway.dev/events"
)

const (
	module   = "slipway.dev/events"
	idPrefix = "https://slipway.dev/schema/" // a name, never fetched
)

// corpus are the schemas of everything that may be said.
type corpus struct {
	envelope *jsonschema.Schema
	types    map[string]*jsonschema.Schema // by CloudEvents type
}

// read makes the corpus from the structs and their comments.
func read() (c corpus, err error) {
	r := &jsonschema.Reflector{Anonymous: true, ExpandedStruct: true, AllowAdditionalProperties: true}
	if err := r.AddGoComments(module, "."); err != nil {
		return c, fmt.Errorf("read comments: %w", err)
	}
	r.LookupComment = func(t reflect.Type, field string) string {
		if t != reflect.TypeFor[Envelope]() {
			return ""
		}
		return r.CommentMap[strings.TrimSuffix(module+"/internal/genschema.Envelope."+field, ".")] // built, its path is main
	}
	if bare := uncommented(r); len(bare) > 0 {
		return c, fmt.Errorf("fields without a comment: %s", strings.Join(bare, ", "))
	}
	c = corpus{named(r, reflect.TypeFor[Envelope](), "envelope"), make(map[string]*jsonschema.Schema, len(events.Catalog))}
	for _, row := range events.Catalog {
		c.types[row.Kind.Type()] = named(r, row.Type, row.Kind.Type())
	}
	return c, nil
}

// named is the schema of a struct, which has the name of its file.
func named(r *jsonschema.Reflector, t reflect.Type, name string) *jsonschema.Schema {
	s := r.ReflectFromType(t)
	s.ID = jsonschema.ID(idPrefix + name + ".json")
	return s
}

// files are what is generated, by path from the folder of package events: one schema
// per type, that of the envelope, the AsyncAPI document and the page for people.
func (c corpus) files() (map[string][]byte, error) {
	async, err := c.asyncAPI()
	if err != nil {
		return nil, err
	}
	values := map[string]any{"envelope.json": c.envelope, "asyncapi.json": async}
	for name, s := range c.types {
		values[name+".json"] = s
	}
	files := map[string][]byte{pagePath: c.page()}
	for name, v := range values {
		text, err := indented(v)
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", name, err)
		}
		files[path.Join(folder, name)] = text
	}
	return files, nil
}

// indented is JSON as it is committed.
func indented(v any) ([]byte, error) {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return nil, err
	}
	for _, c := range "<>&" { // encoding/json escapes them for HTML, where no schema stands
		text = bytes.ReplaceAll(text, fmt.Appendf(nil, `\u%04x`, c), []byte(string(c)))
	}
	return append(text, '\n'), nil
}

// uncommented are the fields of the catalogue's payloads that no comment explains.
func uncommented(r *jsonschema.Reflector) (bare []string) {
	for _, row := range events.Catalog {
		bare = append(bare, uncommentedIn(r, row.Type)...)
	}
	slices.Sort(bare)
	return slices.Compact(bare)
}

func uncommentedIn(r *jsonschema.Reflector, t reflect.Type) (bare []string) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return uncommentedIn(r, t.Elem())
	case reflect.Struct:
	default:
		return nil
	}
	if t == reflect.TypeFor[time.Time]() {
		return nil
	}
	for i := range t.NumField() {
		f := t.Field(i)
		key := t.PkgPath() + "." + t.Name() + "." + f.Name
		if !f.Anonymous && r.CommentMap[key] == "" {
			bare = append(bare, t.Name()+"."+f.Name)
		}
		bare = append(bare, uncommentedIn(r, f.Type)...)
	}
	return bare
}
