package appfile

import (
	"strings"
	"testing"
)

// delivery: an app that outside endpoints serve needs nothing to run, and runs nothing.
func TestExternalAppNeedsNoProgram(t *testing.T) {
	d := parseOne(t, "name: billing\nexternal: true\nports: { http: {} }\n").Document
	if !d.External || d.HasProgram() || d.Replicas != 0 || !d.HasHTTP() || d.Version == "" {
		t.Errorf("external app is %+v", d)
	}
	both := parseOne(t, minimal+"external: true\n").Document
	if !both.External || !both.HasProgram() || both.Replicas != 2 {
		t.Errorf("an external app with a program of its own is %+v", both)
	}
	for _, replicas := range []string{"3", "per-node"} {
		_, errs := Parse("app.yaml", []byte("name: billing\nexternal: true\nreplicas: "+replicas+"\n"), nil)
		if len(errs) != 1 || errs[0].Code != Exclusive || errs[0].Path != "replicas" {
			t.Errorf("replicas %s: %v", replicas, errs)
		}
	}
	_, errs := Parse("app.yaml", []byte("name: billing\nports: { http: {} }\n"), nil)
	if len(errs) != 1 || !strings.Contains(errs[0].Message, "needs an artifact") {
		t.Errorf("without external: %v", errs)
	}
}
