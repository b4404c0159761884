package appfile

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/invopop/jsonschema"

	"slipway.dev/events"
)

// Bound is a value a check compares with, in its metric's unit: a share in basis points,
// a time in milliseconds, or a plain number.
type Bound struct {
	Value float64
	Unit  string // how it was written
}

// Units of a bound.
const (
	unitShare  = "a share such as 1%"
	unitTime   = "a duration such as 300ms"
	unitNumber = "a number such as 5"
)

var (
	boundShape  = regexp.MustCompile(`^([0-9]{1,3})(?:\.([0-9]{1,2}))?%$`)
	numberShape = regexp.MustCompile(`^[0-9]{1,9}(\.[0-9]{1,3})?$`)
)

func (b *Bound) read(n *node) *fault {
	*b = Bound{}
	if !n.isScalar() {
		return boundFault()
	}
	if m := boundShape.FindStringSubmatch(n.raw); m != nil {
		*b = Bound{float64(thousandths(m[1], m[2]) / 10), unitShare}
		return nil
	}
	if numberShape.MatchString(n.raw) {
		value, _ := strconv.ParseFloat(n.raw, 64)
		*b = Bound{value, unitNumber}
		return nil
	}
	ms, f := readDuration(n)
	if f != nil {
		return boundFault()
	}
	*b = Bound{float64(ms), unitTime}
	return nil
}

func boundFault() *fault {
	return &fault{code: WrongType, message: "must be " + strings.Join([]string{unitShare, unitTime}, ", ") + " or " + unitNumber}
}

// unitOf is how the bounds of a metric are written.
func unitOf(metric string) string {
	switch metric {
	case events.MetricErrorRatio, events.MetricCPU, events.MetricMemory:
		return unitShare
	case events.MetricRequestRate:
		return unitNumber
	}
	return unitTime
}

// formatBound writes a bound as its metric has it.
func formatBound(metric string, v float64) string {
	switch unitOf(metric) {
	case unitShare:
		return formatBp(int64(v))
	case unitNumber:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return formatMs(int64(v))
}

// JSONSchema of a bound.
func (Bound) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{word(boundShape, "1%"), word(durationShape, "300ms"), {Type: "number"}}}
}
