package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/invopop/jsonschema"

	"slipway.dev/events"
)

// pagePath is the page for people, from the folder of package events.
const pagePath = "../docs/EVENTS.md"

const pageHead = `# Events

Written by ` + "`make docs`" + ` from ` + "`events/catalog.go`" + ` and the comments of the payload structs; do not edit.

A fact is said on ` + "`slipway.event.<app>.<owner>.<place>.<entity>.<happened>`" + `, by its owner alone; a wish
on ` + "`slipway.wish.<app>.<place>.<entity>.<verb>`" + `, by anybody. Names in braces below are filled in, bytes
outside ` + "`[A-Za-z0-9_-]`" + ` written ` + "`=XX`" + `; ` + "`_`" + ` stands where there is none. Each message is one CloudEvent 1.0 in
structured JSON. *Essential* facts are said even when the log is 90 % full. Fields may be added;
none is taken away or changes its meaning within a version. Ignore what you do not know.

The same for programs: ` + "`events/schema`" + ` has a JSON Schema per type and ` + "`asyncapi.json`" + `.
How to read and publish them: [consume-events.md](how-to/consume-events.md).
`

// page is docs/EVENTS.md.
func (c corpus) page() []byte {
	var b strings.Builder
	b.WriteString(pageHead + "\n## The envelope\n\n" + sentence(c.envelope.Description) + "\n\n")
	writeFields(&b, c.envelope)
	shapes := map[string]*jsonschema.Schema{}
	owner := ""
	for _, r := range byOwner() {
		if r.Kind.Owner != owner {
			owner = r.Kind.Owner
			fmt.Fprintf(&b, "\n## %s\n\n%s\n", ownerTitle(owner), ownerWords(owner))
		}
		s := c.types[r.Kind.Type()]
		c.writeEvent(&b, r, s)
		maps.Copy(shapes, s.Definitions)
	}
	b.WriteString("\n## Shapes\n\nWhat several events hold.\n")
	for _, name := range slices.Sorted(maps.Keys(shapes)) {
		fmt.Fprintf(&b, "\n### %s\n\n%s\n\n", name, sentence(shapes[name].Description))
		writeFields(&b, shapes[name])
	}
	return []byte(b.String())
}

// byOwner is the catalogue in its own order, what one owner says together; wishes
// come last, as they do there.
func byOwner() (rows []events.Row) {
	var owners []string
	for _, r := range events.Catalog {
		if !slices.Contains(owners, r.Kind.Owner) {
			owners = append(owners, r.Kind.Owner)
		}
	}
	for _, o := range owners {
		for _, r := range events.Catalog {
			if r.Kind.Owner == o {
				rows = append(rows, r)
			}
		}
	}
	return rows
}

func ownerTitle(owner string) string {
	switch owner {
	case events.OwnerWish:
		return "Wishes"
	case events.OwnerParticipant:
		return "Every participant"
	}
	return strings.ToUpper(owner[:1]) + owner[1:]
}

func ownerWords(owner string) string {
	if owner == events.OwnerWish {
		return "On the stream `" + events.StreamWishes + "`. Nobody acts on a wish: its addressee validates it and states a fact, or says `…refused`."
	}
	if owner == events.OwnerParticipant {
		return "On the stream `" + events.StreamEvents + "`, said by each service, node and gateway of itself."
	}
	return "On the stream `" + events.StreamEvents + "`, said by the " + owner + " alone."
}

func (c corpus) writeEvent(b *strings.Builder, r events.Row, s *jsonschema.Schema) {
	title := r.Kind.Name()
	if r.Kind.IsWish() {
		title = "wish " + title
	}
	fmt.Fprintf(b, "\n### %s\n\n%s\n\n", title, sentence(s.Description))
	fmt.Fprintf(b, "`%s`  \n`%s`", address(r), r.Kind.Type())
	if r.Essential {
		b.WriteString(" (essential)")
	}
	b.WriteString("\n\n")
	writeFields(b, s)
}

func writeFields(b *strings.Builder, s *jsonschema.Schema) {
	if s.Properties == nil || s.Properties.Len() == 0 {
		b.WriteString("It has no fields.\n")
		return
	}
	b.WriteString("| field | type | always | meaning |\n|---|---|---|---|\n")
	for p := s.Properties.Oldest(); p != nil; p = p.Next() {
		always := "no"
		if slices.Contains(s.Required, p.Key) {
			always = "yes"
		}
		meaning := strings.ReplaceAll(sentence(p.Value.Description), "|", `\|`)
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", p.Key, typeWords(p.Value), always, meaning)
	}
}

// typeWords is the type of a field as a person says it.
func typeWords(s *jsonschema.Schema) string {
	switch {
	case s.Ref != "":
		name := strings.TrimPrefix(s.Ref, "#/$defs/")
		return "[" + name + "](#" + strings.ToLower(name) + ")"
	case s.Type == "array" && s.Items != nil:
		return "list of " + typeWords(s.Items)
	case s.Type == "object" && s.AdditionalProperties != nil:
		return "map to " + typeWords(s.AdditionalProperties)
	case s.Type == "string" && s.Format == "date-time":
		return "time"
	case s.Type == "string" && len(s.Enum) == 1:
		return fmt.Sprintf("`%v`", s.Enum[0])
	case s.Type == "":
		return "any"
	}
	return s.Type
}

// sentence is a comment as one line, without what would be taken for a tag.
func sentence(comment string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(comment), " "), "<", "&lt;")
}
