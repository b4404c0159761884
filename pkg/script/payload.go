package script

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"slipway.dev/events"
)

// kindNamed reads entity.happened as an owner says it.
func kindNamed(owner, name string) (events.Row, error) {
	entity, happened, _ := strings.Cut(name, ".")
	r, ok := events.Find(events.Kind{Owner: owner, Entity: entity, Happened: happened, Version: 1})
	if !ok {
		return r, fmt.Errorf("the catalogue has no %s of %s", name, owner)
	}
	return r, nil
}

// payloadOf makes what is said. What app and subject tell already is filled in; data
// tells the rest.
func payloadOf(r events.Row, app string, parts []string, data json.RawMessage) (events.Payload, error) {
	v := reflect.New(r.Type)
	if err := fill(v.Elem(), app, parts); err != nil {
		return nil, err
	}
	if err := strict(data, v.Interface()); err != nil {
		return nil, fmt.Errorf("data of %s: %w", r.Kind.Name(), err)
	}
	return v.Elem().Interface().(events.Payload), nil
}

// fill finds the struct that names what the payload is about and sets its fields:
// App from app, the others, from the last back, from the subject's parts.
func fill(v reflect.Value, app string, parts []string) error {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		switch {
		case !f.Anonymous || f.Type.Kind() != reflect.Struct:
		case f.Type == reflect.TypeFor[events.Endpoint]():
			return name(v.Field(i), []string{"App", "Endpoint"}, app, parts)
		case strings.HasPrefix(f.Name, "Of"):
			var fields []string
			for j := range f.Type.NumField() {
				fields = append(fields, f.Type.Field(j).Name)
			}
			return name(v.Field(i), fields, app, parts)
		default:
			if err := fill(v.Field(i), app, parts); err != nil {
				return err
			}
		}
	}
	return nil
}

func name(v reflect.Value, fields []string, app string, parts []string) error {
	if fields[0] == "App" {
		v.FieldByName("App").SetString(app)
		fields = fields[1:]
	}
	for len(fields) > 0 && len(parts) > 0 {
		f, part := v.FieldByName(fields[len(fields)-1]), parts[len(parts)-1]
		fields, parts = fields[:len(fields)-1], parts[:len(parts)-1]
		if f.Kind() == reflect.String {
			f.SetString(part)
			continue
		}
		n, err := strconv.ParseInt(part, 10, 64)
		if err != nil {
			return fmt.Errorf("subject part %q: want a number", part)
		}
		f.SetInt(n)
	}
	return nil
}
