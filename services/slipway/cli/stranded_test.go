package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestStranded: a release fails and what served before cannot come back in time.
func TestStranded(t *testing.T) {
	t.Parallel() // it waits most of its time
	p := at(t)
	needed := filepath.Join(p.Dir, "needed")
	if err := os.WriteFile(needed, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	v1 := "name: shop\nversion: v1\ncommand: [/bin/sh, -c, \"test -e " + needed + " && exec sleep 1000\"]\n" +
		"replicas: 1\nresources: { cpu: 10m, memory: 16Mi }\nhealth: { minReady: 0s }\n" +
		"restart: { backoff: { min: 100ms, max: 100ms }, giveUp: { failures: 1 } }\n" +
		"deploy: { strategy: recreate, deadline: 3s, revert: 2s, keep: { warm: 0 } }\n"
	p.does(0, "deploy", p.file("v1.yaml", v1), "-y")
	if err := os.Remove(needed); err != nil {
		t.Fatal(err)
	}
	v2 := strings.NewReplacer("version: v1", "version: v2", needed, needed+"-too").Replace(v1)
	a := p.asks(1, "deploy", p.file("v2.yaml", v2), "-y", "--timeout", "40s")
	if a.Error.Code != "SLW-D010" || a.Items[0]["outcome"] != "failed" || a.Items[0]["restored"] != false {
		t.Errorf("%+v %v", a.Error, a.Items)
	}
}
