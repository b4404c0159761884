package events

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// writer is a growing body. Writers are pooled: an event costs one allocation, its own
// bytes.
type writer struct {
	b       []byte
	payload *json.Encoder // writes to b
}

const keptWriterBytes = 64 << 10 // a larger buffer is rare and not worth keeping

var writers = sync.Pool{New: func() any {
	w := &writer{b: make([]byte, 0, 1024)}
	w.payload = json.NewEncoder(w)
	w.payload.SetEscapeHTML(false)
	return w
}}

// Write appends, for the payload's encoder.
func (w *writer) Write(p []byte) (int, error) {
	w.b = append(w.b, p...)
	return len(p), nil
}

func (w *writer) free() {
	if cap(w.b) <= keptWriterBytes {
		w.b = w.b[:0]
		writers.Put(w)
	}
}

func (w *writer) attributes(e *Event) {
	w.b = append(w.b, `{"specversion":"1.0"`...)
	w.text(`,"id":`, e.ID)
	w.text(`,"source":`, e.Source)
	w.b = append(w.b, `,"type":"`...)
	from := len(w.b)
	if e.Kind.isForeign() {
		w.b = w.b[:from-1]
		w.quote(e.Kind.Entity)
	} else {
		w.b = append(e.Kind.appendType(w.b), '"')
	}
	to := len(w.b) - 1
	w.text(`,"subject":`, e.Subject)
	w.b = append(w.b, `,"time":"`...)
	w.b = append(e.Time.UTC().AppendFormat(w.b, time.RFC3339Nano), '"')
	if other, ok := e.Ext[extContentType].(string); ok {
		w.text(`,"datacontenttype":`, other)
	} else {
		w.b = append(w.b, `,"datacontenttype":"application/json"`...)
	}
	switch schema, ok := e.Ext[extSchema].(string); {
	case ok:
		w.text(`,"dataschema":`, schema)
	case !e.Kind.isForeign():
		w.b = append(w.b, `,"dataschema":"`+schemaPrefix...)
		w.b = append(w.b, w.b[from:to]...)
		w.b = append(w.b, `.json"`...)
	}
}

// extensions writes ours and those this version does not know, sorted by name.
func (w *writer) extensions(e *Event) *Unreadable {
	var number [20]byte
	ordinal, wish := "", ""
	if e.Ordinal != 0 {
		ordinal = string(strconv.AppendUint(number[:0], e.Ordinal, 10))
	}
	if !e.Wish.IsZero() {
		wish = e.Wish.String()
	}
	ours := [...]struct{ name, text string }{
		{`,"actor":`, e.Actor},
		{`,"causationid":`, e.Cause},
		{`,"correlationid":`, e.Correlation},
		{`,"ordinal":`, ordinal},
		{`,"reason":`, e.Reason},
		{`,"traceparent":`, e.TraceParent},
		{`,"wish":`, wish},
	}
	var rest []string
	if len(e.Ext) > 0 {
		rest = slices.Sorted(maps.Keys(e.Ext))
	}
	for i := range ours {
		for len(rest) > 0 && rest[0] < ours[i].name[2:len(ours[i].name)-2] {
			if u := w.extension(rest[0], e.Ext[rest[0]]); u != nil {
				return u
			}
			rest = rest[1:]
		}
		w.text(ours[i].name, ours[i].text)
	}
	for _, name := range rest {
		if u := w.extension(name, e.Ext[name]); u != nil {
			return u
		}
	}
	return nil
}

func (w *writer) extension(name string, value any) *Unreadable {
	text, isText := value.(string)
	switch at := slotOf(name); {
	case isText && len(text) > MaxExtBytes:
		return unreadable(name, "longer than %d bytes", MaxExtBytes)
	case isText && checkText(text) != "":
		return unreadable(name, "%s", checkText(text))
	case isText && (at == slotContentType || at == slotSchema):
		return nil // stands among the attributes
	case at != slotExtension || !isExtensionName(name):
		return unreadable(name, "no name for an extension")
	}
	w.b = append(append(append(w.b, `,"`...), name...), `":`...)
	switch v := value.(type) {
	case string:
		w.quote(v)
	case bool:
		w.b = strconv.AppendBool(w.b, v)
	case int32:
		w.b = strconv.AppendInt(w.b, int64(v), 10)
	default:
		return unreadable(name, "%T is none of string, bool, int32", value)
	}
	return nil
}

func (w *writer) data(e *Event) *Unreadable {
	const name = `,"data":`
	_, other := e.Ext[extContentType]
	switch {
	case e.Raw != nil && other:
		w.b = append(w.b, `,"data_base64":"`...)
		w.b = append(base64.StdEncoding.AppendEncode(w.b, e.Raw), '"')
		return nil
	case e.Raw != nil:
		if u := checkJSON("data", e.Raw); u != nil {
			return u
		}
		w.b = append(append(w.b, name...), e.Raw...)
		return nil
	case e.Data == nil && !e.Kind.Known(), e.Data == (Unknown{}):
		return nil // an event that was read without data
	case e.Data == nil:
		return unreadable("data", "absent")
	}
	r, ok := byType[reflect.TypeOf(e.Data)]
	if k := r.Kind; !ok || k.Entity != e.Kind.Entity || k.Happened != e.Kind.Happened || k.Version != e.Kind.Version {
		return unreadable("data", "%T is not what %s carries", e.Data, e.Kind.Type())
	}
	data := e.Data
	if r.whole != nil {
		data = r.whole(data)
	}
	w.b = append(w.b, name...)
	if err := w.payload.Encode(data); err != nil {
		return unreadable("data", "%s", err.Error())
	}
	w.b = w.b[:len(w.b)-1] // the encoder's newline
	return nil
}

// text writes a name and its text, or nothing where there is none.
func (w *writer) text(name, text string) {
	if text != "" {
		w.b = append(w.b, name...)
		w.quote(text)
	}
}

// quote writes a checked text: without control characters two bytes need an escape.
func (w *writer) quote(text string) {
	w.b = append(w.b, '"')
	for {
		i := strings.IndexAny(text, `"\`)
		if i < 0 {
			break
		}
		w.b = append(append(w.b, text[:i]...), '\\', text[i])
		text = text[i+1:]
	}
	w.b = append(append(w.b, text...), '"')
}
