package events

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"sync"
	"unicode/utf8"
)

var errNoObject = errors.New("want an object")

// decoderOf makes the function that reads payloads of one type, by value. The usual
// ones are read by the type's shape, which is many times as fast; what that does not
// know is encoding/json's.
func decoderOf[P Payload]() func(raw []byte) (Payload, error) {
	shaped := sync.OnceValue(func() shape { return shapeOf(reflect.TypeFor[P]()) }) // few commands read every payload
	rooms := sync.Pool{New: func() any { return new(P) }}                           // a payload is copied out of it by value
	return func(raw []byte) (Payload, error) {
		c := cursor{b: raw}
		if len(raw) == 0 || c.peek() != '{' {
			return nil, errNoObject
		}
		room := rooms.Get().(*P)
		v := reflect.ValueOf(room).Elem()
		defer func() {
			v.SetZero()
			rooms.Put(room)
		}()
		if utf8.Valid(raw) && shaped()(&c, v) && c.peek() == 0 && c.i == len(raw) {
			return *room, nil
		}
		var p P
		if err := json.Unmarshal(raw, &p); err != nil {
			return nil, err
		}
		return p, nil
	}
}

// wholeOf makes the function that gives every list of a payload that is always
// written an empty one in place of nil: encoding/json would write null there, which
// no reader expects and which would make two payloads that say the same differ. It is
// nil where the payload has no such list.
func wholeOf[P Payload]() func(Payload) Payload {
	if !hasLists(reflect.TypeFor[P]()) {
		return nil
	}
	return func(p Payload) Payload {
		v := p.(P)
		fillLists(reflect.ValueOf(&v).Elem())
		return v
	}
}

// hasLists tells whether a value of type t may hold a list that would be written null.
func hasLists(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return hasLists(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			if f.IsExported() && (isNullable(f) || hasLists(f.Type)) {
				return true
			}
		}
	}
	return false
}

// isNullable tells the fields that are written null when they are nil.
func isNullable(f reflect.StructField) bool {
	_, options, _ := strings.Cut(f.Tag.Get("json"), ",")
	list := f.Type.Kind() == reflect.Slice || f.Type.Kind() == reflect.Map
	return list && !strings.Contains(options, "omit")
}

// fillLists changes v, which is a copy; what v points to it copies first.
func fillLists(v reflect.Value) {
	k := v.Kind()
	if !hasLists(v.Type()) || (k == reflect.Pointer || k == reflect.Slice || k == reflect.Map) && v.IsNil() {
		return
	}
	switch k {
	case reflect.Pointer:
		c := reflect.New(v.Type().Elem())
		c.Elem().Set(v.Elem())
		fillLists(c.Elem())
		v.Set(c)
	case reflect.Slice:
		c := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(c, v)
		for i := range c.Len() {
			fillLists(c.Index(i))
		}
		v.Set(c)
	case reflect.Map:
		fillMap(v)
	case reflect.Struct:
		for i := range v.NumField() {
			fillField(v.Field(i), v.Type().Field(i))
		}
	}
}

func fillField(v reflect.Value, f reflect.StructField) {
	if !f.IsExported() {
		return
	}
	switch {
	case !isNullable(f) || !v.IsNil():
		fillLists(v)
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	default:
		v.Set(reflect.MakeMap(v.Type()))
	}
}

func fillMap(v reflect.Value) {
	c := reflect.MakeMapWithSize(v.Type(), v.Len())
	for key, value := range v.Seq2() {
		full := reflect.New(v.Type().Elem()).Elem()
		full.Set(value)
		fillLists(full)
		c.SetMapIndex(key, full)
	}
	v.Set(c)
}
