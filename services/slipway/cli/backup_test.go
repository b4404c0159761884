package cli_test

import (
	"path/filepath"
	"strings"
	"testing"

	"slipway.dev/services/slipway/e2e"
)

// interface-12 what backup and restore print as JSON fits its schema.
func TestBackupAndRestoreAsJSON(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := e2e.Start(t)
	file := filepath.Join(p.Dir, "a.backup")
	if r := p.Slipway("consumer", "add", "mybot", "--filter", "slipway.event.web.>"); r.Code != 0 {
		t.Fatal(r.Stderr)
	}
	for _, c := range []struct {
		kind string
		args []string
	}{
		{"Backup", []string{"backup", "--to", file, "-o", "json"}},
		{"Backup", []string{"backup", "--to", file, "-o", "json"}}, // in place of the first
		{"Restoration", []string{"restore", file, "--data", filepath.Join(p.Dir, "again"), "-o", "json"}},
	} {
		if r := p.Slipway(append(c.args, "-q")...); r.Code != 0 || r.Stderr != "" {
			t.Errorf("%v: code %d %s", c.args, r.Code, r.Stderr)
		} else {
			fits(t, c.kind, r.Stdout)
			if c.kind == "Restoration" && !strings.Contains(r.Stdout, "stand where they had acknowledged by then: mybot") {
				t.Errorf("it does not tell of the consumer: %s", r.Stdout)
			}
		}
	}
}
