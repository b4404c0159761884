package appfile

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	validator "github.com/santhosh-tekuri/jsonschema/v6"
	says "github.com/santhosh-tekuri/jsonschema/v6/kind"

	"slipway.dev/pkg/nearest"
)

// matchSchema tells every place where the document's shape is not the file form's.
func (s *source) matchSchema(doc *node) {
	var invalid *validator.ValidationError
	if !errors.As(compiled().Validate(doc.value()), &invalid) {
		return
	}
	leaves := leavesOf(invalid)
	// A wrong type first: whether the word is one of a list is then no question.
	slices.SortStableFunc(leaves, func(a, b *validator.ValidationError) int { return rank(a) - rank(b) })
	for _, leaf := range leaves {
		s.violation(doc, leaf)
	}
}

func leavesOf(e *validator.ValidationError) []*validator.ValidationError {
	if len(e.Causes) == 0 {
		return []*validator.ValidationError{e}
	}
	var all []*validator.ValidationError
	for _, cause := range e.Causes {
		all = append(all, leavesOf(cause)...)
	}
	return all
}

func rank(e *validator.ValidationError) int {
	if _, ok := e.ErrorKind.(*says.Type); ok {
		return 0
	}
	return 1
}

func (s *source) violation(doc *node, leaf *validator.ValidationError) {
	path := leaf.InstanceLocation
	if insideScalar(path) {
		return // such a value reads itself and says more than its pattern could
	}
	switch k := leaf.ErrorKind.(type) {
	case *says.AdditionalProperties:
		for _, name := range k.Properties {
			s.unknown(doc, path, name)
		}
	case *says.Required:
		for _, name := range k.Missing {
			s.missing(doc, below(path, name), "must be written")
		}
	case *says.Type:
		s.wrong(doc, path, Error{Code: WrongType, Message: wanted(doc, path, k.Want)})
	case *says.Enum:
		s.notOneOf(doc, path)
	default:
		s.wrong(doc, path, Error{Code: OutOfRange, Message: "does not fit the schema: " + fmt.Sprint(leaf)})
	}
}

// insideScalar says whether a value on the way reads itself.
func insideScalar(path []string) bool {
	for i := range path {
		if t, _, _, ok := typeAt(path[:i+1]); ok && isScalar(t) {
			return true
		}
	}
	return false
}

// unknown tells a field nobody knows, at its key.
func (s *source) unknown(doc *node, path []string, name string) {
	_, at, _ := doc.at(path)
	f, ok := at.get(name)
	if !ok || f.value.broken {
		return
	}
	f.value.broken = true
	t, _, pattern, _ := typeAt(path)
	e := Error{Line: f.line, Column: f.column, Path: join(below(path, name)), Code: UnknownField, Message: "unknown field"}
	known := append(names(t), laterFields(pattern)...)
	if slices.Contains(laterFields(pattern), name) {
		e.Message = "not built yet in this version"
	} else {
		e.Suggestion = nearest.Of(name, known)
	}
	s.fail(e)
}

// missing tells a field that is not there, at its parent's key; line 1 for the root.
func (s *source) missing(doc *node, path []string, message string) {
	at, _, whole := doc.at(parent(path))
	if !whole || at.value.broken {
		return
	}
	s.fail(Error{Line: at.line, Column: at.column, Path: join(path), Code: Missing, Message: message})
}

// wrong tells what is wrong with a value, once.
func (s *source) wrong(doc *node, path []string, e Error) {
	_, n, whole := doc.at(path)
	if !whole || n.broken {
		return
	}
	n.broken = true
	if word, later := laterValue(n, path); later {
		e = Error{Code: UnknownField, Message: fmt.Sprintf("%q is not built yet in this version", word)}
	} else {
		e.Got, e.text = n.got()
	}
	e.Line, e.Column, e.Path = n.line, n.column, join(path)
	s.fail(e)
}

// notOneOf tells a word outside its list. The list names the words of later versions
// too, so that a slip is understood, and then refused for what it is.
func (s *source) notOneOf(doc *node, path []string) {
	_, f, pattern, _ := typeAt(path)
	allowed := append(slices.Clone(oneOf(f)), laterWords[pattern]...)
	_, n, _ := doc.at(path)
	s.wrong(doc, path, Error{Code: NotOneOf, Message: "must be " + oneOfWords(allowed), Allowed: allowed,
		Suggestion: nearest.Of(n.raw, allowed)})
}

func oneOfWords(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	return "one of " + strings.Join(words, ", ")
}

// wanted says what type a place takes.
func wanted(doc *node, path []string, want []string) string {
	switch strings.Join(want, " ") {
	case "string":
		if _, n, _ := doc.at(path); n.kind == number || n.kind == boolean {
			return "must be text: write it in quotes"
		}
		return "must be text"
	case "boolean":
		return "must be true or false"
	case "object":
		return "must be a mapping of fields"
	case "array":
		if argv[path[len(path)-1]] {
			return `must be a list of words, such as ["/app", "serve"]; there is no shell`
		}
		return "must be a list"
	}
	return "must be " + list(want)
}

// argv are the fields that hold a command.
var argv = map[string]bool{"command": true, "exec": true, "build": true}
