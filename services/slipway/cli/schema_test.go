package cli_test

import (
	"bytes"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"slipway.dev/services/slipway/cli"
)

var schemas = sync.OnceValue(cli.Schemas)

// fits holds a document to its kind's schema.
func fits(t testing.TB, kind, document string) {
	t.Helper()
	text, known := schemas()[kind]
	if !known {
		t.Fatalf("kind %q has no schema", kind)
	}
	if err := validate(t, text, document); err != nil {
		t.Fatalf("%s does not fit its schema: %v\n%s", kind, err, document)
	}
}

func validate(t testing.TB, schema []byte, document string) error {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	read, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiler.AddResource("schema.json", read); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	return compiled.Validate(value)
}

// TestSchemas: a schema takes fields of later versions and misses those of this one.
func TestSchemas(t *testing.T) {
	const head = `{"apiVersion":"cli.slipway.dev/v1","kind":"Created",`
	sound := head + `"app":"shop","files":["app.yaml"],"laterField":1}`
	if err := validate(t, schemas()["Created"], sound); err != nil {
		t.Error(err)
	}
	for _, wrong := range []string{
		head + `"app":"shop"}`,
		head + `"app":1,"files":[]}`,
		`{"apiVersion":"cli.slipway.dev/v2","kind":"Created","app":"shop","files":[]}`,
	} {
		if validate(t, schemas()["Created"], wrong) == nil {
			t.Errorf("%s fits", wrong)
		}
	}
}
