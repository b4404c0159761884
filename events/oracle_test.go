package events

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strconv"
	"testing"

	cloudevent "github.com/cloudevents/sdk-go/v2/event"
)

// The CloudEvents SDK is what integrators use: it must read what we write, and we
// what it writes.
func TestOracle(t *testing.T) {
	for name, body := range goldenFiles(t) {
		t.Run(name, func(t *testing.T) {
			var theirs cloudevent.Event
			if err := json.Unmarshal(body, &theirs); err != nil {
				t.Fatal(err)
			}
			if err := theirs.Validate(); err != nil {
				t.Error(err)
			}
			ours, err := Scan(body)
			if err != nil {
				t.Fatal(err)
			}
			sameEvent(t, ours, theirs)

			written, err := json.Marshal(theirs)
			if err != nil {
				t.Fatal(err)
			}
			back, err := Scan(written)
			if err != nil {
				t.Fatal(err)
			}
			sameEvent(t, back, theirs)
			if err := back.Decode(); err != nil {
				t.Fatal(err)
			}
			back.Raw = nil // the SDK compacts nothing, but it need not keep the bytes
			if again := encode(t, back); !bytes.Equal(again, body) {
				t.Errorf("after a way through the SDK:\n%s\nwant\n%s", again, body)
			}
		})
	}
}

func TestOracleReadsForeignEventsAlike(t *testing.T) {
	for _, body := range []string{
		`{"specversion":"1.0","id":"1","source":"/shop","type":"com.shop.orders.placed","data":{"n":1}}`,
		`{"specversion":"1.0","id":"1","source":"/shop","type":"com.shop.orders.placed","time":"2026-03-01T13:00:00+01:00","flag":true,"count":-7,"note":"a \"b\" \u00e9 \ud83d\ude00"}`,
		`{"specversion":"1.0","id":"1","source":"/shop","type":"com.shop.text","datacontenttype":"text/plain","data":"a\nb"}`,
		`{"specversion":"1.0","id":"1","source":"/shop","type":"com.shop.bytes","datacontenttype":"image/png","data_base64":"AAEC/w=="}`,
		`{"specversion":"1.0","id":"1","source":"/shop","type":"com.shop.json","data_base64":"eyJuIjoxfQ=="}`,
		`{"specversion":"1.0","id":"1","source":"/shop","type":"com.shop.schema","dataschema":"https://shop.example/s.json","data":[1,2.5e3,null]}`,
	} {
		var theirs cloudevent.Event
		if err := json.Unmarshal([]byte(body), &theirs); err != nil {
			t.Fatal(err)
		}
		ours, err := Scan([]byte(body))
		if err != nil {
			t.Errorf("%s: %v", body, err)
			continue
		}
		sameEvent(t, ours, theirs)
		if ours.Time.IsZero() {
			ours.Time = noon
		}
		again, err := Scan(encode(t, ours))
		if err != nil || !reflect.DeepEqual(again, ours) {
			t.Errorf("written back: %+v, want %+v, %v", again, ours, err)
		}
	}
}

func sameEvent(t *testing.T, ours Event, theirs cloudevent.Event) {
	t.Helper()
	got := map[string]any{
		"id": ours.ID, "source": ours.Source, "type": ours.Kind.Type(), "subject": ours.Subject,
		"time": ours.Time,
	}
	want := map[string]any{
		"id": theirs.ID(), "source": theirs.Source(), "type": theirs.Type(), "subject": theirs.Subject(),
		"time": theirs.Time().UTC(),
	}
	for name, value := range ourExtensions(ours) {
		got["ext "+name] = value
	}
	for name, value := range theirs.Extensions() {
		want["ext "+name] = value
	}
	if _, ok := want["ext correlationid"]; !ok {
		delete(got, "ext correlationid") // ours fills it in
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("attributes %v\nthe SDK reads %v", got, want)
	}
	if string(ours.Raw) != string(theirs.Data()) && !sameJSON(ours.Raw, theirs.Data()) {
		t.Errorf("data %q\nthe SDK reads %q", ours.Raw, theirs.Data())
	}
}

func ourExtensions(e Event) map[string]any {
	all := make(map[string]any)
	for name, text := range map[string]string{
		"actor": e.Actor, "causationid": e.Cause, "correlationid": e.Correlation, "reason": e.Reason,
		"traceparent": e.TraceParent, "wish": e.Wish.String(),
	} {
		if text != "" {
			all[name] = text
		}
	}
	if e.Ordinal > 0 {
		all["ordinal"] = strconv.FormatUint(e.Ordinal, 10)
	}
	for name, value := range e.Ext {
		if name != extContentType && name != extSchema {
			all[name] = value
		}
	}
	return all
}

func sameJSON(a, b []byte) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}
