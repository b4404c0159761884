package appfile

import (
	"fmt"
	"regexp"
	"strconv"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// builder turns the parser's tree into ours.
type builder struct {
	*source
	anchors map[string]ast.Node
	path    []string // of the value being read
	open    []string // names of the aliases being replaced
	nodes   int
	stopped bool
}

func (b *builder) stop(at *node, code Code, format string, args ...any) *node {
	if !b.stopped {
		b.fail(Error{Line: at.line, Column: at.column, Code: code, Message: fmt.Sprintf(format, args...)})
	}
	b.stopped, at.broken = true, true
	return at
}

// build makes a node of n. A node inside an alias stands where the alias is used (from).
func (b *builder) build(n ast.Node, from *node) *node {
	at := &node{plain: true}
	if from != nil {
		at.line, at.column = from.line, from.column
	} else if tk := n.GetToken(); tk != nil && tk.Position != nil {
		at.line, at.column = tk.Position.Line, tk.Position.Column
	}
	if b.nodes++; b.nodes > maxNodes {
		return b.stop(at, BeyondLimit, "more than %d values after aliases", maxNodes)
	}
	if len(b.path) > maxNesting {
		return b.stop(at, BeyondLimit, "nested deeper than %d levels", maxNesting)
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		b.mapping(at, n.Values, from)
		if from == nil && !n.IsFlowStyle && len(at.fields) > 0 {
			at.line, at.column = at.fields[0].line, at.fields[0].column
		}
	case *ast.MappingValueNode:
		b.mapping(at, []*ast.MappingValueNode{n}, from)
	case *ast.SequenceNode:
		at.kind = sequence
		for i, item := range n.Values {
			at.items = append(at.items, b.within(strconv.Itoa(i), item, from))
		}
	case *ast.AnchorNode:
		b.anchors[n.Name.GetToken().Value] = n.Value
		return b.build(n.Value, from)
	case *ast.AliasNode:
		return b.alias(at, n)
	case *ast.TagNode:
		return b.tagged(at, n, from)
	default:
		readScalar(at, n)
	}
	return at
}

func (b *builder) alias(at *node, n *ast.AliasNode) *node {
	name := n.Value.GetToken().Value
	target, ok := b.anchors[name]
	if !ok {
		return b.stop(at, NotYAML, "is not YAML: no anchor &%s before this alias", name)
	}
	if len(b.open) >= maxAliasDepth {
		return b.stop(at, BeyondLimit, "aliases deeper than %d", maxAliasDepth)
	}
	b.open = append(b.open, name)
	defer func() { b.open = b.open[:len(b.open)-1] }()
	return b.build(target, at)
}

func (b *builder) tagged(at *node, n *ast.TagNode, from *node) *node {
	tag := n.GetToken().Value
	if tag != "!!str" {
		return b.stop(at, NotYAML, "is not YAML we read: tag %s", tag)
	}
	made := b.build(n.Value, from)
	if made.kind == number || made.kind == boolean || made.kind == null {
		made.kind = text
	}
	made.plain = false
	return made
}

// within builds what stands below the present path.
func (b *builder) within(step string, n ast.Node, from *node) *node {
	b.path = append(b.path, step)
	defer func() { b.path = b.path[:len(b.path)-1] }()
	return b.build(n, from)
}

// mapping reads the fields, refuses a key written twice, and merges << where no own
// key of that name stands.
func (b *builder) mapping(at *node, values []*ast.MappingValueNode, from *node) {
	at.kind = mapping
	var merged []field
	for _, v := range values {
		if v.Key.Type() == ast.MergeKeyType {
			merged = append(merged, mergeable(b.build(v.Value, from))...)
			continue
		}
		f := keyOf(v.Key, from)
		f.value = b.within(f.key, v.Value, from)
		if b.stopped {
			return
		}
		if first, twice := at.get(f.key); twice {
			b.fail(Error{Line: f.line, Column: f.column, Code: Duplicate, Path: join(append(b.path, f.key)),
				Message: fmt.Sprintf("written twice, first in line %d", first.line)})
			continue
		}
		at.fields = append(at.fields, f)
	}
	for _, f := range merged {
		if _, own := at.get(f.key); !own {
			at.fields = append(at.fields, f)
		}
	}
}

// mergeable are the fields a merge key brings in: of one mapping or of a list of them.
func mergeable(n *node) []field {
	fields := n.fields
	for _, item := range n.items {
		fields = append(fields, item.fields...)
	}
	return fields
}

func keyOf(key ast.MapKeyNode, from *node) field {
	var n ast.Node = key
	if explicit, ok := key.(*ast.MappingKeyNode); ok {
		n = explicit.Value
	}
	tk := n.GetToken()
	f := field{key: tk.Value}
	if from != nil {
		f.line, f.column = from.line, from.column
	} else if tk.Position != nil {
		f.line, f.column = tk.Position.Line, tk.Position.Column
	}
	return f
}

// jsonNumber is what JSON calls a number; YAML also knows 0x1f, 1_000 and .5.
var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

func readScalar(at *node, n ast.Node) {
	at.raw = n.GetToken().Value
	switch n := n.(type) {
	case *ast.NullNode:
		at.kind = null
	case *ast.BoolNode:
		at.kind, at.raw = boolean, strconv.FormatBool(n.Value)
	case *ast.IntegerNode, *ast.FloatNode:
		at.kind = number
		if !jsonNumber.MatchString(at.raw) {
			at.kind = text // so the reader of the field says what it wants
		}
	case *ast.LiteralNode:
		at.kind, at.raw, at.plain = text, n.Value.Value, false
	case *ast.StringNode:
		at.kind, at.raw = text, n.Value
		at.plain = n.Token.Type == token.StringType
	default:
		at.kind = text
	}
}
