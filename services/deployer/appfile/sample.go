package appfile

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/invopop/jsonschema"
)

// Sample is a share in basis points, written as a number from 0 to 1.
type Sample int

var sampleShape = regexp.MustCompile(`^([01])(?:\.([0-9]{1,4}))?$`)

func (s *Sample) read(n *node) *fault {
	m := sampleShape.FindStringSubmatch(n.raw)
	if m == nil || !n.isScalar() {
		return &fault{code: WrongType, message: "must be a number from 0 to 1 with at most four decimals, such as 0.25"}
	}
	bp, _ := strconv.Atoi(m[1] + (m[2] + "0000")[:4])
	if bp > 10_000 {
		return &fault{code: OutOfRange, message: "must be at most 1"}
	}
	*s = Sample(bp)
	return nil
}

// formatSample writes a share as the app file does.
func formatSample(bp int64) string {
	return strings.TrimRight(strings.TrimRight(strconv.FormatFloat(float64(bp)/10_000, 'f', 4, 64), "0"), ".")
}

// JSONSchema of a sample.
func (Sample) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "number", Minimum: "0", Maximum: "1"}
}
