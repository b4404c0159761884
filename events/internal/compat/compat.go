package compat

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Breaks are the ways in which a new JSON Schema breaks an old one, each with the
// field it is about, sorted; none if it is compatible. The error is of a text that is
// no schema.
func Breaks(old, now []byte) ([]string, error) {
	var w walk
	if err := json.Unmarshal(old, &w.old); err != nil {
		return nil, fmt.Errorf("read the old schema: %w", err)
	}
	if err := json.Unmarshal(now, &w.now); err != nil {
		return nil, fmt.Errorf("read the new schema: %w", err)
	}
	w.compare("", w.old, w.now)
	slices.Sort(w.found)
	return slices.Compact(w.found), nil
}

type object = map[string]any

// walk goes through two schemas side by side.
type walk struct {
	old, now object
	open     []string // pairs of references being compared: a shape may hold itself
	found    []string
}

func (w *walk) say(path, format string, args ...any) {
	if path == "" {
		path = "the whole"
	}
	w.found = append(w.found, path+" "+fmt.Sprintf(format, args...))
}

func (w *walk) compare(path string, old, now object) {
	pair := fmt.Sprint(old["$ref"], " ", now["$ref"])
	if old["$ref"] != nil && slices.Contains(w.open, pair) {
		return
	}
	w.open = append(w.open, pair)
	defer func() { w.open = w.open[:len(w.open)-1] }()
	old, now = resolve(w.old, old), resolve(w.now, now)
	if !reflect.DeepEqual(old["type"], now["type"]) {
		w.say(path, "was %v and is %v", typeOf(old), typeOf(now))
		return
	}
	w.values(path, old, now)
	w.bounds(path, old, now)
	w.fields(path, old, now)
	for _, inner := range []string{"items", "additionalProperties"} {
		a, had := old[inner].(object)
		b, has := now[inner].(object)
		if had && has {
			w.compare(path+"[]", a, b)
		} else if has {
			w.say(path, "takes less than before in %s", inner)
		}
	}
}

// values compares what a text may be.
func (w *walk) values(path string, old, now object) {
	for _, word := range []string{"pattern", "format", "const"} {
		if now[word] != nil && !reflect.DeepEqual(old[word], now[word]) {
			w.say(path, "has another %s", word)
		}
	}
	allowed, limited := now["enum"].([]any)
	if !limited {
		return
	}
	before, _ := old["enum"].([]any)
	if before == nil {
		w.say(path, "takes only some values now")
	}
	for _, v := range before {
		if !slices.Contains(allowed, v) {
			w.say(path, "may no longer be %v", v)
		}
	}
}

// bounds compares how large and how long a value may be.
func (w *walk) bounds(path string, old, now object) {
	for word, sign := range map[string]float64{
		"minimum": 1, "minLength": 1, "minItems": 1, "maximum": -1, "maxLength": -1, "maxItems": -1,
	} {
		limit, limited := now[word].(float64)
		before, had := old[word].(float64)
		if limited && (!had || sign*limit > sign*before) {
			w.say(path, "has a narrower %s", word)
		}
	}
}

func (w *walk) fields(path string, old, now object) {
	before, after := properties(old), properties(now)
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if after[name] == nil {
			w.say(below(path, name), "was removed or renamed")
			continue
		}
		w.compare(below(path, name), before[name].(object), after[name].(object))
	}
	had, has := required(old), required(now)
	for _, name := range has {
		if !slices.Contains(had, name) {
			w.say(below(path, name), "is required now")
		}
	}
	for _, name := range had {
		if after[name] != nil && !slices.Contains(has, name) {
			w.say(below(path, name), "is no longer always there")
		}
	}
}

func below(path, name string) string { return strings.TrimPrefix(path+"."+name, ".") }

// resolve follows a reference to a schema's own definitions.
func resolve(whole, s object) object {
	ref, is := s["$ref"].(string)
	if !is {
		return s
	}
	defs, _ := whole["$defs"].(object)
	to, _ := defs[strings.TrimPrefix(ref, "#/$defs/")].(object)
	return to
}

func typeOf(s object) any {
	if s["type"] == nil {
		return "anything"
	}
	return s["type"]
}

// properties are the fields, each a schema; one that is true takes anything.
func properties(s object) object {
	all := object{}
	fields, _ := s["properties"].(object)
	for name, v := range fields {
		if all[name] = v; reflect.TypeOf(v) != reflect.TypeFor[object]() {
			all[name] = object{}
		}
	}
	return all
}

func required(s object) (names []string) {
	list, _ := s["required"].([]any)
	for _, v := range list {
		names = append(names, v.(string))
	}
	return names
}
