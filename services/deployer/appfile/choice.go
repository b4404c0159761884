package appfile

import (
	"regexp"
	"slices"
	"strings"

	"github.com/invopop/jsonschema"
	"slipway.dev/events"
)

// Words that stand beside a number or a name.
const (
	perNode   = "per-node"
	noHost    = "none"
	unlimited = "unlimited"
)

// Replicas is a count or per-node.
type Replicas struct {
	Count   int
	PerNode bool
}

// Portion is a count or a percentage.
type Portion struct{ events.Portion }

// Hosts is a name, a list of names, or none.
type Hosts struct {
	Names []string
	None  bool
}

// Promote is auto, manual or a duration.
type Promote struct {
	How     string
	AfterMs int64
}

// Mode is permission bits in octal, as text.
type Mode string

// DurationLimit is a duration in milliseconds or unlimited.
type DurationLimit int64

// SizeLimit is a size in bytes or unlimited.
type SizeLimit int64

// CountLimit is a count or unlimited.
type CountLimit int64

var (
	shareShape = regexp.MustCompile(`^([0-9]{1,3})(?:\.([0-9]{1,2}))?%$`)
	modeShape  = regexp.MustCompile(`^0[0-7]{3}$`)
)

func (r *Replicas) read(n *node) *fault {
	if n.kind == text {
		if *r = (Replicas{PerNode: n.raw == perNode}); r.PerNode {
			return nil
		}
		return &fault{code: WrongType, message: "must be a whole number or per-node", allowed: []string{perNode}}
	}
	value, f := readCount(n)
	if f != nil && f.code == WrongType {
		f.message += " or per-node"
	}
	*r = Replicas{Count: value}
	return f
}

func (p *Portion) read(n *node) *fault {
	*p = Portion{}
	if n.kind == number {
		value, f := readCount(n)
		p.Count = value
		return f
	}
	bp, f := readShare(n)
	p.ShareBp = bp
	if f != nil && f.code == WrongType {
		f.message = "must be a whole number or a share such as 25%"
	}
	return f
}

// readShare reads a percentage into basis points.
func readShare(n *node) (int, *fault) {
	m := shareShape.FindStringSubmatch(n.raw)
	if m == nil || n.kind != text {
		return 0, &fault{code: WrongType, message: "must be a share with at most two decimals, such as 5%"}
	}
	bp := int(thousandths(m[1], m[2]) / 10)
	if bp < 1 || bp > 10_000 {
		return 0, &fault{code: OutOfRange, message: "must be between 0.01% and 100%"}
	}
	return bp, nil
}

func (h *Hosts) read(n *node) *fault {
	*h = Hosts{}
	switch {
	case n.kind == text && n.raw == noHost:
		h.None = true
	case n.kind == text:
		h.Names = []string{n.raw}
	case n.kind == sequence && !slices.ContainsFunc(n.items, func(i *node) bool { return i.kind != text }):
		for _, item := range n.items {
			h.Names = append(h.Names, item.raw)
		}
	default:
		return &fault{code: WrongType, message: "must be a host name, a list of them, or none"}
	}
	return nil
}

func (p *Promote) read(n *node) *fault {
	*p = Promote{How: n.raw}
	if n.kind == text && (n.raw == events.PromoteAuto || n.raw == events.PromoteManual) {
		return nil
	}
	ms, f := readDuration(n)
	*p = Promote{How: events.PromoteAfter, AfterMs: ms}
	if f != nil && f.code == WrongType {
		return &fault{code: NotOneOf, message: "must be auto, manual or a duration such as 10m",
			allowed: []string{events.PromoteAuto, events.PromoteManual}}
	}
	return f
}

func (m *Mode) read(n *node) *fault {
	if !n.isScalar() || !modeShape.MatchString(n.raw) {
		return &fault{code: WrongType, message: `must be permission bits in octal, such as "0444"`}
	}
	*m = Mode(n.raw)
	return nil
}

func (d *DurationLimit) read(n *node) *fault {
	if n.kind == text && n.raw == unlimited {
		*d = events.Unlimited
		return nil
	}
	ms, f := readDuration(n)
	*d = DurationLimit(ms)
	return orUnlimited(f)
}

func (s *SizeLimit) read(n *node) *fault {
	if n.kind == text && n.raw == unlimited {
		*s = events.Unlimited
		return nil
	}
	bytes, f := readSize(n)
	*s = SizeLimit(bytes)
	return orUnlimited(f)
}

func (c *CountLimit) read(n *node) *fault {
	if n.kind == text && n.raw == unlimited {
		*c = events.Unlimited
		return nil
	}
	value, f := readCount(n)
	if f == nil && value < 0 {
		f = &fault{code: OutOfRange, message: "must be more than 0"}
	}
	*c = CountLimit(value)
	return orUnlimited(f)
}

func orUnlimited(f *fault) *fault {
	if f != nil && f.code == WrongType {
		f.message, f.allowed = f.message+", or unlimited", []string{unlimited}
	}
	return f
}

// JSONSchema of replicas.
func (Replicas) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "integer"}, words(perNode)}}
}

// JSONSchema of a portion.
func (Portion) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "integer"}, word(shareShape, "25%")}}
}

// JSONSchema of hosts.
func (Hosts) JSONSchema() *jsonschema.Schema {
	name := &jsonschema.Schema{Type: "string"}
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{name, {Type: "array", Items: name}}}
}

// JSONSchema of a promotion.
func (Promote) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{words(events.PromoteAuto, events.PromoteManual), word(durationShape, "10m")}}
}

// JSONSchema of a mode; YAML reads one without quotes as a number, so both are taken.
func (Mode) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{word(modeShape, "0444"), {Type: "integer"}}}
}

// JSONSchema of a duration or unlimited.
func (DurationLimit) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{word(durationShape, "60s"), words(unlimited)}}
}

// JSONSchema of a size or unlimited.
func (SizeLimit) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{word(sizeShape, "100Mi"), words(unlimited)}}
}

// JSONSchema of a count or unlimited.
func (CountLimit) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "integer"}, words(unlimited)}}
}

func words(allowed ...string) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "string"}
	for _, w := range allowed {
		s.Enum = append(s.Enum, w)
	}
	return s
}

// list writes words as a sentence does: a, b or c.
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
