package output

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"slipway.dev/events"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/golden"
)

func sample() *Table {
	t := NewTable("APP", "STATE", "READY", "REASON")
	t.Row("shop", "healthy", "2/2", "2 of 2 available")
	t.Row("billing-service", "degraded", "1/3", "1 of 3 available, billing-service-12-c3 2 exits within 10m0s; last: exit 137")
	t.Row("hostile", "failed", "", "\x1b[2Jgone\nsecond\u202e")
	t.Row("価格表", "healthy", "1/1", "版本三 を配布しました (alice)")
	return t
}

// TestTable compares a table with golden files at four widths.
func TestTable(t *testing.T) {
	for _, width := range []int{0, 40, 80, 200} {
		t.Run(fmt.Sprintf("interface-20 width %d", width), func(t *testing.T) {
			var b strings.Builder
			if err := sample().Write(&b, width); err != nil {
				t.Fatal(err)
			}
			golden.Check(t, fmt.Sprintf("table-%d.golden", width), b.String())
			for _, line := range strings.Split(b.String(), "\n") {
				if n := Width(line); width > 0 && n > width {
					t.Errorf("a line of %d cells: %q", n, line)
				}
				if strings.ContainsAny(line, "\x1b\u202e") {
					t.Errorf("a cursor code in %q", line)
				}
			}
		})
	}
}

type thing struct {
	ID  string `json:"id"`
	Why string `json:"why"`
}

// Name is the thing's id.
func (t thing) Name() string { return t.ID }

// TestDocument: one object in one order, items never null, the error beside them.
func TestDocument(t *testing.T) {
	at := time.Date(2026, 11, 23, 14, 2, 11, 408_900_000, time.UTC)
	for name, d := range map[string]Document{
		"list":   {Kind: "ThingList", Context: "slipway-dev", At: events.Position{Era: 1, Seq: 18190}, Time: at, Items: []thing{{"a", "1 > 0 & <b>"}}},
		"empty":  {Kind: "ThingList", Context: "slipway-dev", Items: []thing(nil)},
		"single": {Kind: "Thing", Single: thing{"a", "b"}},
		"error":  {Kind: "Error", Error: fault.New("SLW-E001", "no app shop")},
		"failed": {Kind: "ThingList", Items: []thing{{"a", ""}}, Error: fault.New("SLW-D012", "rolled back")},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := d.JSON(&b); err != nil {
				t.Fatal(err)
			}
			golden.Check(t, "document-"+name+".golden", b.String())
			if !json.Valid(b.Bytes()) || bytes.Count(b.Bytes(), []byte("\n")) != 1 {
				t.Errorf("not one line of JSON: %s", b.Bytes())
			}
		})
	}
}

// TestYAML: the same document.
func TestYAML(t *testing.T) {
	var b bytes.Buffer
	if err := (Document{Kind: "ThingList", Items: []thing{{"a", "b: c"}}}).YAML(&b); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "document.yaml.golden", b.String())
}

// TestNames: one id a line.
func TestNames(t *testing.T) {
	var b bytes.Buffer
	if err := (Document{Items: []thing{{ID: "a"}, {ID: "b"}}}).Names(&b); err != nil || b.String() != "a\nb\n" {
		t.Errorf("%q %v", b.String(), err)
	}
}

// TestWords: durations, ages, shares and sizes as people say them.
func TestWords(t *testing.T) {
	for _, c := range [][2]string{
		{Took(412 * time.Millisecond), "412 ms"}, {Took(3400 * time.Millisecond), "3.4 s"},
		{Took(102 * time.Second), "1:42"}, {Took(125 * time.Minute), "2h05m"},
		{Age(38 * time.Second), "38s"}, {Age(5 * time.Minute), "5m"}, {Age(50 * time.Hour), "2d"}, {Age(-time.Second), "0s"},
		{Percent(0.246), "24.6 %"}, {Percent(1), "100 %"}, {Percent(0), "0 %"},
		{Bytes(512 << 20), "512Mi"}, {Bytes(3 << 29), "1.5Gi"}, {Bytes(12), "12"},
		{Count(1, "app"), "1 app"}, {Count(2, "app"), "2 apps"},
	} {
		if c[0] != c[1] {
			t.Errorf("got %q, want %q", c[0], c[1])
		}
	}
	now := time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
	if got := Clock(now.Add(-time.Hour), now, true); got != "13:00:00" {
		t.Errorf("today: %s", got)
	}
	if got := Clock(now.Add(-24*time.Hour), now, true); got != "2026-11-22 14:00:00" {
		t.Errorf("yesterday: %s", got)
	}
}

// TestFit: what is wider than the terminal goes on below, at its blanks, and nothing is
// lost.
func TestFit(t *testing.T) {
	text := "12:00:00  release shop/7 promoted                  2 of 2 available\n\n  fix  slipway explain SLW-D012\nhttps://one.word/that-is-too-wide-for-it\n価格表を 配布する\n"
	for width, want := range map[int]string{
		0:   text,
		200: text,
		40:  "12:00:00  release shop/7 promoted\n    2 of 2 available\n\n  fix  slipway explain SLW-D012\nhttps://one.word/that-is-too-wide-for-it\n価格表を 配布する\n",
		14:  "12:00:00\n    release\n    shop/7\n    promoted 2\n    of 2\n    available\n\n  fix  slipway\n    explain\n    SLW-D012\nhttps://one.word/that-is-too-wide-for-it\n価格表を\n    配布する\n",
	} {
		if got := Fit(text, width, 4); got != want {
			t.Errorf("width %d:\n%s\nwant\n%s", width, got, want)
		}
	}
}
