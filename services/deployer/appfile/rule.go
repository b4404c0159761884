package appfile

import (
	"fmt"
	"reflect"
)

// rules tells what a schema cannot say about the file form: fields that exclude one
// another.
func (s *source) rules(doc *node) {
	s.units(doc)
	for _, name := range []string{"ready", "live"} {
		path := []string{"health", name}
		_, n, whole := doc.at(path)
		if !whole || n.broken || n.kind != mapping {
			continue
		}
		s.oneCheck(doc, n, path)
	}
}

// oneCheck: a check asks in exactly one way. Ready has one by default, so there the
// other fields may stand alone.
func (s *source) oneCheck(doc, n *node, path []string) {
	first := field{}
	for _, f := range n.fields {
		if f.key != "http" && f.key != "tcp" && f.key != "exec" || f.value.raw == "false" {
			continue
		}
		if first.key != "" {
			s.exclude(path, first, f)
			continue
		}
		first = f
	}
	port, asked := n.get("port")
	switch {
	case first.key == "" && path[1] == "live":
		s.fail(unasked(doc, path))
	case first.key == "exec" && asked:
		s.exclude(path, first, port)
	}
}

// unasked is a check that asks in no way, told at its key.
func unasked(doc *node, path []string) Error {
	at, _, _ := doc.at(path)
	return Error{Line: at.line, Column: at.column, Path: join(path), Code: Missing, Message: "needs one of http, tcp, exec"}
}

// exclude tells two fields that exclude one another, at the one written second.
func (s *source) exclude(path []string, a, b field) {
	if a.line > b.line || a.line == b.line && a.column > b.column {
		a, b = b, a
	}
	s.fail(Error{Line: b.line, Column: b.column, Path: join(below(path, b.key)), Code: Exclusive,
		Message: fmt.Sprintf("%s and %s exclude one another", a.key, b.key)})
}

// form reads a document of the right shape into the file form.
func (s *source) form(doc *node) file {
	var f file
	v := reflect.ValueOf(&f).Elem()
	fillDefaults(v)
	reader{s}.read(doc, v, nil)
	return f
}
