package events

import (
	"encoding/json"
	"testing"

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
		{"full decode", 20, func() { p, _ := Parse(subject, nil, body); _ = p.Decode() }},
	} {
		if got := testing.AllocsPerRun(200, c.run); got > c.ceiling {
			t.Errorf("%s allocates %v times, at most %v", c.what, got, c.ceiling)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	e := promoted()
	body := encode(b, e)
	theirs := readBySDK(b, body)
	b.Run("ours", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Encode(e); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("sdk", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := theirs.SetData("application/json", e.Data); err != nil {
				b.Fatal(err)
			}
			if _, err := json.Marshal(theirs); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	e := promoted()
	body, subject := encode(b, e), e.StreamSubject()
	b.Run("scan", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Scan(body); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Parse(subject, nil, body); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("full", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			got, err := Parse(subject, nil, body)
			if err != nil || got.Decode() != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("sdk", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			theirs := readBySDK(b, body)
			var data ReleasePromoted
			if err := theirs.DataAs(&data); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func readBySDK(b *testing.B, body []byte) (e cloudevent.Event) {
	if err := json.Unmarshal(body, &e); err != nil {
		b.Fatal(err)
	}
	return e
}
