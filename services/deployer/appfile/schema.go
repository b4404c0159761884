package appfile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/invopop/jsonschema"
	validator "github.com/santhosh-tekuri/jsonschema/v6"
)

const schemaID = "https://slipway.dev/schema/app.json" // a name, never fetched

// Schema is the JSON Schema of one document of the app file, for editors and
// slipway validate --schema.
func Schema() []byte { return schemaText() }

var schemaText = sync.OnceValue(func() []byte {
	reflector := jsonschema.Reflector{
		Anonymous: true, DoNotReference: true, ExpandedStruct: true, RequiredFromJSONSchemaTags: true,
	}
	s := reflector.ReflectFromType(fileType)
	s.ID = schemaID
	s.Title = "Slipway app file"
	decorate(s, fileType)
	body, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic(fmt.Sprintf("write the app file's schema: %v", err))
	}
	return append(body, '\n')
})

// decorate gives each field of the schema what its tags say.
func decorate(s *jsonschema.Schema, t reflect.Type) {
	t = bare(t)
	switch {
	case isScalar(t):
	case t.Kind() == reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			property, _ := s.Properties.Get(jsonName(f))
			decorate(property, f.Type)
			property.Description = f.Tag.Get("desc")
			for _, word := range oneOf(f) {
				property.Enum = append(property.Enum, word)
			}
			property.Default = defaultOf(f)
		}
	case t.Kind() == reflect.Map:
		decorate(s.AdditionalProperties, t.Elem())
	case t.Kind() == reflect.Slice:
		decorate(s.Items, t.Elem())
	}
}

// oneOf are the words a field takes; nil where it takes any.
func oneOf(f reflect.StructField) []string {
	if words := f.Tag.Get("one"); words != "" {
		return strings.Split(words, ",")
	}
	return nil
}

// defaultOf is a field's default as the file would have it; nil where there is none.
func defaultOf(f reflect.StructField) any {
	written, ok := f.Tag.Lookup("default")
	if !ok {
		return nil
	}
	switch bare(f.Type).Kind() {
	case reflect.Bool:
		return written == "true"
	case reflect.Slice:
		return strings.Split(written, ",")
	}
	return wordNode(written).value()
}

// compiled is the schema ready to check with.
var compiled = sync.OnceValue(func() *validator.Schema {
	loose, err := validator.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		panic(fmt.Sprintf("read the app file's schema: %v", err))
	}
	c := validator.NewCompiler()
	if err := c.AddResource(schemaID, loose); err != nil {
		panic(fmt.Sprintf("add the app file's schema: %v", err))
	}
	s, err := c.Compile(schemaID)
	if err != nil {
		panic(fmt.Sprintf("compile the app file's schema: %v", err))
	}
	return s
})
