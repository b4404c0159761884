package main

import (
	"reflect"
	"strings"
	"time"

	"slipway.dev/events"
)

// Names that stand for a parameter while a subject is spelled; no token of the
// catalogue has capitals.
const (
	anyApp   = "APP"
	anyPlace = "PLACE"
)

var parameterOf = map[string]string{
	anyApp: "{app}", anyPlace: "{place}", events.OwnerParticipant: "{participant}",
}

// asParameters puts parameters where names may stand.
func asParameters(subject string) string {
	tokens := strings.Split(subject, ".")
	for i, t := range tokens {
		if p, is := parameterOf[t]; is {
			tokens[i] = p
		}
	}
	return strings.Join(tokens, ".")
}

// address is the subject of a kind with a parameter for each name in it.
func address(r events.Row) string {
	app, place := belongs(r)
	return asParameters(events.Subject(r.Kind, app, place))
}

// guard is the filter under which a fact counts; a wish has none, and what every
// participant may say counts under the participant's own.
func guard(r events.Row) string {
	if r.Kind.IsWish() || r.Kind.Owner == events.OwnerParticipant {
		return ""
	}
	app, place := belongs(r)
	return asParameters(events.Guard(r.Kind.Owner, app, place))
}

// belongs tells which of app and place a payload of the row may name.
func belongs(r events.Row) (app, place string) {
	v := reflect.New(r.Type).Elem()
	name(v)
	about := v.Interface().(events.Payload).About()
	if about.App != "" {
		app = anyApp
	}
	if about.Place != "" {
		place = anyPlace
	}
	return app, place
}

// name gives every text of a payload a value.
func name(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			name(v.Field(i))
		}
	}
}

func stream(k events.Kind) string {
	if k.IsWish() {
		return events.StreamWishes
	}
	return events.StreamEvents
}

func channel(r events.Row, what string) object {
	typ, at := r.Kind.Type(), address(r)
	facts := object{"stream": stream(r.Kind), "since": r.Since}
	if g := guard(r); g != "" {
		facts["guard"] = g
	}
	if !r.Kind.IsWish() {
		facts["essential"] = r.Essential
	}
	return object{
		"address": at, "title": r.Kind.Name(), "description": what, "parameters": parametersIn(at),
		"messages": object{typ: ref("#/components/messages/" + typ)}, "x-jetstream": facts,
	}
}

// extension is where users' own services speak.
func extension() object {
	const at = "slipway.ext.{publisher}.{topic}"
	return object{
		"address": at, "title": "a user's own event", "description": "What the users' own services publish.",
		"parameters": parametersIn(at), "messages": object{extChannel: ref("#/components/messages/" + extChannel)},
		"x-jetstream": object{"stream": events.StreamExt},
	}
}

// streams are what a reader needs to know of each; zero bounds are left out.
func streams() (all []object) {
	for _, s := range events.Streams {
		one := object{
			"name": s.Name, "description": s.Description, "subjects": s.Subjects, "replicas": s.Replicas, "storage": "file",
			"maxBytes": s.MaxBytes, "maxMsgBytes": s.MaxMsgBytes, "discard": "old", "dedupWindowMs": s.DedupWindow.Milliseconds(),
		}
		if s.Memory {
			one["storage"] = "memory"
		}
		if s.DiscardNew {
			one["discard"] = "new"
		}
		if s.MaxAge > 0 {
			one["maxAgeMs"] = s.MaxAge.Milliseconds()
		}
		if s.MaxPerSubject > 0 {
			one["maxPerSubject"] = s.MaxPerSubject
		}
		all = append(all, one)
	}
	return all
}
