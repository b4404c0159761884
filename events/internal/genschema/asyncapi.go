package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/invopop/jsonschema"

	"slipway.dev/events"
)

const (
	asyncVersion = "3.1.0" // of the AsyncAPI specification
	release      = "0.1.0" // of the language
	contentType  = "application/cloudevents+json"
	schemasAt    = "#/components/schemas/"
	extChannel   = "slipway.ext"
)

// object is a JSON object, or a set of them by name.
type object = map[string]any

// asyncDocument is an AsyncAPI document, as far as we use one.
type asyncDocument struct {
	AsyncAPI   string     `json:"asyncapi"`
	Info       object     `json:"info"`
	Default    string     `json:"defaultContentType"`
	Channels   object     `json:"channels"`
	Operations object     `json:"operations"`
	Components components `json:"components"`
	JetStream  object     `json:"x-jetstream"`
}

type components struct {
	Messages   object `json:"messages"`
	Parameters object `json:"parameters"`
	Schemas    object `json:"schemas"`
}

// asyncAPI is the whole language as one AsyncAPI document that refers to no other file.
func (c corpus) asyncAPI() (asyncDocument, error) {
	d := asyncDocument{
		AsyncAPI: asyncVersion, Default: contentType, Info: info(),
		Channels: object{}, Operations: object{}, JetStream: object{"streams": streams()},
		Components: components{object{}, parameters(), object{}},
	}
	if err := d.adopt("envelope", c.envelope); err != nil {
		return d, err
	}
	for _, r := range events.Catalog {
		name := r.Kind.Type()
		if err := d.adopt(name, c.types[name]); err != nil {
			return d, err
		}
		d.Components.Messages[name] = message(name, c.types[name].Description)
		d.Channels[name] = channel(r, c.types[name].Description)
		d.operate(name, speaker(r.Kind))
	}
	d.Components.Messages[extChannel] = object{"name": extChannel, "contentType": contentType,
		"summary": "An event of a user's own service: any body, a CloudEvent preferred. Nothing of Slipway folds it."}
	d.Channels[extChannel] = extension()
	d.operate(extChannel, "the publisher")
	return d, nil
}

func info() object {
	return object{
		"title": "Slipway", "version": release,
		"description": "What Slipway says on its log and what may be wished of it. Each message is one CloudEvent 1.0 in structured JSON " +
			"on a JetStream stream. Names in a subject have bytes outside [A-Za-z0-9_-] written =XX.",
	}
}

// operate adds who sends on a channel, and that anyone may receive.
func (d *asyncDocument) operate(name, sender string) {
	one := func(action, summary string) object {
		return object{
			"action": action, "summary": summary, "channel": ref("#/channels/" + name),
			"messages": []object{ref("#/channels/" + name + "/messages/" + name)},
		}
	}
	d.Operations["send."+name] = one("send", "Said by "+sender+".")
	d.Operations["receive."+name] = one("receive", "Heard by whoever reads the stream.")
}

func speaker(k events.Kind) string {
	switch k.Owner {
	case events.OwnerWish:
		return "people, CI and integrators"
	case events.OwnerParticipant:
		return "every participant of itself"
	}
	return "the " + k.Owner + " alone"
}

func ref(to string) object { return object{"$ref": to} }

func message(name, what string) object {
	return object{
		"name": name, "summary": what, "contentType": contentType,
		"payload": object{"allOf": []object{
			ref(schemasAt + "envelope"),
			{"properties": object{"type": object{"const": name}, "data": ref(schemasAt + name)}},
		}},
	}
}

// adopt takes a schema and the definitions it refers to into the document. A Go struct
// has one definition, in whichever payload it stands.
func (d *asyncDocument) adopt(name string, s *jsonschema.Schema) error {
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("write schema of %s: %w", name, err)
	}
	text = bytes.ReplaceAll(text, []byte(`"#/$defs/`), []byte(`"`+schemasAt))
	var whole object
	if err := json.Unmarshal(text, &whole); err != nil {
		return fmt.Errorf("read schema of %s: %w", name, err)
	}
	defs, _ := whole["$defs"].(object)
	for _, own := range []string{"$defs", "$id", "$schema"} {
		delete(whole, own)
	}
	d.Components.Schemas[name] = whole
	for inner, def := range defs {
		if have, ok := d.Components.Schemas[inner]; ok && !same(have, def) {
			return fmt.Errorf("two definitions of %s, one of them of %s", inner, name)
		}
		d.Components.Schemas[inner] = def
	}
	return nil
}

func same(a, b any) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return bytes.Equal(x, y)
}

// parameters are the tokens of a subject that a name fills.
func parameters() object {
	return object{
		"app":         object{"description": "name of the app; _ where it is about none"},
		"place":       object{"description": "node, gateway, holder or stream it concerns; _ where it concerns none"},
		"participant": object{"description": "owner that speaks of itself", "examples": []string{"deployer", "node", "gateway"}},
		"publisher":   object{"description": "who publishes: one name per service of the user's own"},
		"topic":       object{"description": "what is said, one token or several"},
	}
}

func parametersIn(address string) object {
	found := object{}
	for name := range parameters() {
		if strings.Contains(address, "{"+name+"}") {
			found[name] = ref("#/components/parameters/" + name)
		}
	}
	return found
}
