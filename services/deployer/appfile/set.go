package appfile

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// setName stands for the file's name where a mistake is in a --set argument.
const setName = "--set"

// Setting is one PATH=VALUE of the command line, such as deploy.strategy=recreate.
// It stands for what the file says there, in every document; VALUE is one word and
// takes the kind of its field.
type Setting string

// note keeps the argument as a line behind the file's own, so that a mistake in it is
// shown like any other.
func (s *source) note(arg Setting) (line int) {
	s.lines = append(s.lines, string(arg))
	return len(s.lines)
}

// set puts the value into the tree.
func (s *source) set(doc *node, arg Setting, line int) {
	field, value, ok := strings.Cut(string(arg), "=")
	path := split(field)
	if !ok || len(path) == 0 {
		s.fail(Error{Line: line, Column: 1, Code: WrongType, Message: "must be PATH=VALUE, such as replicas=3"})
		return
	}
	leaf := &node{kind: text, plain: true, replaced: true, raw: value, line: line, column: utf8.RuneCountInString(field) + 2}
	if !put(doc, path, leaf) {
		s.fail(Error{Line: line, Column: 1, Path: field, Code: UnknownField, Message: "nothing stands there that could be set"})
	}
}

// put replaces what stands at path, making the mappings on the way that are missing.
func put(at *node, path []string, leaf *node) bool {
	step, rest := path[0], path[1:]
	if at.kind == sequence {
		i, err := strconv.Atoi(step)
		if err != nil || i < 0 || i >= len(at.items) {
			return false
		}
		if len(rest) == 0 {
			at.items[i] = leaf
			return true
		}
		return put(at.items[i], rest, leaf)
	}
	if at.kind != mapping {
		return false
	}
	i := 0
	for i < len(at.fields) && at.fields[i].key != step {
		i++
	}
	if i == len(at.fields) {
		below := &node{kind: mapping, line: leaf.line, column: 1}
		at.fields = append(at.fields, field{key: step, line: leaf.line, column: 1, value: below})
	}
	if len(rest) > 0 {
		return put(at.fields[i].value, rest, leaf)
	}
	at.fields[i] = field{key: step, line: leaf.line, column: 1, value: leaf}
	return true
}
