package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"slipway.dev/events"
	"slipway.dev/events/schema"
	"slipway.dev/pkg/service"
)

// asyncAPI is the AsyncAPI document of the language with, beside who says a kind, who of
// Slipway's own hears it. The language itself does not know: the services declare it.
func asyncAPI() ([]byte, error) {
	text := schema.AsyncAPI()
	all := participants()
	for _, r := range events.Catalog {
		names := hearers(all, r.Kind)
		if len(names) == 0 {
			continue
		}
		was, err := receives(text, r.Kind.Type())
		if err != nil {
			return nil, err
		}
		is := bytes.Replace(was, []byte(`"Heard by `), []byte(`"Heard by the `+strings.Join(names, ", the ")+` and by `), 1)
		text = bytes.Replace(text, was, is, 1)
	}
	return text, nil
}

// receives is the part of the document, byte for byte, about who hears a type.
func receives(text []byte, typ string) ([]byte, error) {
	at := bytes.Index(text, []byte(`"receive.`+typ+`"`))
	if at >= 0 {
		var operation json.RawMessage
		rest := text[at:]
		rest = rest[bytes.IndexByte(rest, '{'):]
		if err := json.NewDecoder(bytes.NewReader(rest)).Decode(&operation); err == nil {
			return operation, nil
		}
	}
	return nil, fmt.Errorf("the AsyncAPI document has no operation receive.%s", typ)
}

// hearers are those who fold a fact or answer a wish, but for who says it.
func hearers(all []service.Service, k events.Kind) (names []string) {
	for _, svc := range all {
		hears := slices.Contains(svc.Hears, k)
		if k.IsWish() {
			hears = slices.ContainsFunc(svc.Wishes, func(filter string) bool { return answers(filter, k) })
		}
		if hears && svc.Name != k.Owner {
			names = append(names, svc.Name)
		}
	}
	return names
}

// answers tells whether a filter of wishes takes some wish of a kind.
func answers(filter string, k events.Kind) bool {
	token := strings.Split(filter, ".")
	entity, verb := token[len(token)-2], token[len(token)-1]
	return (entity == "*" || entity == k.Entity) && (verb == "*" || verb == k.Happened)
}
