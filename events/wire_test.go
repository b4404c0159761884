package events

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseChecksThatSubjectAndEnvelopeAgree(t *testing.T) {
	on := "slipway.event.web.deployer._.release.promoted"
	e, err := Parse(on, nil, []byte(fact))
	if err != nil || e.Decode() != nil || e.App != "web" || e.Place != "" || e.Kind != K[ReleasePromoted]() {
		t.Fatalf("%+v, %v", e, err)
	}
	instance := sampleOf(K[InstanceReady](), InstanceReady{OfInstance: OfInstance{"web", "n1", "web-7-a1"}})
	ready := string(encode(t, instance))
	for _, c := range []struct{ what, subject, body string }{
		{"another happening", "slipway.event.web.deployer._.release.aborted", fact},
		{"another entity", "slipway.event.web.deployer._.route.promoted", fact},
		{"an entity of another owner", "slipway.event.web.node.n1.release.promoted", with("/slipway/deployer", "/slipway/node/n1")},
		{"another service's source", on, with("/slipway/deployer", "/slipway/registry")},
		{"a copy in the source", on, with("/slipway/deployer", "/slipway/deployer-1")},
		{"a foreign source", on, with("/slipway/deployer", "https://shop.example")},
		{"another app", "slipway.event.shop.deployer._.release.promoted", fact},
		{"no app", "slipway.event._.deployer._.release.promoted", fact},
		{"a place where there is none", "slipway.event.web.deployer.n1.release.promoted", fact},
		{"another CloudEvents subject", on, with("web/7", "web/8")},
		{"another node", "slipway.event.web.node.n2.instance.ready", ready},
		{"another node in the subject alone", "slipway.event.web.node.n2.instance.ready", strings.Replace(ready, "/node/n1", "/node/n2", 1)},
		{"a fact among the wishes", "slipway.wish.web._.release.promoted", fact},
		{"a wish among the facts", "slipway.event.web.deployer._.app.retired", `{"specversion":"1.0","id":"w1","source":"/slipway/deployer","type":"dev.slipway.wish.app.retired.v1","data":{"app":"web"}}`},
		{"a foreign type", on, with("dev.slipway.release.promoted.v1", "com.shop.release.promoted")},
		{"another app in a wish", "slipway.wish.shop._.app.retired", `{"specversion":"1.0","id":"w1","source":"/x","type":"dev.slipway.wish.app.retired.v1","data":{"app":"web"}}`},
	} {
		t.Run(c.what, func(t *testing.T) {
			e, err := Parse(c.subject, nil, []byte(c.body))
			if err == nil {
				err = e.Decode()
			}
			var u *Unreadable
			if !errors.As(err, &u) || !strings.HasPrefix(u.Why, disagree) {
				t.Errorf("got %v, want %q", err, disagree)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	for what, body := range map[string]string{
		"no data":      with(`,"data":{"app":"web","release":7,"how":"rolling","available":3,"target":3}`, ``),
		"a wrong type": with(`"release":7`, `"release":"7"`),
		"no object":    with(`{"app":"web","release":7,"how":"rolling","available":3,"target":3}`, `[]`),
		"null":         with(`{"app":"web","release":7,"how":"rolling","available":3,"target":3}`, `null`),
	} {
		t.Run(what, func(t *testing.T) {
			e, err := Parse("slipway.event.web.deployer._.release.promoted", nil, []byte(body))
			if err != nil {
				t.Fatal(err)
			}
			before := e
			var u *Unreadable
			if err := e.Decode(); !errors.As(err, &u) || u.Attribute != "data" {
				t.Errorf("got %v", err)
			}
			if !reflect.DeepEqual(e, before) {
				t.Error("a failed Decode changed the event")
			}
		})
	}
}

func TestBinaryMode(t *testing.T) {
	want, err := Scan([]byte(fact))
	if err != nil {
		t.Fatal(err)
	}
	want.Reason = "50% of é"
	header := map[string][]string{
		"ce-specversion": {"1.0"}, "CE-ID": {want.ID}, "Ce-Source": {"/slipway/deployer"},
		"ce-type": {"dev.slipway.release.promoted.v1"}, "ce-subject": {"web%2f7"}, "ce-time": {"2026-03-01T12:00:00Z"},
		"ce-ordinal": {"5"}, "ce-correlationid": {"w1"}, "ce-causationid": {"w1"}, "ce-reason": {"50% of %C3%A9"},
		"Content-Type": {"application/json"}, "Nats-Msg-Id": {want.ID},
	}
	got, err := Parse("", header, want.Raw)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v, %v", got, want, err)
	}
	for what, change := range map[string]func(h map[string][]string) string{
		"two of one name in two letter cases": func(h map[string][]string) string { h["ce-id"] = h["CE-ID"]; return "id" },
		"two values":                          func(h map[string][]string) string { h["ce-type"] = []string{"a", "b"}; return "type" },
		"data":                                func(h map[string][]string) string { h["ce-data"] = []string{"{}"}; return "data" },
		"an illegal name":                     func(h map[string][]string) string { h["ce-my-name"] = []string{"x"}; return "my-name" },
		"bad UTF-8":                           func(h map[string][]string) string { h["ce-subject"] = []string{"%FF"}; return "subject" },
		"no id":                               func(h map[string][]string) string { delete(h, "CE-ID"); return "id" },
	} {
		t.Run(what, func(t *testing.T) {
			h := make(map[string][]string)
			for name, values := range header {
				h[name] = values
			}
			attribute := change(h)
			var u *Unreadable
			if _, err := Parse("", h, want.Raw); !errors.As(err, &u) || u.Attribute != attribute {
				t.Errorf("got %v, want %s named", err, attribute)
			}
		})
	}
	if _, err := Parse("", header, []byte(`{"app":`)); err == nil {
		t.Error("a cut body was read")
	}
	structured := map[string][]string{"Content-Type": {"application/cloudevents+json; charset=utf-8"}, "ce-id": {"x"}}
	if e, err := Parse("", structured, []byte(fact)); err != nil || e.ID != want.ID {
		t.Errorf("%+v, %v: the content type decides", e, err)
	}
}

func TestEncodeRefuses(t *testing.T) {
	for attribute, change := range map[string]func(*Event){
		"id":            func(e *Event) { e.ID = "" },
		"source":        func(e *Event) { e.Source = "" },
		"type":          func(e *Event) { e.Kind.Version = 0 },
		"subject":       func(e *Event) { e.Subject = "web/\x7f" },
		"time":          func(e *Event) { e.Time = time.Time{} },
		"actor":         func(e *Event) { e.Actor = "alice" },
		"correlationid": func(e *Event) { e.Correlation = "" },
		"causationid":   func(e *Event) { e.Cause = strings.Repeat("x", MaxIDBytes+1) },
		"ordinal":       func(e *Event) { e.Ordinal = 0 },
		"reason":        func(e *Event) { e.Reason = strings.Repeat("x", MaxReasonBytes+1) },
		"traceparent":   func(e *Event) { e.TraceParent = "\xff" },
		"data":          func(e *Event) { e.Data = ReleaseCooled{} },
		"body":          func(e *Event) { e.Raw = []byte(`"` + strings.Repeat("x", MaxBodyBytes) + `"`) },
		"ID":            func(e *Event) { e.Ext = map[string]any{"ID": "x"} },
		"color":         func(e *Event) { e.Ext = map[string]any{"color": 1.5} },
		"wish":          func(e *Event) { e.Ext = map[string]any{"wish": "1:1"} },
	} {
		t.Run(attribute, func(t *testing.T) {
			e := promoted()
			change(&e)
			body, err := Encode(e)
			var u *Unreadable
			if !errors.As(err, &u) || u.Attribute != attribute {
				t.Errorf("got %s, %v", body, err)
			}
		})
	}
}

func TestEqualEventsGiveEqualBytes(t *testing.T) {
	e := promoted()
	e.Ext = map[string]any{"aaa": "1", "zzz": true, "nnn": int32(-7), "bbb": "2"}
	first := encode(t, e)
	for range 20 {
		f := e
		f.Ext = map[string]any{"zzz": true, "bbb": "2", "nnn": int32(-7), "aaa": "1"}
		f.Time = e.Time.In(time.FixedZone("", 3600))
		f.Pos, f.Stored = Position{1, 9}, noon
		if again := encode(t, f); !bytes.Equal(again, first) {
			t.Fatalf("%s\n%s", first, again)
		}
	}
}

func TestListsAreNeverNull(t *testing.T) {
	for _, r := range Catalog {
		empty := reflect.Zero(r.Type).Interface().(Payload)
		if strings.Contains(wholeText(t, r, empty), "null") {
			t.Errorf("%s: %s", r.Kind.Name(), wholeText(t, r, empty))
		}
		full := samplePayload(r.Type)
		before, _ := json.Marshal(full)
		if got := wholeText(t, r, full); got != string(before) {
			t.Errorf("%s: lists that are there were changed: %s", r.Kind.Name(), got)
		}
	}
	var route RouteShifted
	wholeText(t, byTypeName[K[RouteShifted]().Type()].copy(), route)
	if route.Rules != nil {
		t.Error("the caller's payload was changed")
	}
}

func (r *Row) copy() Row { return *r }

func wholeText(t *testing.T, r Row, p Payload) string {
	if r.whole != nil {
		p = r.whole(p)
	}
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestWireRoundTrip(t *testing.T) {
	word := rapid.StringMatching(`[^\x00-\x1f\x7f-\x{9f}\x{fdd0}-\x{fdef}\x{fffe}\x{ffff}]{0,40}`).Filter(func(s string) bool { return checkText(s) == "" })
	rapid.Check(t, func(t *rapid.T) {
		app := word.Filter(func(s string) bool { return CheckName(s) == nil }).Draw(t, "app")
		e := sampleOf(K[ReleaseAborted](), ReleaseAborted{
			OfRelease: OfRelease{App: app, Release: rapid.Int().Draw(t, "release")},
			Cause:     word.Draw(t, "cause"), Message: rapid.String().Draw(t, "message"),
		})
		e.Reason = word.Draw(t, "reason")
		e.Time = time.Unix(rapid.Int64Range(-1e9, 1e10).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC()
		e.Ordinal = rapid.Uint64Range(1, math.MaxUint64).Draw(t, "ordinal")
		e.Wish = Position{Era: rapid.Uint32Range(1, math.MaxUint32).Draw(t, "era"), Seq: rapid.Uint64Min(1).Draw(t, "seq")}
		if rapid.Bool().Draw(t, "extended") {
			e.Ext = map[string]any{"color": word.Draw(t, "color"), "n": rapid.Int32().Draw(t, "n"), "yes": rapid.Bool().Draw(t, "yes")}
		}
		body, err := Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse(e.StreamSubject(), nil, body)
		if err != nil {
			t.Fatal(err)
		}
		if err := got.Decode(); err != nil {
			t.Fatal(err)
		}
		got.Raw, got.located = nil, false
		if !reflect.DeepEqual(got, e) {
			t.Fatalf("%s\nreads %+v\nwant  %+v", body, got, e)
		}
	})
}

func TestNewWish(t *testing.T) {
	w := NewWish("person:alice", WishRollbackRequested{OfApp: OfApp{"web"}, To: 6}, noon, "5hRzqFkY0vJcPZ3mQw8sTb")
	got, err := Parse("slipway.wish.web._.rollback.requested", nil, encode(t, w))
	if err != nil || got.Decode() != nil {
		t.Fatalf("%+v, %v", got, err)
	}
	if got.App != "web" || got.Data != w.Data || got.Correlation != w.ID || got.Actor != "person:alice" || w.StreamSubject() != "slipway.wish.web._.rollback.requested" {
		t.Errorf("%+v", got)
	}
}

func TestReason(t *testing.T) {
	for text, want := range map[string]string{
		"errors 4.0% > 1.0%":                      "errors 4.0% > 1.0%",
		"two\nlines\t\xff!":                       "two lines  !",
		strings.Repeat("é", MaxReasonBytes):       strings.Repeat("é", MaxReasonBytes/2),
		"x" + strings.Repeat("é", MaxReasonBytes): "x" + strings.Repeat("é", MaxReasonBytes/2-1),
	} {
		if got := Reason(text); got != want || checkText(got) != "" || len(got) > MaxReasonBytes {
			t.Errorf("%q gives %q, want %q", text, got, want)
		}
	}
}

func TestPositions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Position{rapid.Uint32().Draw(t, "era"), rapid.Uint64().Draw(t, "seq")}
		if back, err := ParsePosition(p.String()); err != nil || back != p {
			t.Fatalf("%s reads %v, %v", p, back, err)
		}
		q := Position{rapid.Uint32Max(3).Draw(t, "era2"), rapid.Uint64().Draw(t, "seq2")}
		if p != q && p.After(q) == q.After(p) {
			t.Fatalf("%s and %s have no order", p, q)
		}
	})
	for _, s := range []string{"1", "1:", ":1", "01:1", "1:+1", "1:1:1", "4294967296:1"} {
		if p, err := ParsePosition(s); err == nil {
			t.Errorf("%q reads %v", s, p)
		}
	}
}
