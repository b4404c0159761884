package appfile

import (
	"strings"
	"testing"
)

// TestWhatIsNotBuiltIsRefusedByName: a field that is known and not built is never ignored.
func TestWhatIsNotBuiltIsRefusedByName(t *testing.T) {
	for pattern, fields := range later {
		for _, name := range fields {
			refusedLater(t, strings.ReplaceAll(pattern, "*", "http"), name, "x")
		}
	}
	for pattern, words := range laterWords {
		path := split(strings.ReplaceAll(pattern, "*", "http"))
		for _, word := range words {
			refusedLater(t, join(parent(path)), path[len(path)-1], word)
		}
	}
}

func refusedLater(t *testing.T, under, name, value string) {
	t.Helper()
	field := name
	if under != "" {
		field = under + "." + name
	}
	_, errs := ParseSet("app.yaml", []byte(minimal), nil, []Setting{Setting(field + "=" + value)})
	if len(errs) != 1 || errs[0].Code != UnknownField || errs[0].Path != field || !strings.Contains(errs[0].Message, "not built yet") {
		t.Errorf("%s=%s: %v", field, value, errs)
	}
}
