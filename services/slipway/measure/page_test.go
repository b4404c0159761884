package main

import (
	"os"
	"path/filepath"
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

// A test that was renamed would be measured as nothing, and nothing passes.
func TestEveryClaimHasItsTest(t *testing.T) {
	for _, c := range claims {
		files, err := filepath.Glob(filepath.Join("../../..", c.folder, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			found = found || strings.Contains(string(b), "func "+strings.Trim(c.tests, "^$")+"(")
		}
		if !found {
			t.Errorf("%s has no %s", c.folder, c.tests)
		}
	}
}
