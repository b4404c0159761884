package appfile

import (
	"encoding/json"
	"strconv"
)

// kind is what a node of the tree holds.
type kind int

const (
	null kind = iota
	text
	number
	boolean
	mapping
	sequence
)

// node is one value of the file and where it stands. Aliases and merge keys are
// already replaced by what they stand for, at the place of their use.
type node struct {
	kind         kind
	line, column int
	raw          string // the scalar as text, variables replaced
	plain        bool   // written without quotes, so its kind may be read from its text
	replaced     bool   // a variable was replaced in it
	broken       bool   // already told as wrong: nothing else is said about it
	fields       []field
	items        []*node
}

// field is one key of a mapping and its value.
type field struct {
	key          string
	line, column int
	value        *node
}

// get finds a field by its key.
func (n *node) get(key string) (field, bool) {
	for _, f := range n.fields {
		if f.key == key {
			return f, true
		}
	}
	return field{}, false
}

// at follows a path as far as the file goes. It returns the last field passed, the
// node there, and whether the whole path exists.
func (n *node) at(path []string) (last field, found *node, whole bool) {
	last, found = field{line: n.line, column: n.column, value: n}, n
	for _, step := range path {
		if found.kind == sequence {
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(found.items) {
				return last, found, false
			}
			found = found.items[i]
			last = field{line: found.line, column: found.column, value: found}
			continue
		}
		f, ok := found.get(step)
		if !ok {
			return last, found, false
		}
		last, found = f, f.value
	}
	return last, found, true
}

// value is the node as encoding/json would have read it, for the schema.
func (n *node) value() any {
	switch n.kind {
	case text:
		return n.raw
	case number:
		return json.Number(n.raw)
	case boolean:
		return n.raw == "true"
	case mapping:
		m := make(map[string]any, len(n.fields))
		for _, f := range n.fields {
			m[f.key] = f.value.value()
		}
		return m
	case sequence:
		s := make([]any, len(n.items))
		for i, item := range n.items {
			s[i] = item.value()
		}
		return s
	}
	return nil
}

// got is how the node is shown in "(got …)", and whether that is text.
func (n *node) got() (string, bool) {
	switch n.kind {
	case text:
		return n.raw, true
	case number, boolean:
		return n.raw, false
	case mapping:
		return "a mapping", false
	case sequence:
		return "a list", false
	}
	return "nothing", false
}
