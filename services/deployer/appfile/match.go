package appfile

import "github.com/invopop/jsonschema"

const match = "match"

// Match is a count, or match: as many as a share needs; that is 0.
type Match int

func (m *Match) read(n *node) *fault {
	*m = 0
	if n.kind == text && n.raw == match {
		return nil
	}
	value, f := readCount(n)
	if f != nil && f.code == WrongType {
		f.message, f.allowed = f.message+", or match", []string{match}
	}
	*m = Match(value)
	return f
}

// JSONSchema of a match.
func (Match) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "integer"}, words(match)}}
}
