package appfile

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/invopop/jsonschema"
)

// fault is what is wrong with a scalar, before anyone knows where it stands.
type fault struct {
	code    Code
	message string
	allowed []string
}

// scalar is a value written as one word with a meaning of its own: it reads itself
// from a node.
type scalar interface{ read(n *node) *fault }

// Duration is a time in milliseconds, written as a number with ms, s, m, h or d.
type Duration int64

// Size is a number of bytes, written as a whole number with Ki, Mi or Gi.
type Size int64

// CPU is processor time in thousandths of a core, written 500m or 0.5.
type CPU int64

// Count is a whole number.
type Count int

const (
	maxDuration = 3650 * 24 * 3600 * 1000 // ten years in ms: longer is a slip of the pen
	maxSize     = 1 << 50                 // bytes; far beyond a machine, far below an overflow
	maxCPU      = 100_000_000             // thousandths; a hundred thousand cores
	maxCount    = 1<<31 - 1
)

var (
	bareNumber    = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)
	durationShape = regexp.MustCompile(`^([0-9]{1,12})(?:\.([0-9]{1,3}))?(ms|s|m|h|d)$`)
	sizeShape     = regexp.MustCompile(`^([0-9]{1,15})(Ki|Mi|Gi)$`)
	cpuShape      = regexp.MustCompile(`^(?:([0-9]{1,12})m|([0-9]{1,9})(?:\.([0-9]{1,3}))?)$`)
)

var unitMs = map[string]int64{"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}

var unitBytes = map[string]int64{"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30}

func (d *Duration) read(n *node) *fault {
	ms, f := readDuration(n)
	*d = Duration(ms)
	return f
}

// readDuration reads a duration exactly: what is not a whole number of ms is refused.
func readDuration(n *node) (int64, *fault) {
	if n.isScalar() && bareNumber.MatchString(n.raw) {
		return 0, &fault{code: NoUnit, message: "needs a unit: ms, s, m, h or d, such as 30s"}
	}
	m := durationShape.FindStringSubmatch(n.raw)
	if m == nil || n.kind != text {
		return 0, &fault{code: WrongType, message: "must be a duration: a number with ms, s, m, h or d, such as 30s"}
	}
	thousandths, unit := thousandths(m[1], m[2]), unitMs[m[3]]
	if thousandths/1000 > maxDuration/unit {
		return 0, &fault{code: OutOfRange, message: "must be at most " + formatMs(maxDuration)}
	}
	if thousandths*unit%1000 != 0 {
		return 0, &fault{code: OutOfRange, message: "must be a whole number of ms"}
	}
	return thousandths * unit / 1000, nil
}

func (s *Size) read(n *node) *fault {
	bytes, f := readSize(n)
	*s = Size(bytes)
	return f
}

func readSize(n *node) (int64, *fault) {
	if n.isScalar() && bareNumber.MatchString(n.raw) {
		return 0, &fault{code: NoUnit, message: "needs a unit: Ki, Mi or Gi, such as 128Mi"}
	}
	m := sizeShape.FindStringSubmatch(n.raw)
	if m == nil || n.kind != text {
		return 0, &fault{code: WrongType, message: "must be a size: a whole number with Ki, Mi or Gi, such as 128Mi"}
	}
	value, unit := whole(m[1]), unitBytes[m[2]]
	if value > maxSize/unit {
		return 0, &fault{code: OutOfRange, message: "must be at most " + formatBytes(maxSize)}
	}
	return value * unit, nil
}

func (c *CPU) read(n *node) *fault {
	m := cpuShape.FindStringSubmatch(n.raw)
	if m == nil || !n.isScalar() {
		return &fault{code: WrongType, message: "must be processor time: 500m, or cores such as 0.5"}
	}
	milli := whole(m[1])
	if m[1] == "" {
		milli = thousandths(m[2], m[3])
	}
	if milli > maxCPU {
		return &fault{code: OutOfRange, message: "must be at most " + formatMilli(maxCPU)}
	}
	*c = CPU(milli)
	return nil
}

func (c *Count) read(n *node) *fault {
	value, f := readCount(n)
	*c = Count(value)
	return f
}

func readCount(n *node) (int, *fault) {
	if n.kind != number || strings.ContainsAny(n.raw, ".eE") {
		return 0, &fault{code: WrongType, message: "must be a whole number"}
	}
	value, err := strconv.ParseInt(n.raw, 10, 64)
	if err != nil || value > maxCount || value < -maxCount {
		return 0, &fault{code: OutOfRange, message: fmt.Sprintf("must be at most %d", maxCount)}
	}
	return int(value), nil
}

func (n *node) isScalar() bool { return n.kind == text || n.kind == number }

// whole reads digits that a pattern has already bounded; "" is 0.
func whole(digits string) int64 {
	value, _ := strconv.ParseInt(digits, 10, 64)
	return value
}

// thousandths reads digits and up to three decimals: "1", "5" is 1500.
func thousandths(digits, decimals string) int64 {
	return whole(digits)*1000 + whole((decimals + "000")[:3])
}

// formatMs writes milliseconds in the largest unit that leaves a whole number.
func formatMs(ms int64) string {
	for _, unit := range []string{"d", "h", "m", "s"} {
		if ms != 0 && ms%unitMs[unit] == 0 {
			return strconv.FormatInt(ms/unitMs[unit], 10) + unit
		}
	}
	if ms == 0 {
		return "0s"
	}
	return strconv.FormatInt(ms, 10) + "ms"
}

// formatBytes writes bytes in the largest unit that leaves a whole number.
func formatBytes(bytes int64) string {
	for _, unit := range []string{"Gi", "Mi", "Ki"} {
		if bytes != 0 && bytes%unitBytes[unit] == 0 {
			return strconv.FormatInt(bytes/unitBytes[unit], 10) + unit
		}
	}
	return strconv.FormatInt(bytes, 10)
}

// formatMilli writes thousandths of a core.
func formatMilli(milli int64) string { return strconv.FormatInt(milli, 10) + "m" }

func formatCount(n int64) string { return strconv.FormatInt(n, 10) }

// JSONSchema of a duration.
func (Duration) JSONSchema() *jsonschema.Schema { return word(durationShape, "30s") }

// JSONSchema of a size.
func (Size) JSONSchema() *jsonschema.Schema { return word(sizeShape, "128Mi") }

// JSONSchema of processor time: text, or a number of cores.
func (CPU) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{word(cpuShape, "500m"), {Type: "number"}}}
}

// JSONSchema of a count.
func (Count) JSONSchema() *jsonschema.Schema { return &jsonschema.Schema{Type: "integer"} }

func word(shape *regexp.Regexp, example string) *jsonschema.Schema {
	pattern := strings.ReplaceAll(shape.String(), "(?:", "(")
	return &jsonschema.Schema{Type: "string", Pattern: pattern, Examples: []any{example}}
}
