package guarantees

import "sort"

// evidenceMax sequences are named: enough to look at.
const evidenceMax = 5

// tally are the samples of one row.
type tally struct {
	row     Row
	samples int
	figure  float64   // the worst, or how many broke it
	values  []float64 // of a percentile all
	broken  []uint64  // sequences of what broke it
}

// add takes a sample; weight is how many there were of it.
func (t *tally) add(value float64, seq uint64, weight int) {
	t.samples += weight
	over := !t.row.Bound.keeps(value)
	switch t.row.Figure {
	case p99:
		t.values = append(t.values, value)
		over = false // a percentile is judged as a whole
	case count:
		t.figure += value
	default:
		if t.samples == weight || value > t.figure {
			t.figure = value
		}
	}
	if over {
		t.broken = append(t.broken, seq)
	}
}

// keeps tells whether a value keeps the bound.
func (b Bound) keeps(value float64) bool {
	switch b.Op {
	case "<":
		return value < b.Value
	case "=":
		return value == b.Value
	}
	return value <= b.Value
}

// read makes the guarantee of it.
func (t *tally) read() Guarantee {
	r := t.row
	g := Guarantee{
		Row: r.Number, ID: r.Name, Participant: r.Participant, Claim: r.Claim, Bound: r.Bound,
		Samples: t.samples, Evidence: []uint64{}, Check: r.Check,
	}
	if t.samples == 0 {
		return g
	}
	figure := t.figure
	if r.Figure == p99 {
		figure = percentile(t.values)
	}
	g.Measured = &Figure{figure, r.Bound.Unit}
	if t.samples < r.Least {
		return g
	}
	holds := len(t.broken) == 0
	if r.Figure == p99 {
		holds = r.Bound.keeps(figure)
	}
	g.Holds = Holds(holds)
	if !holds {
		g.Evidence = append(g.Evidence, t.broken[max(0, len(t.broken)-evidenceMax):]...)
	}
	return g
}

// percentile is what 99 of 100 values keep.
func percentile(values []float64) float64 {
	sorted := append([]float64(nil), values...)
	sort.Float64s(sorted)
	return sorted[(len(sorted)*99+99)/100-1]
}
