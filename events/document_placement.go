package events

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Ways to choose among nodes that fit.
const (
	PlacementSpread  = "spread"
	PlacementBinpack = "binpack"
)

// Placement says where instances may and should run.
type Placement struct {
	// Strategy is spread or binpack.
	Strategy string `json:"strategy"`
	// Spread names what instances are spread over, the first first: node, zone, labels.K.
	Spread []string `json:"spread"`
	// Require are conditions a node must meet.
	Require []string `json:"require,omitempty"`
	// Prefer are conditions that count for or against a node.
	Prefer []Preference `json:"prefer,omitempty"`
	// MaxPerNode instances on one node; absent: no bound.
	MaxPerNode int `json:"maxPerNode,omitempty"`
}

// Preference is a condition and what it weighs.
type Preference struct {
	// Expr is the condition: node.labels.disk == ssd.
	Expr string `json:"expr"`
	// Weight is −100 to 100.
	Weight int `json:"weight"`
}

// Condition is a read expression about a node: field, operator, values.
type Condition struct {
	Field  string   // name, zone, arch, os or labels.K
	Op     string   // ==, !=, in, not in
	Values []string // one for == and !=
}

var (
	conditionShape = regexp.MustCompile(`^node\.(name|zone|arch|os|labels\.[A-Za-z0-9._-]+)\s+(==|!=|in|not\s+in)\s+(.+)$`)
	conditionWord  = regexp.MustCompile(`^[A-Za-z0-9._/-]+$`)
)

// ParseCondition reads "node.<name|zone|arch|os|labels.K> (==|!=|in|not in) V",
// where V is a word, or a list "[a, b]" for in and not in.
func ParseCondition(expr string) (Condition, error) {
	m := conditionShape.FindStringSubmatch(strings.TrimSpace(expr))
	if m == nil {
		return Condition{}, fmt.Errorf("read condition %q: want node.<name|zone|arch|os|labels.K> (==|!=|in|not in) V", expr)
	}
	c := Condition{Field: m[1], Op: strings.Join(strings.Fields(m[2]), " ")}
	text, list := m[3], c.Op == "in" || c.Op == "not in"
	if list {
		if len(text) < 2 || text[0] != '[' || text[len(text)-1] != ']' {
			return Condition{}, fmt.Errorf("read condition %q: %s wants a list, such as [a, b]", expr, c.Op)
		}
		text = text[1 : len(text)-1]
	}
	words := []string{text}
	if list {
		words = strings.Split(text, ",")
	}
	for _, word := range words {
		word = unquote(strings.TrimSpace(word))
		if !conditionWord.MatchString(word) {
			return Condition{}, fmt.Errorf("read condition %q: %q is no value", expr, word)
		}
		c.Values = append(c.Values, word)
	}
	return c, nil
}

// Holds says whether the condition is true of a node, told by its fields; a field
// the node does not have is "".
func (c Condition) Holds(field func(name string) string) bool {
	has := slices.Contains(c.Values, field(c.Field))
	if c.Op == "!=" || c.Op == "not in" {
		return !has
	}
	return has
}

func unquote(s string) string {
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		return s[1 : len(s)-1]
	}
	return s
}
