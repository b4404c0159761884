package appfile

import (
	"slices"
	"strconv"

	"github.com/invopop/jsonschema"
	"slipway.dev/events"
)

// Balance is a rule's word, or a hash and what it hashes.
type Balance struct {
	Rule string
	Key  *events.BalanceKey // of rule hash
}

// Percent is a share in basis points, written 20%.
type Percent int

// Status is an answer that may be tried again.
type Status int

var (
	balanceRules = []string{events.BalanceLeastRequest, events.BalanceRoundRobin, events.BalanceWeighted, events.BalanceP2C}
	hashedBy     = []string{events.ByHeader, events.ByCookie, events.ByIP}
	retried      = []string{"502", "503", "504"}
)

const balanceRule = "must be least-request, round-robin, weighted, p2c or {hash: header|cookie|ip, name: …}"

func (b *Balance) read(n *node) *fault {
	*b = Balance{Rule: n.raw}
	switch {
	case n.kind == text && slices.Contains(balanceRules, n.raw):
		return nil
	case n.kind == text:
		return &fault{code: NotOneOf, message: balanceRule, allowed: balanceRules}
	case n.kind != mapping:
		return &fault{code: WrongType, message: balanceRule}
	}
	by, _ := n.get("hash")
	name, named := n.get("name")
	*b = Balance{Rule: events.BalanceHash, Key: &events.BalanceKey{}}
	if by.value == nil || !slices.Contains(hashedBy, by.value.raw) || len(n.fields) > 2 || !named && len(n.fields) > 1 {
		return &fault{code: NotOneOf, message: balanceRule}
	}
	b.Key.By = by.value.raw
	if named {
		b.Key.Name = name.value.raw
	}
	return nil
}

func (p *Percent) read(n *node) *fault {
	bp, f := readShare(n)
	*p = Percent(bp)
	return f
}

func (s *Status) read(n *node) *fault {
	if !slices.Contains(retried, n.raw) {
		return &fault{code: NotOneOf, message: "must be 502, 503 or 504", allowed: retried}
	}
	code, _ := strconv.Atoi(n.raw)
	*s = Status(code)
	return nil
}

// JSONSchema of a balance.
func (Balance) JSONSchema() *jsonschema.Schema {
	properties := jsonschema.NewProperties()
	properties.Set("hash", words(hashedBy...))
	properties.Set("name", &jsonschema.Schema{Type: "string"})
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{words(balanceRules...), {
		Type: "object", Properties: properties, Required: []string{"hash"}, AdditionalProperties: jsonschema.FalseSchema,
	}}}
}

// JSONSchema of a percentage.
func (Percent) JSONSchema() *jsonschema.Schema { return word(shareShape, "20%") }

// JSONSchema of a status.
func (Status) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "integer", Enum: []any{502, 503, 504}}
}
