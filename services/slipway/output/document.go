package output

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"time"

	"github.com/goccy/go-yaml"

	"slipway.dev/events"
	"slipway.dev/services/slipway/fault"
)

// Version of the documents: within it fields are only added.
const Version = "cli.slipway.dev/v1"

// Document is the result of a verb.
type Document struct {
	Kind    string
	Context string          // absent for what needs no cluster
	At      events.Position // of the log the answer is true of; zero for none
	Time    time.Time       // when it was asked; zero for what does not change
	Items   any             // a slice: a list kind
	Single  any             // a struct whose fields stand beside kind: a single kind
	Error   *fault.Fault
}

// Named is an item that -o name can write.
type Named interface {
	// Name is the id a person would type.
	Name() string
}

type header struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Context    string `json:"context,omitempty"`
	Era        uint32 `json:"era,omitempty"`
	Seq        uint64 `json:"seq,omitempty"`
	Time       string `json:"time,omitempty"`
}

// jsonTime is RFC 3339 in UTC with milliseconds.
const jsonTime = "2006-01-02T15:04:05.000Z07:00"

// MarshalJSON writes header, body and error as one object.
func (d Document) MarshalJSON() ([]byte, error) {
	h := header{APIVersion: Version, Kind: d.Kind, Context: d.Context, Era: d.At.Era, Seq: d.At.Seq}
	if !d.Time.IsZero() {
		h.Time = d.Time.UTC().Format(jsonTime)
	}
	parts := []any{h}
	if d.Single != nil {
		parts = append(parts, d.Single)
	}
	if d.Items != nil {
		parts = append(parts, struct {
			Items any `json:"items"`
		}{filled(d.Items)})
	}
	if d.Error != nil {
		parts = append(parts, struct {
			Error *fault.Fault `json:"error"`
		}{d.Error})
	}
	return joined(parts)
}

// filled is a list that is written [] when it is empty.
func filled(items any) any {
	if v := reflect.ValueOf(items); v.Kind() == reflect.Slice && v.IsNil() {
		return []int{}
	}
	return items
}

// joined writes the fields of several objects as one object.
func joined(parts []any) ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for _, p := range parts {
		one, err := encode(p)
		if err != nil {
			return nil, err
		}
		one = bytes.TrimSuffix(bytes.TrimPrefix(one, []byte("{")), []byte("}"))
		if len(one) > 0 && b.Len() > 1 {
			b.WriteByte(',')
		}
		b.Write(one)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// encode writes JSON without escaping < and >, which stand in reasons.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// JSON writes the document and a newline.
func (d Document) JSON(w io.Writer) error {
	body, err := d.MarshalJSON() // not by encoding/json, which would escape what encode did not
	if err != nil {
		return fmt.Errorf("write %s: %w", d.Kind, err)
	}
	_, err = w.Write(append(body, '\n'))
	return err
}

// YAML writes the same document.
func (d Document) YAML(w io.Writer) error {
	body, err := d.MarshalJSON()
	if err != nil {
		return fmt.Errorf("write %s: %w", d.Kind, err)
	}
	text, err := yaml.JSONToYAML(body)
	if err != nil {
		return fmt.Errorf("write %s: %w", d.Kind, err)
	}
	_, err = w.Write(text)
	return err
}

// Names writes one id a line.
func (d Document) Names(w io.Writer) error {
	v := reflect.ValueOf(d.Items)
	if d.Items == nil {
		v = reflect.ValueOf([]any{d.Single})
	}
	for i := range v.Len() {
		if n, ok := v.Index(i).Interface().(Named); ok {
			if _, err := fmt.Fprintln(w, n.Name()); err != nil {
				return err
			}
		}
	}
	return nil
}
