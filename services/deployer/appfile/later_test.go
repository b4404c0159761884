package appfile

import (
	"strings"
	"testing"

	"slipway.dev/events"
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

// A certificate from a secret waits for the service that keeps secrets: it is refused in
// a file, in either spelling, and in a wish that came by no file.
func TestACertificateFromASecretIsNotBuilt(t *testing.T) {
	for _, tls := range []string{"{ secret: web-tls }", "secret"} {
		_, errs := Parse("app.yaml", []byte("name: web\nversion: v1\ncommand: [/bin/web]\nports: { http: { host: shop.example.com, tls: "+tls+" } }\n"), nil)
		if len(errs) != 1 || errs[0].Path != "ports.http.tls" || !strings.Contains(errs[0].Message, "not built yet") {
			t.Errorf("%s: %+v", tls, errs)
		}
	}
	d := wished(t)
	changePort(&d, "http", func(p *events.DeclaredPort) { p.TLS, p.TLSSecret = events.TLSSecret, "web-tls" })
	if found := Check(d); len(found) != 1 || !strings.Contains(found[0].Text, "not built yet") {
		t.Errorf("wished: %+v", found)
	}
}
