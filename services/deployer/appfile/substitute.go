package appfile

import (
	"fmt"
	"regexp"
	"strings"
)

// variable is $$, ${NAME}, ${NAME:-default}, or an opening that is none of these.
var variable = regexp.MustCompile(`\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\{`)

// Lookup finds a variable; os.LookupEnv is one.
type Lookup func(name string) (value string, set bool)

// substitute replaces variables in the values of the tree, never in its keys or in
// the text, so a value can neither move a position nor add a field.
func (s *source) substitute(n *node, path []string, lookup Lookup) {
	for _, f := range n.fields {
		s.substitute(f.value, append(path[:len(path):len(path)], f.key), lookup)
	}
	for i, item := range n.items {
		s.substitute(item, append(path[:len(path):len(path)], fmt.Sprint(i)), lookup)
	}
	if n.kind != text || !strings.Contains(n.raw, "$") {
		return
	}
	n.raw = variable.ReplaceAllStringFunc(n.raw, func(found string) string {
		if found == "$$" {
			return "$"
		}
		n.replaced = true
		value, problem := replacement(found, lookup)
		if problem != "" && !n.broken {
			n.broken = true
			s.fail(Error{Line: n.line, Column: n.column, Path: join(path), Code: UnsetVar, Message: problem})
		}
		return value
	})
}

// replacement is what stands for ${NAME} or ${NAME:-default}. As in a shell, :- also
// stands in for an empty variable.
func replacement(found string, lookup Lookup) (value, problem string) {
	part := variable.FindStringSubmatch(found)
	name := part[1]
	if name == "" {
		return "", "is not a variable: write ${NAME}, ${NAME:-default}, or $$ for a dollar sign"
	}
	value, set := lookup(name)
	if strings.Contains(found, ":-") {
		if value == "" {
			value = part[2]
		}
		return value, ""
	}
	if !set {
		return "", fmt.Sprintf("variable %s is not set; ${%s:-x} gives a default", name, name)
	}
	return value, ""
}
