package events

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
)

// shape reads one JSON value into v, which is zero, and tells whether it could. What
// encoding/json would refuse, or read only by one of its leniencies, it does not read:
// the whole payload is left to encoding/json then, so both tell the same.
type shape func(c *cursor, v reflect.Value) bool

var (
	ownJSON = reflect.TypeFor[json.Unmarshaler]()
	ownText = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// shapeOf is made once of each payload struct; inside are the structs it stands in.
func shapeOf(t reflect.Type, inside ...reflect.Type) shape {
	if p := reflect.PointerTo(t); p.Implements(ownJSON) || p.Implements(ownText) {
		return readForeign
	}
	switch t.Kind() {
	case reflect.String:
		return readString
	case reflect.Bool:
		return readBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return readInt
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return readUint
	case reflect.Pointer:
		return readPointer(t.Elem(), shapeOf(t.Elem(), inside...))
	case reflect.Slice:
		if t.Elem().Kind() != reflect.Uint8 { // bytes are base64
			return readSlice(shapeOf(t.Elem(), inside...))
		}
	case reflect.Map:
		if key := t.Key(); key.Kind() == reflect.String && !reflect.PointerTo(key).Implements(ownText) {
			return readMap(t, shapeOf(t.Elem(), inside...))
		}
	case reflect.Struct:
		return shapeOfStruct(t, inside)
	}
	return readForeign
}

// shapeField is one name of a struct and where its value goes.
type shapeField struct {
	name string
	at   []int // index, through embedded structs
	read shape
}

// fieldsMost is how many names a struct has at most: one bit each tells the seen ones.
const fieldsMost = 64

func shapeOfStruct(t reflect.Type, inside []reflect.Type) shape {
	for _, outer := range inside {
		if outer == t {
			return readForeign // it holds itself
		}
	}
	fields, ok := shapeFields(nil, t, nil, append(inside[:len(inside):len(inside)], t))
	if !ok || len(fields) > fieldsMost {
		return readForeign
	}
	names := map[string]bool{}
	for _, f := range fields {
		if names[strings.ToLower(f.name)] {
			return readForeign // which one wins is encoding/json's affair
		}
		names[strings.ToLower(f.name)] = true
	}
	return readStruct(fields)
}

// shapeFields adds the fields of a struct found at an index; not where a field is
// written in a way of its own.
func shapeFields(fields []shapeField, t reflect.Type, at []int, inside []reflect.Type) (all []shapeField, ok bool) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		here := append(at[:len(at):len(at)], i)
		switch {
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct:
			if fields, ok = shapeFields(fields, f.Type, here, inside); !ok {
				return nil, false
			}
			continue
		case f.Anonymous || strings.Contains(options, "string"):
			return nil, false
		case !f.IsExported() || name == "-" && options == "":
			continue
		case name == "":
			name = f.Name
		}
		fields = append(fields, shapeField{name, here, shapeOf(f.Type, inside...)})
	}
	return fields, true
}
