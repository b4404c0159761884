package appfile

import (
	"slices"
	"strings"
	"testing"
)

func TestUses(t *testing.T) {
	d := parseOne(t, minimal+"uses: [api, user-store]\nenv: { API_URL: http://elsewhere.example.com, COLOR: blue }\n").Document
	if !slices.Equal(d.Uses, []string{"api", "user-store"}) || !slices.Equal(d.Spec().Uses, d.Uses) {
		t.Errorf("uses %v, the spec %v", d.Uses, d.Spec().Uses)
	}
	if got := Warnings(d); len(got) != 1 || !strings.HasPrefix(got[0], "env.API_URL is the app's own") {
		t.Errorf("warnings %q", got)
	}
	var names []string
	for n := range maxUses + 1 {
		names = append(names, "app"+strings.Repeat("x", n))
	}
	for field, uses := range map[string]string{
		"uses":    strings.Join(names, ", "),
		"uses[0]": "Api",
		"uses[1]": "api, api",
	} {
		_, errs := Parse("app.yaml", []byte(minimal+"uses: ["+uses+"]\n"), nil)
		if len(errs) != 1 || errs[0].Path != field {
			t.Errorf("uses %s: %v", uses, errs)
		}
	}
}
