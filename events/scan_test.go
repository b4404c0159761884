package events

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	cloudevent "github.com/cloudevents/sdk-go/v2/event"
)

const fact = `{"specversion":"1.0","id":"050cfb4c8554d076462736fad4bf66f1","source":"/slipway/deployer",` +
	`"type":"dev.slipway.release.promoted.v1","subject":"web/7","time":"2026-03-01T12:00:00Z","ordinal":"5",` +
	`"correlationid":"w1","causationid":"w1","data":{"app":"web","release":7,"how":"rolling","available":3,"target":3}}`

// with is the fact with one part of its text replaced.
func with(old, new string) string {
	if !strings.Contains(fact, old) {
		panic("no " + old)
	}
	return strings.Replace(fact, old, new, 1)
}

func TestScanRefuses(t *testing.T) {
	deep := strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth)
	for _, c := range []struct{ what, body, attribute string }{
		{"bus-17 a duplicate name", with(`"id":`, `"id":"x","id":`), "id"},
		{"bus-17 a duplicate of data", with(`"data":`, `"data":{},"data":`), "data"},
		{"bus-17 a duplicate extension", with(`"id":`, `"color":"x","color":"y","id":`), "color"},
		{"bus-17 a duplicate beside null", with(`"id":`, `"reason":null,"reason":"y","id":`), "reason"},
		{"bus-17 a duplicate extension beside null", with(`"id":`, `"color":null,"color":"y","id":`), "color"},
		{"bus-17 a wrong letter case", with(`"id":`, `"ID":`), "ID"},
		{"bus-17 a wrong letter case beside the right one", with(`"id":`, `"Source":"x","id":`), "Source"},
		{"bus-17 a name in escapes", with(`"id":`, `"\u0069d":`), `\u0069d`},
		{"bus-17 a body of 321 KiB", with(`"how":"rolling"`, `"how":"`+strings.Repeat("x", 321<<10)+`"`), "body"},
		{"bus-17 bad UTF-8 in an attribute", with(`web/7`, "web/\xff"), "subject"},
		{"bus-17 bad UTF-8 in the data", with(`rolling`, "roll\xc3ing"), "data"},
		{"bus-17 bad UTF-8 in an extension", with(`"id":`, "\"color\":\"\xff\",\"id\":"), "color"},
		{"nothing", ``, "body"},
		{"no object", `[1]`, "body"},
		{"an empty object", `{}`, "specversion"},
		{"trailing bytes", fact + "x", "body"},
		{"a second event", fact + fact, "body"},
		{"a cut body", fact[:len(fact)-2], "data"},
		{"a comma too many", with(`}}`, `},}`), "body"},
		{"no comma", with(`,"id"`, ` "id"`), "body"},
		{"no specversion", with(`"specversion":"1.0",`, ``), "specversion"},
		{"specversion null", with(`"1.0"`, `null`), "specversion"},
		{"specversion 0.3", with(`"1.0"`, `"0.3"`), "specversion"},
		{"an empty id", with(`050cfb4c8554d076462736fad4bf66f1`, ``), "id"},
		{"a long id", with(`050cfb4c`, strings.Repeat("x", MaxIDBytes)), "id"},
		{"an id that is a number", with(`"050cfb4c8554d076462736fad4bf66f1"`, `7`), "id"},
		{"an empty source", with(`/slipway/deployer`, ``), "source"},
		{"an empty type", with(`dev.slipway.release.promoted.v1`, ``), "type"},
		{"a malformed time", with(`12:00:00Z`, `12:00Z`), "time"},
		{"no ordinal", with(`"ordinal":"5",`, ``), "ordinal"},
		{"ordinal 0", with(`"5"`, `"0"`), "ordinal"},
		{"ordinal 05", with(`"5"`, `"05"`), "ordinal"},
		{"ordinal +5", with(`"5"`, `"+5"`), "ordinal"},
		{"an ordinal that is a number", with(`"5"`, `5`), "ordinal"},
		{"an ordinal on a wish", with(`dev.slipway.release.promoted`, `dev.slipway.wish.rollback.requested`), "ordinal"},
		{"a malformed wish", with(`"id":`, `"wish":"812","id":`), "wish"},
		{"an empty wish", with(`"id":`, `"wish":"","id":`), "wish"},
		{"data beside data_base64", with(`"id":`, `"data_base64":"e30=","id":`), "data"},
		{"bad base64", with(`"data":{"app":"web","release":7,"how":"rolling","available":3,"target":3}`, `"data_base64":"e3"`), "data_base64"},
		{"a control character", with(`web/7`, `web/\n`), "subject"},
		{"a raw control character", with(`web/7`, "web/\n"), "subject"},
		{"U+0085", with(`web/7`, `web/\u0085`), "subject"},
		{"a non-character", with(`web/7`, "web/\uFDD0"), "subject"},
		{"a lone surrogate", with(`web/7`, `web/\ud83d`), "subject"},
		{"surrogates the wrong way", with(`web/7`, `\ude00\ud83d`), "subject"},
		{"a bad escape", with(`web/7`, `web\x`), "subject"},
		{"a long reason", with(`"id":`, `"reason":"`+strings.Repeat("x", MaxReasonBytes+1)+`","id":`), "reason"},
		{"a long extension", with(`"id":`, `"color":"`+strings.Repeat("x", MaxExtBytes+1)+`","id":`), "color"},
		{"a long extension name", with(`"id":`, `"abcdefghijklmnopqrstu":"x","id":`), "abcdefghijklmnopqrstu"},
		{"an extension of 33 bits", with(`"id":`, `"count":2147483648,"id":`), "count"},
		{"an extension with a fraction", with(`"id":`, `"count":1.0,"id":`), "count"},
		{"an extension that is an object", with(`"id":`, `"color":{},"id":`), "color"},
		{"NaN", with(`"available":3`, `"available":NaN`), "data"},
		{"a number 03", with(`"available":3`, `"available":03`), "data"},
		{"a number 3.", with(`"available":3`, `"available":3.`), "data"},
		{"a number -", with(`"available":3`, `"available":-`), "data"},
		{"a word", with(`"available":3`, `"available":nul`), "data"},
		{"a raw newline in the data", with(`rolling`, "roll\ning"), "data"},
		{"deep data", with(`"available":3`, `"available":`+deep), "data"},
	} {
		t.Run(c.what, func(t *testing.T) {
			e, err := Scan([]byte(c.body))
			var u *Unreadable
			if !errors.As(err, &u) || u.Attribute != c.attribute {
				t.Errorf("got %v, want a refusal that names %s", err, c.attribute)
			}
			if !reflect.DeepEqual(e, Event{}) {
				t.Errorf("with a refusal came %+v", e)
			}
		})
	}
}

