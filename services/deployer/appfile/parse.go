package appfile

import (
	"bytes"
	"fmt"
	"slices"

	"slipway.dev/events"
	"slipway.dev/pkg/nearest"
)

// App is one document of an app file, resolved.
type App struct {
	// Document with every default filled in. With ArtifactPath its artifact has only
	// a name: hash and upload the file, then call Document.SetArtifact.
	Document events.Document
	// ArtifactPath is the file or archive to run, as written; "" is none.
	ArtifactPath string
	// Build is the command to run before the artifact is read; nil is none.
	Build []string

	source *source
	root   *node
}

// Parse reads an app file: every document of it, or every mistake in it, sorted by
// position. Apps are returned only where there is no mistake at all.
func Parse(name string, src []byte, lookup func(string) (string, bool)) ([]App, Errors) {
	return ParseSet(name, src, lookup, nil)
}

// ParseSet is Parse with settings of the command line in place of what the file says.
func ParseSet(name string, src []byte, lookup func(string) (string, bool), settings []Setting) ([]App, Errors) {
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	s := newSource(name, src)
	if lookup == nil {
		lookup = func(string) (string, bool) { return "", false }
	}
	docs := s.documents(src)
	if len(docs) == 0 && len(s.errs) == 0 {
		docs = []*node{{kind: mapping, line: 1, column: 1}}
	}
	var lines []int
	for _, arg := range settings {
		lines = append(lines, s.note(arg))
	}
	var apps []App
	for i, doc := range docs {
		if i == 0 && doc.kind == mapping {
			doc.line, doc.column = 1, 1 // what is missing at the root is told in line 1
		}
		s.substitute(doc, nil, lookup)
		for j, arg := range settings {
			s.set(doc, arg, lines[j])
		}
		apps = append(apps, s.app(doc))
	}
	s.sameTwice(apps)
	if len(s.errs) > 0 {
		s.errs.sort()
		return nil, s.errs
	}
	return apps, nil
}

// app takes one document through the chain: schema, units, rules.
func (s *source) app(doc *node) App {
	before := len(s.errs)
	retype(doc, fileType)
	s.matchSchema(doc)
	if doc.kind != mapping {
		return App{source: s, root: doc}
	}
	f := s.form(doc)
	s.rules(doc)
	app := App{Document: resolve(f), Build: f.Build, source: s, root: doc}
	if _, said := doc.get("replicas"); !said && app.Document.External && !app.Document.HasProgram() {
		app.Document.Replicas = 0 // there is nothing to run
	}
	if f.Artifact != nil {
		app.ArtifactPath = *f.Artifact
	}
	c := checker{doc: app.Document, local: true, root: doc, anyStrategy: s.errs[before:].about("deploy.strategy")}
	for _, v := range c.check() {
		app.tell(v)
	}
	if app.Document.Artifact == nil {
		app.Document.NameVersion()
	}
	return app
}

// sameTwice: an app stands once in a file.
func (s *source) sameTwice(apps []App) {
	first := map[string]int{}
	for _, app := range apps {
		at, n, whole := app.root.at([]string{"name"})
		if !whole || n.broken || n.kind != text {
			continue
		}
		if line, twice := first[n.raw]; twice {
			s.fail(Error{Line: n.line, Column: n.column, Path: "name", Code: Duplicate, Got: n.raw, text: true,
				Message: fmt.Sprintf("the app is declared twice, first in line %d", line)})
			continue
		}
		first[n.raw] = at.line
	}
}

// Fault is a mistake found later at a field of the app, such as an artifact that
// cannot be read: located and shown like all others.
func (a App) Fault(field string, code Code, message string) Error {
	line, column, _ := a.locate(split(field))
	return a.source.placed(Error{Line: line, Column: column, Path: field, Code: code, Message: message})
}

// Position is where a field stands, or the nearest field above it that is written.
func (a App) Position(field string) (line, column int) {
	line, column, _ = a.locate(split(field))
	return line, column
}

// locate finds a scalar by its value and everything else by its key. sound is false
// where something on the way has been told as wrong already.
func (a App) locate(path []string) (line, column int, sound bool) {
	sound = true
	for i := range path {
		if _, n, whole := a.root.at(path[:i]); whole && n.broken {
			sound = false
		}
	}
	last, n, whole := a.root.at(path)
	if n.broken {
		sound = false
	}
	if whole && n.kind != mapping && n.kind != sequence {
		return n.line, n.column, sound
	}
	return last.line, last.column, sound
}

// tell adds a violation of the rules, unless the schema has told the field, or
// something on the way to it, already. Of what is missing in one place one thing is
// told by the rules only where the schema told nothing.
func (a App) tell(v Violation) {
	path := v.path
	if v.Code == Missing {
		path = parent(path)
	}
	line, column, sound := a.locate(path)
	if !sound || a.source.told(v, line, column) {
		return
	}
	a.source.fail(Error{Line: line, Column: column, Path: v.Field, Code: v.Code, Message: v.message,
		Got: v.got, text: v.quoted, Allowed: slices.Clone(v.allowed), Suggestion: nearest.Of(v.got, v.allowed)})
}

func (s *source) told(v Violation, line, column int) bool {
	return slices.ContainsFunc(s.errs, func(e Error) bool {
		missing := v.Code == Missing && e.Code == Missing
		return e.Line == line && e.Column == column && (e.Path == v.Field || missing)
	})
}
