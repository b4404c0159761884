package main

import (
	"strings"
	"testing"

	"slipway.dev/events"
)

func TestThePageTellsOfEveryKindAndField(t *testing.T) {
	page := string(generated(t)[pagePath])
	for _, r := range events.Catalog {
		if strings.Count(page, "`"+r.Kind.Type()+"`") != 1 {
			t.Errorf("%s does not stand there once", r.Kind.Type())
		}
	}
	for _, line := range []string{
		"`dev.slipway.release.promoted.v1` (essential)",
		"| `route` | integer | no | settled route generation it rests on |",
		"| `document` | [Document](#document) | yes | the resolved app file, restated whole |",
		"| `drivers` | list of string | yes | process, docker |",
		"| `labels` | map to string | no | an operator's words |",
		"\n## Wishes\n", "\n### wish rollback.requested\n", "\n### Document\n",
	} {
		if !strings.Contains(page, line) {
			t.Errorf("the page lacks %q", line)
		}
	}
	for _, anchor := range strings.Split(page, "](#")[1:] {
		name, _, _ := strings.Cut(anchor, ")")
		if !strings.Contains(strings.ToLower(page), "\n### "+name+"\n") {
			t.Errorf("no heading for #%s", name)
		}
	}
}
