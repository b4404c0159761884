package events

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// Value is a sample's number. In JSON it is a number, "NaN", "+Inf", "-Inf", null for
// a series that has ended, or "-" where there is none for that time.
type Value float64

// Bits of the values that are no numbers: Prometheus' staleness marker, and ours for
// an absent sample.
const (
	staleBits  = 0x7ff0000000000002
	absentBits = 0x7ff0000000000a05
)

// Stale is the value of a series that has ended.
func Stale() Value { return Value(math.Float64frombits(staleBits)) }

// Absent is the value where there is none.
func Absent() Value { return Value(math.Float64frombits(absentBits)) }

// IsStale tells whether the series has ended here.
func (v Value) IsStale() bool { return math.Float64bits(float64(v)) == staleBits }

// IsAbsent tells whether there is no sample here.
func (v Value) IsAbsent() bool { return math.Float64bits(float64(v)) == absentBits }

// MarshalJSON writes a value as above.
func (v Value) MarshalJSON() ([]byte, error) {
	f := float64(v)
	switch {
	case v.IsStale():
		return []byte("null"), nil
	case v.IsAbsent():
		return []byte(`"-"`), nil
	case math.IsNaN(f):
		return []byte(`"NaN"`), nil
	case math.IsInf(f, 1):
		return []byte(`"+Inf"`), nil
	case math.IsInf(f, -1):
		return []byte(`"-Inf"`), nil
	case f == math.Trunc(f) && math.Abs(f) < 1<<53:
		return strconv.AppendInt(nil, int64(f), 10), nil
	}
	return strconv.AppendFloat(nil, f, 'g', -1, 64), nil
}

// UnmarshalJSON reads a value as above.
func (v *Value) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case "null":
		*v = Stale()
	case `"-"`:
		*v = Absent()
	case `"NaN"`:
		*v = Value(math.NaN())
	case `"+Inf"`:
		*v = Value(math.Inf(1))
	case `"-Inf"`:
		*v = Value(math.Inf(-1))
	default:
		f, err := strconv.ParseFloat(string(b), 64)
		if err != nil {
			return fmt.Errorf("sample %s: want a number, \"NaN\", \"+Inf\", \"-Inf\", null or \"-\"", b)
		}
		*v = Value(f)
	}
	return nil
}

// HistogramAt is a native histogram at one time; nil is none for that time.
type HistogramAt struct{ *Histogram }

// MarshalJSON writes "-" where there is none.
func (h HistogramAt) MarshalJSON() ([]byte, error) {
	if h.Histogram == nil {
		return []byte(`"-"`), nil
	}
	return json.Marshal(h.Histogram)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (h *HistogramAt) UnmarshalJSON(b []byte) error {
	h.Histogram = nil
	if string(b) == `"-"` || string(b) == "null" {
		return nil
	}
	h.Histogram = new(Histogram)
	return json.Unmarshal(b, h.Histogram)
}
