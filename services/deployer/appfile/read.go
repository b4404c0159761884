package appfile

import (
	"fmt"
	"reflect"
	"strings"

	"slipway.dev/pkg/nearest"
)

// reader fills the file form from a tree. Shapes that do not fit are left out: the
// schema has told them.
type reader struct{ *source }

// read sets v, the value of a field or of a whole document, from n.
func (r reader) read(n *node, v reflect.Value, path []string) {
	if n.broken {
		return
	}
	if s, ok := v.Addr().Interface().(scalar); ok {
		r.scalar(n, s, path)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if n.kind != null {
			fresh := reflect.New(v.Type().Elem())
			fillDefaults(fresh.Elem())
			r.read(n, fresh.Elem(), path)
			v.Set(fresh)
		}
	case reflect.Struct:
		r.structure(n, v, path)
	case reflect.Map:
		r.entries(n, v, path)
	case reflect.Slice:
		r.items(n, v, path)
	case reflect.String:
		if n.kind == text {
			v.SetString(n.raw)
		}
	case reflect.Bool:
		if n.kind == boolean {
			v.SetBool(n.raw == "true")
		}
	default:
		panic(fmt.Sprintf("no reading of %s at %s", v.Type(), join(path)))
	}
}

func (r reader) scalar(n *node, s scalar, path []string) {
	f := s.read(n)
	if f == nil {
		return
	}
	n.broken = true
	got, quoted := n.got()
	e := Error{Line: n.line, Column: n.column, Path: join(path), Code: f.code, Message: f.message,
		Got: got, text: quoted, Allowed: f.allowed}
	if quoted {
		e.Suggestion = nearest.Of(got, f.allowed)
	}
	r.fail(e)
}

func (r reader) structure(n *node, v reflect.Value, path []string) {
	for i := range v.NumField() {
		name := jsonName(v.Type().Field(i))
		if f, ok := n.get(name); ok {
			r.read(f.value, v.Field(i), below(path, name))
		}
	}
}

func (r reader) entries(n *node, v reflect.Value, path []string) {
	if n.kind != mapping {
		return
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(n.fields)))
	for _, f := range n.fields {
		item := reflect.New(v.Type().Elem()).Elem()
		fillDefaults(item)
		r.read(f.value, item, below(path, f.key))
		if !f.value.broken && f.value.kind == kindOf(item.Type()) {
			v.SetMapIndex(reflect.ValueOf(f.key), item)
		}
	}
}

func (r reader) items(n *node, v reflect.Value, path []string) {
	if n.kind != sequence {
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.items), len(n.items)))
	for i, item := range n.items {
		fillDefaults(v.Index(i))
		r.read(item, v.Index(i), below(path, fmt.Sprint(i)))
	}
}

// kindOf is the kind of node a Go type is read from.
func kindOf(t reflect.Type) kind {
	switch t.Kind() {
	case reflect.Struct, reflect.Map:
		return mapping
	case reflect.Slice:
		return sequence
	case reflect.Bool:
		return boolean
	}
	return text
}

// fillDefaults sets what the default tags say, in v and in the structs within it.
// Maps, lists and pointers without a tag stay absent.
func fillDefaults(v reflect.Value) {
	if v.Kind() != reflect.Struct {
		return
	}
	for i := range v.NumField() {
		field := v.Type().Field(i)
		written, ok := field.Tag.Lookup("default")
		if !ok {
			if _, self := v.Field(i).Addr().Interface().(scalar); !self {
				fillDefaults(v.Field(i))
			}
			continue
		}
		setDefault(v.Field(i), written)
	}
}

func setDefault(v reflect.Value, written string) {
	if s, ok := v.Addr().Interface().(scalar); ok {
		if f := s.read(wordNode(written)); f != nil {
			panic(fmt.Sprintf("default %q of %s: %s", written, v.Type(), f.message))
		}
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(written)
	case reflect.Bool:
		v.SetBool(written == "true")
	case reflect.Slice:
		v.Set(reflect.ValueOf(strings.Split(written, ",")))
	default:
		panic(fmt.Sprintf("no default of %s", v.Type()))
	}
}

// wordNode is a word as a file would have it.
func wordNode(written string) *node {
	n := &node{kind: text, raw: written}
	if jsonNumber.MatchString(written) {
		n.kind = number
	}
	return n
}

func jsonName(f reflect.StructField) string { return f.Tag.Get("json") }

// below is path with one step more; it never shares memory with a sibling's.
func below(path []string, step string) []string {
	return append(path[:len(path):len(path)], step)
}

// fillDefaultsOf sets the defaults of a struct.
func fillDefaultsOf[T any](p *T) { fillDefaults(reflect.ValueOf(p).Elem()) }
