package main

import (
	"bytes"
	"encoding/json"
	"fmt"
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

// schemas are the files of the folder: <type>.json and envelope.json.
func schemas() (map[string][]byte, error) {
	r := &jsonschema.Reflector{Anonymous: true, ExpandedStruct: true, AllowAdditionalProperties: true}
	if err := r.AddGoComments(module, "."); err != nil {
		return nil, fmt.Errorf("read comments: %w", err)
	}
	r.LookupComment = func(t reflect.Type, field string) string {
		if t != reflect.TypeFor[Envelope]() {
			return ""
		}
		return r.CommentMap[strings.TrimSuffix(module+"/internal/genschema.Envelope."+field, ".")] // built, its path is main
	}
	if bare := uncommented(r); len(bare) > 0 {
		return nil, fmt.Errorf("fields without a comment: %s", strings.Join(bare, ", "))
	}
	files := make(map[string][]byte, len(events.Catalog)+1)
	for _, row := range events.Catalog {
		name := row.Kind.Type() + ".json"
		text, err := render(r, row.Type, name)
		if err != nil {
			return nil, err
		}
		files[name] = text
	}
	text, err := render(r, reflect.TypeFor[Envelope](), "envelope.json")
	files["envelope.json"] = text
	return files, err
}

func render(r *jsonschema.Reflector, t reflect.Type, name string) ([]byte, error) {
	s := r.ReflectFromType(t)
	s.ID = jsonschema.ID(idPrefix + name)
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write schema of %s: %w", t, err)
	}
	for _, c := range "<>&" { // the library escapes them for HTML, where no schema stands
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
