package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"slipway.dev/events"
)

// asyncRead is the committed document as a reader takes it apart.
type asyncRead struct {
	AsyncAPI string
	Info     struct{ Title, Version string }
	Channels map[string]struct {
		Address    string
		Messages   map[string]any
		Parameters map[string]any
		JetStream  struct {
			Stream, Guard string
			Since         int
			Essential     *bool
		} `json:"x-jetstream"`
	}
	Operations map[string]struct {
		Action   string
		Channel  map[string]string
		Messages []map[string]string
	}
	Components struct{ Messages, Schemas, Parameters map[string]any }
}

// The fields that AsyncAPI 3.1 requires, checked by hand: its own schema is not kept here.
func TestAsyncAPIHasWhatTheSpecificationRequires(t *testing.T) {
	text := generated(t)["schema/asyncapi.json"]
	var d asyncRead
	var whole any
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &whole); err != nil {
		t.Fatal(err)
	}
	if d.AsyncAPI != asyncVersion || d.Info.Title == "" || d.Info.Version == "" {
		t.Errorf("asyncapi %q, info %+v", d.AsyncAPI, d.Info)
	}
	if want := len(events.Catalog) + 1; len(d.Channels) != want || len(d.Operations) != 2*want {
		t.Errorf("%d channels, %d operations of %d kinds", len(d.Channels), len(d.Operations), want)
	}
	key := regexp.MustCompile(`^[\w.-]+$`)
	for _, of := range []map[string]any{d.Components.Messages, d.Components.Schemas, d.Components.Parameters} {
		for name := range of {
			if !key.MatchString(name) {
				t.Errorf("component %q", name)
			}
		}
	}
	for name, op := range d.Operations {
		if op.Action+"." != name[:strings.Index(name, ".")+1] || len(op.Messages) != 1 {
			t.Errorf("operation %s: %+v", name, op)
		}
		if to := op.Channel["$ref"]; len(op.Messages) == 1 && !strings.HasPrefix(op.Messages[0]["$ref"], to+"/messages/") {
			t.Errorf("operation %s: message %v is none of its channel %s", name, op.Messages, to)
		}
	}
	for _, dead := range deadReferences(whole, whole, "#") {
		t.Error(dead)
	}
}

func TestEveryParameterOfAnAddressIsDeclared(t *testing.T) {
	var d asyncRead
	if err := json.Unmarshal(generated(t)["schema/asyncapi.json"], &d); err != nil {
		t.Fatal(err)
	}
	inBraces := regexp.MustCompile(`\{(\w+)\}`)
	for name, c := range d.Channels {
		var in, declared []string
		for _, m := range inBraces.FindAllStringSubmatch(c.Address, -1) {
			in = append(in, m[1])
		}
		for p := range c.Parameters {
			declared = append(declared, p)
		}
		slices.Sort(in)
		slices.Sort(declared)
		if !slices.Equal(in, declared) || len(c.Messages) != 1 {
			t.Errorf("%s: %s declares %v", name, c.Address, declared)
		}
	}
	for typ, want := range map[string]string{
		"dev.slipway.release.promoted.v1":        "slipway.event.{app}.deployer._.release.promoted",
		"dev.slipway.instance.ready.v1":          "slipway.event.{app}.node.{place}.instance.ready",
		"dev.slipway.node.joined.v1":             "slipway.event._.node.{place}.node.joined",
		"dev.slipway.letter.parked.v1":           "slipway.event._.{participant}.{place}.letter.parked",
		"dev.slipway.wish.rollback.requested.v1": "slipway.wish.{app}._.rollback.requested",
		extChannel:                               "slipway.ext.{publisher}.{topic}",
	} {
		if got := d.Channels[typ].Address; got != want {
			t.Errorf("%s: %s, want %s", typ, got, want)
		}
	}
	js := d.Channels["dev.slipway.release.promoted.v1"].JetStream
	if js.Stream != events.StreamEvents || js.Guard != "slipway.event.{app}.deployer.>" || js.Essential == nil || !*js.Essential {
		t.Errorf("JetStream facts %+v", js)
	}
}

// deadReferences are the references that lead nowhere in the document.
func deadReferences(whole, at any, path string) (dead []string) {
	switch at := at.(type) {
	case object:
		if to, is := at["$ref"].(string); is && !leads(whole, to) {
			dead = append(dead, fmt.Sprintf("%s refers to %s, which is not there", path, to))
		}
		for name, v := range at {
			dead = append(dead, deadReferences(whole, v, path+"/"+name)...)
		}
	case []any:
		for i, v := range at {
			dead = append(dead, deadReferences(whole, v, fmt.Sprint(path, "/", i))...)
		}
	}
	return dead
}

func leads(whole any, to string) bool {
	rest, inside := strings.CutPrefix(to, "#/")
	for _, name := range strings.Split(rest, "/") {
		o, is := whole.(object)
		if !is || !inside {
			return false
		}
		if whole, is = o[name]; !is {
			return false
		}
	}
	return inside
}

func TestADeadReferenceIsFound(t *testing.T) {
	whole := object{"a": object{"b": 1}, "sound": ref("#/a/b"), "list": []any{ref("#/a/c"), ref("elsewhere.json")}}
	if got := deadReferences(whole, whole, "#"); len(got) != 2 {
		t.Errorf("found %q", got)
	}
}
