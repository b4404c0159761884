package events

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const batch = `{"boot":"5f2c09ab","seq":8841,"periodMs":5000,"labels":{"node":"n1"},"base":"2026-03-01T10:00:00Z","offsetsMs":[0,5000],` +
	`"families":[{"name":"slipway_instance_memory_bytes","type":"gauge","unit":"bytes","help":"Working set.",` +
	`"series":[{"labels":{"app":"web","instance":"web-7-a1","release":"7"},"v":[73400320,73408512]}]}]}`

func TestSamplesReadAndWriteBack(t *testing.T) {
	var s Samples
	if err := json.Unmarshal([]byte(batch), &s); err != nil {
		t.Fatal(err)
	}
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	if times := s.Times(); len(times) != 2 || !times[1].Equal(s.Base.Add(5*time.Second)) {
		t.Errorf("times %v", times)
	}
	if back, _ := json.Marshal(s); string(back) != batch {
		t.Errorf("written back as %s", back)
	}
	body, err := EncodeTelemetry(Telemetry{"node/n1/5f2c09ab/8841", "/slipway/node/n1", TypeSamples, "node/n1", s.Base, json.RawMessage(batch)})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ParseTelemetry(body); err != nil || string(got.Data) != batch || got.Type != TypeSamples {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := ParseTelemetry([]byte(`{"specversion":"1.0"}`)); err == nil {
		t.Error("read an empty one")
	}
}

func TestABadBatchIsRefusedWhole(t *testing.T) {
	for want, change := range map[string]func(*Samples){
		"boot and seq":    func(s *Samples) { s.Boot = "" },
		"0 times":         func(s *Samples) { s.OffsetsMs = nil },
		"does not rise":   func(s *Samples) { s.OffsetsMs = []int64{0, 0} },
		"row 0 has 1":     func(s *Samples) { s.Families[0].Series[0].V = []Value{1} },
		"unknown type":    func(s *Samples) { s.Families[0].Type = "guess" },
		"entries, want 2": func(s *Samples) { s.Families[0].Type = FamilyNative },
		"more than 500":   func(s *Samples) { s.Families[0].Series = make([]Series, 501) },
	} {
		var s Samples
		_ = json.Unmarshal([]byte(batch), &s)
		change(&s)
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
}

func TestValuesThatAreNoNumbers(t *testing.T) {
	list := []Value{1, 2.5, Value(math.NaN()), Value(math.Inf(1)), Value(math.Inf(-1)), Stale(), Absent()}
	b, err := json.Marshal(list)
	if err != nil || string(b) != `[1,2.5,"NaN","+Inf","-Inf",null,"-"]` {
		t.Fatalf("%s %v", b, err)
	}
	var back []Value
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	for i := range list {
		if math.Float64bits(float64(back[i])) != math.Float64bits(float64(list[i])) {
			t.Errorf("%d: %v", i, back[i])
		}
	}
	if err := json.Unmarshal([]byte(`["many"]`), &back); err == nil {
		t.Error("read a word")
	}
}

func TestBucketsOfAHistogram(t *testing.T) {
	t.Run("each value lies above the bucket before and not above its own", rapid.MakeCheck(func(rt *rapid.T) {
		v := rapid.Float64Range(1e-6, 1e6).Draw(rt, "v")
		i := Bucket(v)
		if v > UpperBound(i)*(1+1e-12) || v <= UpperBound(i-1)*(1-1e-12) {
			rt.Fatalf("%g is in bucket %d: (%g, %g]", v, i, UpperBound(i-1), UpperBound(i))
		}
	}))
	t.Run("powers of two are upper ends", func(t *testing.T) {
		for v, want := range map[float64]int{1: 0, 2: 8, 0.5: -8, 0.25: -16} {
			if got := Bucket(v); got != want {
				t.Errorf("%g is in %d, want %d", v, got, want)
			}
		}
	})
	t.Run("packing loses nothing", rapid.MakeCheck(func(rt *rapid.T) {
		counts := rapid.MapOf(rapid.IntRange(-50, 50), rapid.Uint64Range(1, 1000)).Draw(rt, "counts")
		got, ok := BucketsOf(counts).Counts()
		if !ok || !reflect.DeepEqual(got, counts) {
			rt.Fatalf("%v became %v", counts, got)
		}
	}))
	t.Run("contradictions are told", func(t *testing.T) {
		for _, b := range []Buckets{{Spans: [][2]int{{0, 2}}, Deltas: []int64{1}}, {Deltas: []int64{1}}, {Spans: [][2]int{{0, 1}}, Deltas: []int64{-1}}} {
			if _, ok := b.Counts(); ok {
				t.Errorf("%+v was read", b)
			}
		}
	})
}

func TestQuantilesOfSummedWindows(t *testing.T) {
	var l LoadLatency
	if _, ok := l.Quantile(0.5); ok {
		t.Error("a quantile of nothing")
	}
	for ms := 1; ms <= 1000; ms++ {
		l = l.Add(LoadLatency{Count: 1, Buckets: map[int]uint64{Bucket(float64(ms) / 1000): 1}, SumMs: float64(ms)})
	}
	for q, want := range map[float64]float64{0.5: 0.5, 0.95: 0.95, 0.99: 0.99} {
		if got, _ := l.Quantile(q); got < want || got > want*1.1 {
			t.Errorf("p%g is %g", 100*q, got)
		}
	}
}

// A record's field names are what the stock client prints.
func TestAnAccessBatchIsPlainJSON(t *testing.T) {
	b, err := json.Marshal(AccessBatch{Incarnation: 17, First: 4, Last: 4, Dropped: 3, Records: []AccessRecord{{N: 4, Method: "GET", Host: "shop.example.com", Path: "/", Status: 200}}})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"incarnation":17,"first":4,"last":4,"dropped":3,"records":[{"t":"0001-01-01T00:00:00Z","n":4,"requestId":"","method":"GET","host":"shop.example.com","path":"/","proto":"","status":200,"bytesIn":0,"bytesOut":0,"clientIp":"","durationMs":0,"attempts":0}]}`
	if string(b) != want || AccessSubject("gw1-a") != "slipway.access.gw1-a" {
		t.Errorf("%s", b)
	}
}
