package guarantees

import (
	"encoding/json"

	"github.com/invopop/jsonschema"
)

// Bound is what is promised of a figure.
type Bound struct {
	Op    string  `json:"op"` // <=, <, =
	Value float64 `json:"value"`
	Unit  string  `json:"unit"` // ms, requests, releases, facts
}

// Figure is what was measured.
type Figure struct {
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
}

// Verdict is whether a guarantee holds; the zero one does not tell.
type Verdict struct{ holds *bool }

// Holds is a verdict that tells.
func Holds(holds bool) Verdict { return Verdict{&holds} }

// Known tells whether there is a verdict, and what it is.
func (v Verdict) Known() (holds, known bool) { return v.holds != nil && *v.holds, v.holds != nil }

// MarshalJSON writes true, false or null.
func (v Verdict) MarshalJSON() ([]byte, error) { return json.Marshal(v.holds) }

// JSONSchema of a verdict.
func (Verdict) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "boolean"}, {Type: "null"}}}
}

// Guarantee is one promise, measured.
type Guarantee struct {
	Row         int      `json:"row"` // of docs/GUARANTEES.md; 0: a participant's own promise
	ID          string   `json:"name"`
	Participant string   `json:"participant"`
	Claim       string   `json:"claim"`
	App         string   `json:"app,omitempty"` // of which alone it was measured
	Bound       Bound    `json:"bound"`
	Measured    *Figure  `json:"measured,omitempty"`
	Holds       Verdict  `json:"holds"`
	Samples     int      `json:"samples"`
	From        uint64   `json:"from"`     // first sequence of the log it was measured over
	To          uint64   `json:"to"`       // last
	Evidence    []uint64 `json:"evidence"` // sequences of what broke it, the latest last
	Check       string   `json:"check"`    // how it is measured
}

// Name is the guarantee's.
func (g Guarantee) Name() string { return g.ID }

// Part is a promise that nothing measures yet.
type Part struct {
	Row   int    `json:"row"`
	Claim string `json:"claim"`
	Waits string `json:"waitsFor"`
}
