package schema

import (
	"encoding/json"
	"testing"

	"slipway.dev/events"
)

func TestEveryKindHasItsSchemaEmbedded(t *testing.T) {
	for _, r := range events.Catalog {
		text, known := Of(r.Kind.Type())
		if !known || !json.Valid(text) {
			t.Errorf("%s: known %v, %d bytes", r.Kind.Type(), known, len(text))
		}
	}
	for _, none := range []string{"", "envelope", "asyncapi", "dev.slipway.release.painted.v1", "../go"} {
		if _, known := Of(none); known {
			t.Errorf("%q has a schema", none)
		}
	}
	if !json.Valid(Envelope()) || !json.Valid(AsyncAPI()) {
		t.Error("the envelope or the AsyncAPI document is no JSON")
	}
}
