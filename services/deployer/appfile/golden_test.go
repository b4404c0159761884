package appfile

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// given are the variables the golden files are read with.
func given(name string) (string, bool) {
	value, ok := map[string]string{"NAME": "web", "COUNT": "3", "EMPTY": ""}[name]
	return value, ok
}

// TestGolden renders every file of testdata: interface.md 7, one file for each code.
func TestGolden(t *testing.T) {
	inputs, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(inputs) < 12 {
		t.Fatalf("%d inputs, %v", len(inputs), err)
	}
	codes := map[Code]bool{}
	for _, input := range inputs {
		t.Run(strings.TrimSuffix(filepath.Base(input), ".yaml"), func(t *testing.T) {
			src, err := os.ReadFile(input)
			if err != nil {
				t.Fatal(err)
			}
			apps, errs := Parse("app.yaml", src, given)
			if len(errs) == 0 || apps != nil {
				t.Fatalf("%d apps, no error", len(apps))
			}
			for _, e := range errs {
				codes[e.Code] = true
			}
			compareGolden(t, strings.TrimSuffix(input, ".yaml")+".golden", Render(errs))
		})
	}
	for _, code := range []Code{NotYAML, UnknownField, WrongType, NotOneOf, OutOfRange, Missing, Duplicate, NoUnit, Exclusive, BeyondLimit, UnsetVar} {
		if !codes[code] {
			t.Errorf("no golden file reaches %s", code)
		}
	}
}

func compareGolden(t *testing.T, golden, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s:\n--- got\n%s--- want\n%s", golden, got, want)
	}
}
