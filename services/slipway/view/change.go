package view

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"

	"slipway.dev/events"
	"slipway.dev/pkg/service"
)

// Change is one field that a declaration adds, removes or changes.
type Change struct {
	Path     string `json:"path"`
	Op       string `json:"op"`
	From     any    `json:"from,omitempty"`
	To       any    `json:"to,omitempty"`
	Restarts bool   `json:"restarts"`
}

// Changes compares two documents field by field, sorted by path; without an old one
// everything that is written is added.
func Changes(old *events.Document, d events.Document) []Change {
	before, after := map[string]any{}, fields(d)
	made := fields(d.Spec())
	if old != nil {
		before = fields(*old)
		for path := range fields(old.Spec()) {
			made[path] = true
		}
	}
	paths := map[string]bool{}
	for path := range before {
		paths[path] = true
	}
	for path := range after {
		paths[path] = true
	}
	list := []Change{}
	for _, path := range service.Sorted(paths) {
		from, was := before[path]
		to, is := after[path]
		if was && is && reflect.DeepEqual(from, to) {
			continue
		}
		_, restarts := made[path]
		c := Change{Path: path, Op: "change", From: from, To: to, Restarts: restarts && !named(path)}
		switch {
		case !was:
			c.Op = "add"
		case !is:
			c.Op = "remove"
		}
		list = append(list, c)
	}
	return list
}

// named are fields of an artifact that only name it.
func named(path string) bool { return path == "artifact.name" || path == "artifact.sizeBytes" }

// fields are the leaves of a value as JSON, by path.
func fields(v any) map[string]any {
	body, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("write %T: %v", v, err)) // strings, numbers and booleans only
	}
	read := json.NewDecoder(bytes.NewReader(body))
	read.UseNumber()
	var tree any
	if err := read.Decode(&tree); err != nil {
		panic(fmt.Sprintf("read %T back: %v", v, err))
	}
	leaves := map[string]any{}
	collect(leaves, "", tree)
	return leaves
}

func collect(leaves map[string]any, path string, tree any) {
	switch t := tree.(type) {
	case map[string]any:
		for key, v := range t {
			collect(leaves, below(path, key), v)
		}
	case []any:
		for i, v := range t {
			collect(leaves, below(path, strconv.Itoa(i)), v)
		}
	default:
		leaves[path] = t
	}
}

func below(path, step string) string {
	if path == "" {
		return step
	}
	return path + "." + step
}
