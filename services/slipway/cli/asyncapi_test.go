package cli_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"slipway.dev/events"
	"slipway.dev/events/schema"
	"slipway.dev/services/slipway/e2e"
)

// What asyncapi prints is the language's document, and tells of each kind who hears it.
func TestAsyncAPINamesWhoHears(t *testing.T) {
	t.Parallel() // it waits most of its time
	r := e2e.New(t).Slipway("asyncapi")
	text := r.Stdout
	is, was := read(t, text), read(t, string(schema.AsyncAPI()))
	named := 0
	for name, op := range was["operations"].(map[string]any) {
		to := is["operations"].(map[string]any)[name].(map[string]any)
		if from := op.(map[string]any); to["summary"] != from["summary"] {
			named++
			to["summary"] = from["summary"]
		}
	}
	if r.Code != 0 || !reflect.DeepEqual(is, was) || named == 0 || named > len(events.Catalog) {
		t.Errorf("code %d, %d summaries of %d kinds say more, or something else is another one", r.Code, named, len(events.Catalog))
	}
	for typ, want := range map[string]string{
		"placement.placed.v1":        "Heard by the node",
		"release.planned.v1":         "and by whoever reads the stream.",
		"wish.app.declared.v1":       "Heard by the deployer and by whoever reads the stream.",
		"wish.endpoint.withdrawn.v1": "Heard by the registry and by whoever reads the stream.",
		"wish.requeue.requested.v1":  "Heard by whoever reads the stream.",
	} {
		_, op, found := strings.Cut(text, `"receive.dev.slipway.`+typ+`"`)
		op, _, _ = strings.Cut(op, "\n    }")
		if !found || !strings.Contains(op, want) {
			t.Errorf("%s: %s, want %s", typ, op, want)
		}
	}
}

func read(t *testing.T, text string) (document map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		t.Fatal(err)
	}
	return document
}