func TestScanAccepts(t *testing.T) {
	for what, body := range map[string]string{
		"space between all":      strings.NewReplacer(`,"`, " ,\n\t\"", `":`, `" : `).Replace(fact) + "\r\n",
		"null as absent":         with(`"id":`, `"reason":null,"color":null,"id":`),
		"a JSON type with words": with(`"id":`, `"datacontenttype":"Application/JSON; charset=utf-8","id":`),
		"data first":             `{"data":{"app":"web","release":7,"how":"rolling","available":3,"target":3},` + with(`,"data":{"app":"web","release":7,"how":"rolling","available":3,"target":3}`, ``)[1:],
		"base64":                 with(`"data":{"app":"web","release":7,"how":"rolling","available":3,"target":3}`, `"data_base64":"eyJhcHAiOiJ3ZWIiLCJyZWxlYXNlIjo3LCJob3ciOiJyb2xsaW5nIiwiYXZhaWxhYmxlIjozLCJ0YXJnZXQiOjN9"`),
		"another time zone":      with(`12:00:00Z`, `13:00:00+01:00`),
		"escapes":                with(`web/7`, `w\u0065b\/7`),
		"fields nobody knows":    with(`"target":3`, `"target":3,"mood":[{}]`),
	} {
		t.Run(what, func(t *testing.T) {
			want, err := Scan([]byte(fact))
			if err != nil {
				t.Fatal(err)
			}
			got, err := Scan([]byte(body))
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range []*Event{&want, &got} {
				if err := e.Decode(); err != nil {
					t.Fatal(err)
				}
				e.Raw = nil
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestUnknownTypes(t *testing.T) {
	body := []byte(`{"specversion":"1.0","id":"050cfb4c8554d076462736fad4bf66f1","source":"/slipway/alerting",` +
		`"type":"dev.slipway.alert.no-data.v3","subject":"high-errors/7","time":"2026-03-01T12:00:00.5Z","datacontenttype":"application/json",` +
		`"dataschema":"https://slipway.dev/schema/dev.slipway.alert.no-data.v3.json","aaa":"first","correlationid":"w1","count":-7,` +
		`"ordinal":"18446744073709551615","zzz":true,"data":{ "Rule" : "x", "n":1e9, "é":"\u00e9" }}`)
	t.Run("bus-16 an unknown type is kept byte for byte through read and write-back", func(t *testing.T) {
		e, err := Parse("slipway.event._.alerting.rule-high-errors.alert.no-data", nil, body)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Decode(); err != nil {
			t.Fatal(err)
		}
		if e.Data != (Unknown{}) || e.Kind != (Kind{"alerting", "alert", "no-data", 3}) || e.Kind.Known() || e.Place != "rule-high-errors" {
			t.Errorf("%+v", e)
		}
		if again := encode(t, e); !bytes.Equal(again, body) {
			t.Errorf("got  %s\nwant %s", again, body)
		}
	})
	t.Run("bus-16 a newer version of a known type is kept byte for byte", func(t *testing.T) {
		e := promoted()
		newer := bytes.ReplaceAll(encode(t, e), []byte("promoted.v1"), []byte("promoted.v2"))
		got, err := Parse(e.StreamSubject(), nil, newer)
		if err != nil || got.Decode() != nil || got.Data != (Unknown{}) || got.Kind.Version != 2 {
			t.Fatalf("%+v, %v", got, err)
		}
		if again := encode(t, got); !bytes.Equal(again, newer) {
			t.Errorf("got  %s\nwant %s", again, newer)
		}
	})
	t.Run("bus-16 a known type with another content type is kept", func(t *testing.T) {
		e, err := Scan([]byte(with(`"id":`, `"datacontenttype":"text/plain","id":`)))
		if err != nil || e.Decode() != nil || e.Data != (Unknown{}) || len(e.Raw) == 0 {
			t.Fatalf("%+v, %v", e, err)
		}
		again, err := Scan(encode(t, e))
		if err != nil || !bytes.Equal(again.Raw, e.Raw) {
			t.Errorf("%q, want %q, %v", again.Raw, e.Raw, err)
		}
	})
}

func TestScanLeavesDataAlone(t *testing.T) {
	body := []byte(fact)
	e, err := Scan(body)
	if err != nil || e.Data != nil {
		t.Fatalf("%+v, %v", e, err)
	}
	if &e.Raw[0] != &body[bytes.Index(body, []byte(`{"app"`))] {
		t.Error("Raw is a copy")
	}
	if e.Kind != K[ReleasePromoted]() {
		t.Errorf("kind %v: the source tells the owner", e.Kind)
	}
	e.Raw = append(e.Raw, "!"...)
	if body[len(body)-1] != '}' {
		t.Error("appending to Raw writes into the body")
	}
}

func TestScanWithoutTimeOrCorrelation(t *testing.T) {
	e, err := Scan([]byte(`{"specversion":"1.0","id":"w1","source":"/x","type":"dev.slipway.wish.app.retired.v1","data":{"app":"web"}}`))
	if err != nil || !e.Time.IsZero() || e.Correlation != "w1" || e.Kind != K[WishAppRetired]() {
		t.Errorf("%+v, %v", e, err)
	}
}

func FuzzScan(f *testing.F) {
	for _, body := range goldenFiles(f) {
		f.Add(body)
	}
	f.Add([]byte(fact))
	f.Add([]byte(`{"specversion":"1.0","id":"\ud83d\ude00","source":"/x","type":"y","datacontenttype":"text/plain","data":"a\nb","n":-7}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := Scan(body)
		if err != nil {
			return
		}
		if !json.Valid(body) {
			t.Fatalf("no JSON: %q", body)
		}
		var theirs cloudevent.Event
		if json.Unmarshal(body, &theirs) == nil &&
			(theirs.ID() != e.ID || theirs.Type() != e.Kind.Type() || theirs.Subject() != e.Subject) {
			t.Errorf("%q reads %q %q %q, the SDK %q %q %q", body, e.ID, e.Kind.Type(), e.Subject, theirs.ID(), theirs.Type(), theirs.Subject())
		}
		written, err := Encode(e)
		if err != nil {
			return // readable, but not as we would write it
		}
		again, err := Scan(written)
		if err != nil || !reflect.DeepEqual(again, e) {
			t.Errorf("%q\nis written %q\nand reads %+v, not %+v, %v", body, written, again, e, err)
		}
	})
}
