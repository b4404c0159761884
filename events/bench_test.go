package events

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	cloudevent "github.com/cloudevents/sdk-go/v2/event"
)

// The ceilings are what was measured; one more allocation per event is felt when a
// million are folded.
func TestAllocations(t *testing.T) {
	e := promoted()
	body := encode(t, e)
	subject := e.StreamSubject()
	for _, c := range []struct {
		what    string
		ceiling float64
		run     func()
	}{
		{"encode", 3, func() { _, _ = Encode(e) }},
		{"scan", 9, func() { _, _ = Scan(body) }},
		{"parse", 9, func() { _, _ = Parse(subject, nil, body) }},
		{"full decode", 14, func() { p, _ := Parse(subject, nil, body); _ = p.Decode() }},
	} {
		if got := testing.AllocsPerRun(200, c.run); got > c.ceiling {
			t.Errorf("%s allocates %v times, at most %v", c.what, got, c.ceiling)
		}
	}
}

// turn is how many codings of one side make one time, so that the clock costs
// nothing.
const turn = 200

// against lets two sides take turns and reports the ratio of their medians.
func against(b *testing.B, ours, sdk func() error) {
	var times [2][]time.Duration
	for b.Loop() {
		for side, code := range []func() error{ours, sdk} {
			began := time.Now()
			for range turn {
				if err := code(); err != nil {
					b.Fatal(err)
				}
			}
			times[side] = append(times[side], time.Since(began)/turn)
		}
	}
	for side, whose := range []string{"ours", "sdk"} {
		slices.Sort(times[side])
		b.ReportMetric(float64(at(times[side], 50)), whose+"-p50-ns")
		b.ReportMetric(float64(at(times[side], 99)), whose+"-p99-ns")
	}
	b.ReportMetric(float64(at(times[0], 50))/float64(at(times[1], 50)), "ratio")
	b.ReportMetric(float64(len(times[0])*turn), "ours-n")
	b.ReportMetric(0, "ns/op")
}

func at(sorted []time.Duration, percent int) time.Duration {
	return sorted[(len(sorted)-1)*percent/100]
}

// BenchmarkCodec: ours against the CloudEvents library, the same event with its data.
func BenchmarkCodec(b *testing.B) {
	e := promoted()
	body, subject := encode(b, e), e.StreamSubject()
	theirs := readBySDK(b, body)
	sdkEncode := func() error {
		if err := theirs.SetData("application/json", e.Data); err != nil {
			return err
		}
		_, err := json.Marshal(theirs)
		return err
	}
	sdkDecode := func() error {
		var data ReleasePromoted
		var read cloudevent.Event
		if err := json.Unmarshal(body, &read); err != nil {
			return err
		}
		return read.DataAs(&data)
	}
	b.Run("encode", func(b *testing.B) {
		against(b, func() error { _, err := Encode(e); return err }, sdkEncode)
	})
	b.Run("scan", func(b *testing.B) {
		against(b, func() error { _, err := Scan(body); return err }, sdkDecode)
	})
	b.Run("full", func(b *testing.B) {
		against(b, func() error {
			got, err := Parse(subject, nil, body)
			if err != nil {
				return err
			}
			return got.Decode()
		}, sdkDecode)
	})
}

func readBySDK(b *testing.B, body []byte) (e cloudevent.Event) {
	if err := json.Unmarshal(body, &e); err != nil {
		b.Fatal(err)
	}
	return e
}
