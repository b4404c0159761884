package schema

import "embed"

//go:embed *.json
var files embed.FS

// Of is the JSON Schema of the data of a CloudEvents type of ours:
// dev.slipway.release.promoted.v1.
func Of(eventType string) (text []byte, known bool) {
	if eventType == "envelope" || eventType == "asyncapi" {
		return nil, false
	}
	text, err := files.ReadFile(eventType + ".json")
	return text, err == nil
}

// Envelope is the JSON Schema of one event as it stands on the bus.
func Envelope() []byte { return must("envelope.json") }

// AsyncAPI is the AsyncAPI document of the whole language.
func AsyncAPI() []byte { return must("asyncapi.json") }

func must(name string) []byte {
	text, err := files.ReadFile(name)
	if err != nil {
		panic("schema: " + err.Error()) // embedded when this was compiled
	}
	return text
}
