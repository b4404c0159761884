package appfile

import (
	"reflect"
	"strconv"
	"strings"
)

var (
	fileType   = reflect.TypeFor[file]()
	scalarType = reflect.TypeFor[scalar]()
)

// typeAt is the Go type a path leads to, the struct field it is, and the path with *
// for every name the author chose. ok is false where the file form has no such place.
func typeAt(path []string) (t reflect.Type, f reflect.StructField, pattern string, ok bool) {
	t = fileType
	var steps []string
	for _, step := range path {
		t = bare(t)
		switch {
		case reflect.PointerTo(t).Implements(scalarType):
			return nil, f, "", false
		case t.Kind() == reflect.Struct:
			found, known := fieldNamed(t, step)
			if !known {
				return nil, f, "", false
			}
			t, f = found.Type, found
		case t.Kind() == reflect.Map:
			t, step = t.Elem(), "*"
		case t.Kind() == reflect.Slice:
			if _, err := strconv.Atoi(step); err != nil {
				return nil, f, "", false
			}
			t, step = t.Elem(), "*"
		default:
			return nil, f, "", false
		}
		steps = append(steps, step)
	}
	return bare(t), f, strings.Join(steps, "."), true
}

func bare(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

func isScalar(t reflect.Type) bool { return reflect.PointerTo(t).Implements(scalarType) }

func fieldNamed(t reflect.Type, name string) (reflect.StructField, bool) {
	for i := range t.NumField() {
		if f := t.Field(i); jsonName(f) == name {
			return f, true
		}
	}
	return reflect.StructField{}, false
}

// names are the fields a struct of the file form has.
func names(t reflect.Type) []string {
	if t = bare(t); t.Kind() != reflect.Struct {
		return nil
	}
	var all []string
	for i := range t.NumField() {
		all = append(all, jsonName(t.Field(i)))
	}
	return all
}

// retype reads a plain scalar that came from a variable as the kind its field wants,
// so that replicas: ${N} is a number and version: ${V} stays text.
func retype(n *node, t reflect.Type) {
	t = bare(t)
	if n.kind == text && n.plain && n.replaced {
		switch {
		case t.Kind() == reflect.Bool && (n.raw == "true" || n.raw == "false"):
			n.kind = boolean
		case isScalar(t) && jsonNumber.MatchString(n.raw):
			n.kind = number
		}
	}
	if isScalar(t) {
		return
	}
	for _, f := range n.fields {
		switch t.Kind() {
		case reflect.Map:
			retype(f.value, t.Elem())
		case reflect.Struct:
			if field, ok := fieldNamed(t, f.key); ok {
				retype(f.value, field.Type)
			}
		}
	}
	for _, item := range n.items {
		if t.Kind() == reflect.Slice {
			retype(item, t.Elem())
		}
	}
}
