package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestBenchmarksAreReadWithTheirUnits(t *testing.T) {
	rows := readBenchmarks("goos: linux\npkg: slipway.dev/events\nBenchmarkEncode-2   \t 1000\t  912.5 ns/op\t  0 B/op\t 3 lost/switch\nPASS\n")
	if len(rows) != 1 || rows[0].folder != "events" || rows[0].name != "Encode-2" || rows[0].n != "1000" {
		t.Fatalf("%+v", rows)
	}
	if got := strings.Join(rows[0].figures, ", "); got != "912.5 ns/op, 0 B/op, 3 lost/switch" {
		t.Errorf("figures %q", got)
	}
}

func TestAFailedClaimIsWrittenAndTold(t *testing.T) {
	p := page{at: time.Unix(0, 0).UTC(), findings: []finding{
		{claim: claim{row: 3, what: "a switch"}, held: true, lines: []string{"9 requests, 0 failed"}},
		{claim: claim{row: 9, what: "a death"}},
	}}
	if text := p.text(); !strings.Contains(text, "| yes | 9 requests, 0 failed |") || !strings.Contains(text, "| **no** | none printed |") {
		t.Errorf("page:\n%s", text)
	}
	if err := p.failed(); err == nil || !strings.Contains(err.Error(), "row 9: a death") {
		t.Errorf("told %v", err)
	}
}

func TestATargetIsHeldAgainstItsFigure(t *testing.T) {
	rows := readBenchmarks("pkg: slipway.dev/services/slipway/measure/ratio\nBenchmarkAppend/nosync-2 \t 9\t 1.49 ratio\t 26.7 ours-p50-µs\t 12 B/op\n")
	slow := target{what: "append", folder: ratios, benchmark: "Append/nosync", unit: "ratio", bound: 1.3}
	if text, missed := slow.line(rows); !missed || text != "| append | ≤ 1.3 | 1.49 | **no** | 26.7 ours-p50-µs |\n" {
		t.Errorf("missed %t: %s", missed, text)
	}
	enough := target{what: "append", folder: ratios, benchmark: "Append/nosync", unit: "ours-p50-µs", least: true, bound: 20}
	if text, missed := enough.line(rows); missed || !strings.Contains(text, "| ≥ 20 ours-p50-µs | 26.7 | yes |") {
		t.Errorf("missed %t: %s", missed, text)
	}
	absent := target{what: "append", folder: ratios, benchmark: "Append/always", unit: "ratio", bound: 1.3}
	if text, _ := absent.line(rows); !strings.Contains(text, "not measured") {
		t.Error(text)
	}
}

// A benchmark that was renamed would never meet its target.
func TestEveryTargetHasItsBenchmark(t *testing.T) {
	for _, of := range slices.Concat(targets, contests) {
		name, _, _ := strings.Cut(of.benchmark, "/")
		if !declared(t, of.folder, "func Benchmark"+name+"(") {
			t.Errorf("%s has no benchmark %s", of.folder, name)
		}
	}
}

// A test that was renamed would be measured as nothing, and nothing passes.
func TestEveryClaimHasItsTest(t *testing.T) {
	for _, c := range claims {
		if !declared(t, c.folder, "func "+strings.Trim(c.tests, "^$")+"(") {
			t.Errorf("%s has no %s", c.folder, c.tests)
		}
	}
}

// declared tells whether a test file of a folder holds some words.
func declared(t *testing.T, folder, words string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("../../..", folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), words) {
			return true
		}
	}
	return false
}
