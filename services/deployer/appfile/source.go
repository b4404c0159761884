package appfile

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Limits of the text. They keep a hostile or generated file from costing more than
// a person's file ever would.
const (
	maxFileBytes  = 256 << 10
	maxDocuments  = 100
	maxAliasDepth = 8
	maxNodes      = 10_000 // after aliases
	maxNesting    = 64     // the parser's cost grows with the square of it
)

// source is one file: its name, its lines, and what was found wrong in it.
type source struct {
	name  string
	lines []string
	own   int // lines of the file itself; --set arguments follow
	errs  Errors
}

func newSource(name string, src []byte) *source {
	lines := strings.Split(strings.ReplaceAll(string(src), "\r\n", "\n"), "\n")
	if n := len(lines); lines[n-1] == "" {
		lines = lines[:n-1]
	}
	return &source{name: name, lines: lines, own: len(lines)}
}

// fail notes a mistake, with its excerpt.
func (s *source) fail(e Error) {
	s.errs = append(s.errs, s.placed(e))
}

// placed gives a mistake its file and excerpt: of the file, or of a --set argument.
func (s *source) placed(e Error) Error {
	e.Line, e.Column = max(e.Line, 1), max(e.Column, 1)
	e.File = s.name
	lines := s.lines[:s.own]
	if e.Line > s.own && e.Line <= len(s.lines) {
		e.File, lines, e.Line = setName, s.lines[e.Line-1:e.Line], 1
	}
	e.Snippet = excerpt(lines, e.Line, e.Column)
	return e
}

// documents reads the text into one tree for each document; nothing follows an
// error here, so it stops at the first.
func (s *source) documents(src []byte) (docs []*node) {
	if e, ok := tooLarge(src); ok {
		s.fail(e)
		return nil
	}
	defer func() { // the parser is not ours, and a file must never end the program
		if r := recover(); r != nil {
			docs = nil
			s.fail(Error{Line: 1, Column: 1, Code: NotYAML, Message: fmt.Sprintf("is not YAML: %v", r)})
		}
	}()
	file, err := parser.ParseBytes(src, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		s.fail(syntax(err))
		return nil
	}
	if len(file.Docs) > maxDocuments {
		s.fail(Error{Line: 1, Column: 1, Code: BeyondLimit,
			Message: fmt.Sprintf("at most %d documents in a file", maxDocuments), Got: strconv.Itoa(len(file.Docs))})
		return nil
	}
	b := builder{source: s}
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		b.anchors = map[string]ast.Node{}
		b.path = nil
		docs = append(docs, b.build(doc.Body, nil))
		if b.stopped {
			return nil
		}
	}
	return docs
}

// tooLarge refuses what the parser should not even see.
func tooLarge(src []byte) (Error, bool) {
	if len(src) > maxFileBytes {
		return Error{Code: BeyondLimit, Message: "the file is larger than 256Ki",
			Got: strconv.Itoa(len(src)) + " bytes"}, true
	}
	if !utf8.Valid(src) {
		return Error{Code: NotYAML, Message: "is not UTF-8 text"}, true
	}
	depth := 0
	for i, line := range strings.Split(string(src), "\n") {
		if dashes := len(line) - len(strings.TrimLeft(line, "- \t")); strings.Count(line[:dashes], "-") > maxNesting {
			depth = maxNesting + 1
		}
		depth += strings.Count(line, "[") + strings.Count(line, "{") - strings.Count(line, "]") - strings.Count(line, "}")
		if depth = max(depth, 0); depth > maxNesting {
			return Error{Line: i + 1, Code: BeyondLimit, Message: fmt.Sprintf("nested deeper than %d levels", maxNesting)}, true
		}
	}
	return Error{}, false
}

func syntax(err error) Error {
	e := Error{Line: 1, Column: 1, Code: NotYAML, Message: "is not YAML: " + err.Error()}
	told, ok := err.(interface {
		GetMessage() string
		GetToken() *token.Token
	})
	if !ok {
		return e
	}
	e.Message = "is not YAML: " + told.GetMessage()
	if tk := told.GetToken(); tk != nil && tk.Position != nil {
		e.Line, e.Column = tk.Position.Line, tk.Position.Column
	}
	return e
}
