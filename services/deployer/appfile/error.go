package appfile

import (
	"cmp"
	"slices"
)

// Code names a kind of mistake in an app file. Codes are never reused.
type Code string

// The codes of an app file.
const (
	NotYAML      Code = "SLW-F001" // the text is not YAML
	UnknownField Code = "SLW-F002" // nobody knows the field, or it is not built yet
	WrongType    Code = "SLW-F003" // text where a number is wanted, and so on
	NotOneOf     Code = "SLW-F004" // a word outside its list
	OutOfRange   Code = "SLW-F005" // too small, too large, too long, not the shape of a name
	Missing      Code = "SLW-F006" // a field that must be written is not
	Duplicate    Code = "SLW-F007" // a key or an app is written twice
	NoUnit       Code = "SLW-F008" // a bare number where a duration or size is meant
	Exclusive    Code = "SLW-F009" // fields that exclude one another
	Unreadable   Code = "SLW-F010" // a file cannot be read
	BeyondLimit  Code = "SLW-F011" // the text is larger or deeper than is read
	UnsetVar     Code = "SLW-F012" // a variable is not set
	NeedsStore   Code = "SLW-M001" // nothing keeps the samples it asks for
)

// Error is one mistake and where it stands.
type Error struct {
	File       string   `json:"file"`
	Line       int      `json:"line"`    // from 1
	Column     int      `json:"column"`  // from 1, in code points
	Path       string   `json:"path"`    // ports.http.target; "" is the whole document
	Code       Code     `json:"code"`    // SLW-F004
	Message    string   `json:"message"` // what must be, without what was got
	Got        string   `json:"got,omitempty"`
	Allowed    []string `json:"allowed,omitempty"`
	Suggestion string   `json:"suggestion,omitempty"` // the nearest word that would be right
	Snippet    string   `json:"snippet"`              // at most five lines around it, with a caret

	text bool // Got was text, so it is shown in quotes
}

// Errors is every mistake of a file, sorted by position.
type Errors []Error

// Error renders the list as people see it.
func (e Errors) Error() string { return Render(e) }

// about tells whether one of them is about a field.
func (e Errors) about(path string) bool {
	return slices.ContainsFunc(e, func(one Error) bool { return one.Path == path })
}

func (e Errors) sort() {
	slices.SortStableFunc(e, func(a, b Error) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Path, b.Path), cmp.Compare(a.Code, b.Code))
	})
}
