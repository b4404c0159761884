package cli

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/invopop/jsonschema"

	"slipway.dev/services/slipway/doctor"
	"slipway.dev/services/slipway/fault"
	"slipway.dev/services/slipway/guarantees"
	"slipway.dev/services/slipway/letter"
	"slipway.dev/services/slipway/output"
	"slipway.dev/services/slipway/version"
	"slipway.dev/services/slipway/view"
)

// kind is what a document of one kind holds.
type kind struct {
	items  reflect.Type // of a list kind
	single reflect.Type // whose fields stand beside kind
}

// kinds are all kinds of documents, by name.
var kinds = map[string]kind{
	"AppList":        {items: reflect.TypeFor[view.App]()},
	"Backup":         {single: reflect.TypeFor[backedUp]()},
	"BrakeList":      {items: reflect.TypeFor[brakeItem]()},
	"Chain":          {items: reflect.TypeFor[view.Link]()},
	"ConsumerList":   {items: reflect.TypeFor[consumerItem]()},
	"ContextList":    {items: reflect.TypeFor[contextItem]()},
	"Created":        {single: reflect.TypeFor[created]()},
	"DeadList":       {items: reflect.TypeFor[letter.Letter]()},
	"DeploymentList": {items: reflect.TypeFor[view.Deployment]()},
	"DoctorList":     {items: reflect.TypeFor[doctor.Check](), single: reflect.TypeFor[doctor.Totals]()},
	"Drill":          {single: reflect.TypeFor[drillResult]()},
	"EndpointList":   {items: reflect.TypeFor[endpointItem]()},
	"Error":          {},
	"EventCheckList": {items: reflect.TypeFor[eventCheck]()},
	"Explanation":    {single: reflect.TypeFor[explanation]()},
	"GuaranteeList":  {items: reflect.TypeFor[guarantees.Guarantee](), single: reflect.TypeFor[measuredOver]()},
	"HoldList":       {items: reflect.TypeFor[holdItem]()},
	"InstanceList":   {items: reflect.TypeFor[view.Instance]()},
	"NodeList":       {items: reflect.TypeFor[view.Node]()},
	"PlanList":       {items: reflect.TypeFor[view.Plan]()},
	"ReleaseList":    {items: reflect.TypeFor[view.Past]()},
	"Restoration":    {single: reflect.TypeFor[restoration]()},
	"ServiceList":    {items: reflect.TypeFor[view.Service]()},
	"State":          {single: reflect.TypeFor[folded]()},
	"TrafficList":    {items: reflect.TypeFor[view.Traffic]()},
	"TypeList":       {items: reflect.TypeFor[typeItem]()},
	"Validation":     {single: reflect.TypeFor[validation]()},
	"Version":        {single: reflect.TypeFor[version.Info]()},
}

// Schemas are the JSON Schemas of all kinds of documents, by kind: objects that may
// gain fields and lose none.
func Schemas() map[string][]byte {
	all := make(map[string][]byte, len(kinds))
	for name, k := range kinds {
		body, err := json.MarshalIndent(k.schema(name), "", "  ")
		if err != nil {
			panic(fmt.Sprintf("write schema of %s: %v", name, err)) // of our own structs
		}
		all[name] = append(body, '\n')
	}
	return all
}

func (k kind) schema(name string) *jsonschema.Schema {
	s := &jsonschema.Schema{
		Version: jsonschema.Version, Title: name, Type: "object",
		ID:         jsonschema.ID("https://slipway.dev/schema/cli/" + name + ".json"),
		Properties: jsonschema.NewProperties(), Required: []string{"apiVersion", "kind"},
	}
	s.Properties.Set("apiVersion", &jsonschema.Schema{Const: output.Version})
	s.Properties.Set("kind", &jsonschema.Schema{Const: name})
	s.Properties.Set("context", &jsonschema.Schema{Type: "string"})
	s.Properties.Set("era", &jsonschema.Schema{Type: "integer", Minimum: "1"})
	s.Properties.Set("seq", &jsonschema.Schema{Type: "integer", Minimum: "1"})
	s.Properties.Set("time", view.Time{}.JSONSchema())
	if k.single != nil {
		fields := reflected(k.single)
		for p := fields.Properties.Oldest(); p != nil; p = p.Next() {
			s.Properties.Set(p.Key, p.Value)
		}
		s.Required = append(s.Required, fields.Required...)
	}
	if k.items != nil {
		s.Properties.Set("items", &jsonschema.Schema{Type: "array", Items: reflected(k.items)})
		s.Required = append(s.Required, "items")
	}
	s.Properties.Set("error", faultSchema())
	if name == "Error" {
		s.Required = append(s.Required, "error")
	}
	return s
}

// reflected is the schema of a struct, whole, open to fields of later versions.
func reflected(t reflect.Type) *jsonschema.Schema {
	r := jsonschema.Reflector{Anonymous: true, DoNotReference: true, AllowAdditionalProperties: true}
	s := r.ReflectFromType(t)
	s.Version = ""
	return s
}

// faultSchema is that of an error, whose exit status stands beside its code.
func faultSchema() *jsonschema.Schema {
	s := reflected(reflect.TypeFor[fault.Fault]())
	s.Properties.Set("exit", &jsonschema.Schema{Type: "integer"})
	s.Required = append(s.Required, "exit")
	return s
}
