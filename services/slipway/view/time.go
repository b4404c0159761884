package view

import (
	"time"

	"github.com/invopop/jsonschema"
)

// Time is a moment as documents write it: RFC 3339, UTC, milliseconds.
type Time struct{ time.Time }

// MarshalJSON writes the moment.
func (t Time) MarshalJSON() ([]byte, error) {
	return []byte(t.UTC().Format(`"2006-01-02T15:04:05.000Z07:00"`)), nil
}

// JSONSchema of a moment.
func (Time) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Format: "date-time"}
}

// share turns basis points into a share of 0 to 1.
func share(bp int) float64 { return float64(bp) / 10_000 }
