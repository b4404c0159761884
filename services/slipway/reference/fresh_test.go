package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"slipway.dev/services/slipway/fault"
)

func TestCommittedPagesAreFresh(t *testing.T) {
	for name, want := range pages() {
		got, err := os.ReadFile(filepath.Join("../../../docs/reference", name))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("docs/reference/%s is not what the code says: make docs", name)
		}
	}
}

func TestEveryCodeHasItsRowAndItsFamily(t *testing.T) {
	page := errorCodes()
	for _, r := range fault.Table {
		if strings.Count(page, "| "+r.Code+" |") != 1 {
			t.Errorf("%s has not one row", r.Code)
		}
		if families[r.Code[len("SLW-")]] == "" {
			t.Errorf("%s is of no family", r.Code)
		}
	}
}
