package events

import (
	"errors"
	"fmt"
	"time"
)

// Limits of a batch of samples; what is more goes in the next.
const (
	MaxSampleSeries = 500
	MaxSampleTimes  = 15
	MaxSampleBytes  = 256 << 10
	MaxLabels       = 30
	MaxLabelName    = 128
	MaxLabelValue   = 1 << 10
)

// Types of a family.
const (
	FamilyCounter   = "counter"
	FamilyGauge     = "gauge"
	FamilyHistogram = "histogram"       // classic rows, from scrapes
	FamilyNative    = "nativeHistogram" // rows carry h in place of v
	FamilyUnknown   = "unknown"
)

// Samples is a columnar batch: one time column, one value column for each series.
type Samples struct {
	Boot      string            `json:"boot"`             // 32 random bits of the process start, hexadecimal
	Seq       uint64            `json:"seq"`              // of the batch in its boot, from 1, without a hole
	PeriodMs  int64             `json:"periodMs"`         // between two times
	Labels    map[string]string `json:"labels,omitempty"` // common to all series
	Base      time.Time         `json:"base"`             // what the offsets are counted from
	OffsetsMs []int64           `json:"offsetsMs"`        // rising
	Families  []Family          `json:"families"`         // metrics; none: nothing has changed up to these times
	More      bool              `json:"more,omitempty"`   // the next batch has other series of the same times
	Lost      *LostSamples      `json:"lost,omitempty"`   // what had to be dropped before this batch
}

// Family is a metric and its series.
type Family struct {
	Name   string   `json:"name"`           // as Prometheus spells it
	Type   string   `json:"type"`           // counter, gauge, histogram, nativeHistogram, unknown
	Unit   string   `json:"unit,omitempty"` // seconds, bytes …
	Help   string   `json:"help,omitempty"` // one sentence
	Series []Series `json:"series"`         // rows
}

// Series is one row: V or, of a native histogram, H; as long as the time column.
type Series struct {
	Labels map[string]string `json:"labels,omitempty"` // beside the batch's
	V      []Value           `json:"v,omitempty"`      // one for each time
	H      []HistogramAt     `json:"h,omitempty"`      // one for each time
}

// LostSamples tells what a producer dropped while the bus was away.
type LostSamples struct {
	From    time.Time `json:"from"`    // of the first time dropped
	To      time.Time `json:"to"`      // of the last
	Batches int       `json:"batches"` // dropped
}

// Times are the moments of the time column.
func (s Samples) Times() []time.Time {
	all := make([]time.Time, len(s.OffsetsMs))
	for i, ms := range s.OffsetsMs {
		all[i] = s.Base.Add(time.Duration(ms) * time.Millisecond)
	}
	return all
}

// Check tells why a batch cannot be read whole; then none of it is.
func (s Samples) Check() error {
	switch {
	case s.Boot == "" || s.Seq == 0:
		return errors.New("samples: boot and seq are needed")
	case len(s.OffsetsMs) == 0 || len(s.OffsetsMs) > MaxSampleTimes:
		return fmt.Errorf("samples: %d times, want 1 to %d", len(s.OffsetsMs), MaxSampleTimes)
	}
	for i := 1; i < len(s.OffsetsMs); i++ {
		if s.OffsetsMs[i] <= s.OffsetsMs[i-1] {
			return fmt.Errorf("samples: offsetsMs[%d] does not rise", i)
		}
	}
	series := 0
	for _, f := range s.Families {
		if series += len(f.Series); series > MaxSampleSeries {
			return fmt.Errorf("samples: more than %d series", MaxSampleSeries)
		}
		if err := f.check(len(s.OffsetsMs)); err != nil {
			return err
		}
	}
	return nil
}

func (f Family) check(times int) error {
	switch f.Type {
	case FamilyCounter, FamilyGauge, FamilyHistogram, FamilyNative, FamilyUnknown:
	default:
		return fmt.Errorf("samples: %s has the unknown type %q", f.Name, f.Type)
	}
	for i, s := range f.Series {
		got, other := len(s.V), len(s.H)
		if f.Type == FamilyNative {
			got, other = other, got
		}
		if got != times || other != 0 {
			return fmt.Errorf("samples: %s row %d has %d entries, want %d", f.Name, i, got, times)
		}
	}
	return nil
}

// Fits tells whether the labels of a series are within the limits; one that is not is
// dropped and counted, the batch lives.
func (s Series) Fits() bool {
	if len(s.Labels) > MaxLabels {
		return false
	}
	for name, value := range s.Labels {
		if name == "" || len(name) > MaxLabelName || len(value) > MaxLabelValue {
			return false
		}
	}
	return true
}
